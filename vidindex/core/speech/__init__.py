"""Turn what a speech model hears into words and sentences with true times."""
