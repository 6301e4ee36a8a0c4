"""Migrate the schema of library.db step by step.

Cascades and triggers keep what refers to a video or an event true, however it is deleted. Modules
are imported in order: steps apply in the order in which they are registered.
"""

from store.sqlite.migrations import v0_1 as v0_1
from store.sqlite.migrations import v0_2 as v0_2
from store.sqlite.migrations.registry import migrations

__all__ = ["migrations"]
