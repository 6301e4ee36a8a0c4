"""Calls in child processes that may hang, crash or eat memory; knows nothing of what is called."""

from vidindex.adapters.isolation.asker import Asker, asked_by, current_asker
from vidindex.adapters.isolation.pool import Limits, WorkerDied, WorkerPool

__all__ = ["Asker", "Limits", "WorkerDied", "WorkerPool", "asked_by", "current_asker"]
