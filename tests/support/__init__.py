"""Fixtures, servers and generated media that the tests share."""
