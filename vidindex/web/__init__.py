"""Serve a page and a REST interface over `app`."""
