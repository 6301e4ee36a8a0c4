"""Adapters: everything that touches a codec, a model or a file format."""
