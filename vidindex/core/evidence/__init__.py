"""The manifest of an evidence package, and its check."""
