"""Mark hits, and resolve how hits are named."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from vidindex.app.base import LibraryBase
from vidindex.errors import InputError

if TYPE_CHECKING:
    from vidindex.types import Mark, SavedHit


class Marking(LibraryBase):
    """Hits by their names, and marks on them."""

    def hits(self, words: Sequence[str]) -> "list[SavedHit]":
        """What people call hits: `3` of the last answer, `1-3`, `all`, `FILE@01:23-01:40`."""
        from pipelines.search.hit_refs import resolve

        return resolve(self.library, words)

    def mark(
        self,
        hits: Sequence[str],
        answer: Literal["keep", "reject", "note"],
        *,
        note: str = "",
        label_set: str = "",
        query: str | None = None,
    ) -> "list[Mark]":
        """Mark hits; a mark on the same hit in the same set is replaced."""
        from pipelines.marks import mark_hits

        return mark_hits(self.library, hits, answer, note=note, label_set=label_set, query=query)

    def add_mark(self, mark: "Mark") -> "Mark":
        """Keep what somebody says of a stretch of a video; as `mark`, which names hits instead."""
        from pipelines.marks import put_mark

        return put_mark(self.library, mark)

    def marks(self, label_set: str | None = None) -> "list[Mark]":
        """Every mark, or those of one set, in the order they were made."""
        return self.library.marks.all(label_set)

    def kept(self, label_set: str | None = None) -> "list[Mark]":
        """The marks that say keep. Raises InputError where there are not any."""
        kept = [mark for mark in self.library.marks.all(label_set) if mark.answer == "keep"]
        if not kept:
            where = "" if label_set is None else f" in the set {label_set!r}"
            raise InputError(f"nothing was kept{where}", "mark hits: vidindex mark keep 1-3")
        return kept

    def remove_marks(self, mark_ids: Sequence[int]) -> None:
        """Forget marks: all of them, or none where one is not there."""
        with self.library.transaction():
            for mark_id in mark_ids:
                if not self.library.marks.remove(mark_id):
                    raise InputError(f"unknown mark {mark_id}", "see: vidindex mark list")

    def export_marks(
        self,
        output: Path | None,
        label_set: str | None = None,
        only: Literal["keep", "reject", "note"] | None = None,
    ) -> None:
        """Write marks as a table (CSV) to a file, or to standard output."""
        from pipelines.atomic_write import write_whole
        from pipelines.marks import write_marks

        if output is None:
            write_marks(self.library, sys.stdout, label_set, only)
        else:
            write_whole(output, lambda to: write_marks(self.library, to, label_set, only))

    def import_marks(self, table: Path) -> int:
        """Add the marks of a table; their number."""
        from pipelines.marks import read_marks

        return read_marks(self.library, table)
