"""Rewrite queries, fuse ranked lists, verify and calibrate."""
