"""Measure transcription on sentences of a synthesizer at known times."""
