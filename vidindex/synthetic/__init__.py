"""Generate clips of known events, with questions and expected replies."""
