"""Run calls in child processes that may hang, crash or exhaust memory."""

from vidindex.adapters.isolation.asker import Asker, asked_by, current_asker
from vidindex.adapters.isolation.pool import Limits, WorkerDied, WorkerPool

__all__ = ["Asker", "Limits", "WorkerDied", "WorkerPool", "asked_by", "current_asker"]
