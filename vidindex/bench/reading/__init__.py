"""Measure reading of on-screen text beside the reader of release 0.1."""
