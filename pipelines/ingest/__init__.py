"""Index footage in passes, cheap ones first."""
