"""Measure answers to questions on generated libraries of known truth."""
