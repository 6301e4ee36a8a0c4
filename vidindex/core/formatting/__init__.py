"""Format times, paths, names and JSON; escape unsafe text."""
