"""Calls in child processes that may hang, crash or eat memory; knows nothing of what is called."""

from vidindex.adapters.isolation.pool import Limits, WorkerDied, WorkerPool

__all__ = ["Limits", "WorkerDied", "WorkerPool"]
