"""Measure how much footage a model takes in an hour, and what bounds it."""
