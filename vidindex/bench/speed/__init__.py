"""Measure speed against the usual ways of doing the same work."""
