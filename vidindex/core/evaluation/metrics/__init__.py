"""Metrics of moment retrieval, with intervals."""
