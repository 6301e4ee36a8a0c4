"""Build and check the manifest of an evidence package."""
