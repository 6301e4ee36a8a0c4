"""Build timelines and write them in an export format."""
