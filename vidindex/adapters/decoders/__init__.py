"""Decoders: exact pictures at given times, through PyAV or decord."""
