"""Measure how often search is right, wrong and silent on footage of known truth."""
