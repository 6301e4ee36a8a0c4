"""Persist a library: one directory for everything derived from the footage.

`Library` is the only door. SQLite (`library.db`) is the truth, vectors included;
what is in `vectors/` is derived from it and can be rebuilt at any time.
"""

from store.library import Library, Removal
from store.tables.runs import Run

__all__ = ["Library", "Removal", "Run"]
