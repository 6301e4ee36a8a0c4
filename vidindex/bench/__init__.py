"""Benchmarks: made-up footage of known truth, and what vidindex makes of it. Faces like `cli`."""
