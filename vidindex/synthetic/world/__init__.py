"""Generate scenes of several objects on varied backgrounds, with their truth as data."""
