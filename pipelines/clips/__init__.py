"""Cut hits out of footage and check the cut against the source."""
