"""Benchmark vidindex on generated footage of known truth. Imports like `cli`."""
