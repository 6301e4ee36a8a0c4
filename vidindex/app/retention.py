"""Prune a library: holds, retention and erasure."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from store.library import Removal
from store.tables.holds import Hold
from vidindex.app.auditing import user_name
from vidindex.app.base import LibraryBase
from vidindex.errors import InputError

if TYPE_CHECKING:
    from pipelines.retention import Prunable


class Retention(LibraryBase):
    """Erasing videos, and holding them against that."""

    def remove(self, video_ids: Sequence[str]) -> list[Removal]:
        """Erase videos from the library with all their traces; none where one is held."""
        removed = self.library.remove_all(video_ids)
        self.library.refresh_indexes()
        return removed

    def prunable(
        self,
        *,
        missing: bool = False,
        older_than: timedelta | None = None,
        now: datetime | None = None,
    ) -> "list[Prunable]":
        """Videos whose files are gone, or that were recorded longer ago; give them to `remove`.

        now: aware, what the age counts from. What is held, or must be kept otherwise, says so.
        """
        from pipelines import retention

        if missing == (older_than is not None):
            raise InputError("prune what?", "either --missing, or --older-than 30d")
        if older_than is None:
            return retention.missing(self.library)
        return retention.older_than(self.library, older_than, now or datetime.now().astimezone())

    def hold(self, names: Sequence[str], reason: str = "", by: str | None = None) -> list[Hold]:
        """Hold the videos that people mean: they cannot be erased until they are released.

        by: who says so; None is the user of this machine.
        """
        user = user_name() if by is None else by
        with self.library.transaction():
            ids = self.library.videos.find(names)
            return [self.library.holds.put(video_id, reason, user) for video_id in ids]

    def release(self, names: Sequence[str]) -> list[str]:
        """Release videos, all or, where one is not held, none; their ids."""
        with self.library.transaction():
            ids = self.library.videos.find(names)
            for video_id in ids:
                if not self.library.holds.release(video_id):
                    name = self.library.videos.name(video_id)
                    raise InputError(f"{name} is not held", "see: vidindex hold")
        return ids

    def holds(self) -> list[Hold]:
        """Every hold, the oldest first."""
        return self.library.holds.all()
