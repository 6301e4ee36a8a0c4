"""Measure search by the vectors of frames on generated films of known truth."""
