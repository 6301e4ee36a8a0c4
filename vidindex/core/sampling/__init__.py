"""Decide which frames a model is shown, and what that costs."""
