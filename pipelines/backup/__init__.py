"""Dump a library as JSON Lines and restore it."""
