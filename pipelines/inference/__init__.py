"""Batch, prefetch and time the calls of a vision model."""
