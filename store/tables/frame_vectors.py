"""Store vectors of frames with the spans they were seen in, and find the nearest frames.

Rows are float16 in SQLite; what is proposed by the derived index in `frames/` is scored again by
these rows. A frame that shows what the one before shows has no row: it extends that one's span.
"""

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
from sqlite_utils import Database

from store.index.event_filter import EventFilter
from store.index.run_index import RunIndex
from store.index.vector_files import VectorFiles
from store.index.vector_table import VectorColumns, VectorTable, label
from vidindex.errors import InputError, LibraryMismatch
from vidindex.types import Embedding, EmbeddingSpace, Filters, FrameHit, FrameVector, Span

_COLUMNS = VectorColumns(
    table="frame_vectors",
    row_id="frame_id",
    number="frame_id",
    filtered="frame_vectors",
    space="frame_space",
    deletions="frame_deletions",
    dtype="<f2",
    model="picture model",
    change_model="vidindex ingest --frames MODEL --re-embed",
)
_UNIT_WITHIN = 0.01
"""How far from 1 a length may be; float16 alone changes it by 0.0005."""


class FrameVectors(VectorTable):
    """Vectors of frames, all of one embedding space, apart from that of texts.

    Without a writer's `require(space)` there is no space, and every search finds nothing.
    """

    def __init__(self, db: Database, folder: Path, write: bool) -> None:
        super().__init__(db, _COLUMNS, VectorFiles(folder, RunIndex), write)

    def replace(
        self, video_id: str, rows: Sequence[FrameVector], within: Span | None = None
    ) -> list[int]:
        """Store these frames of a video in place of its old ones; their ids, in order.

        within: replace only what is shown in this stretch, as when a video is embedded piece by
        piece; older frames keep what they show before and after it. rows: in order of time, of
        this video, not overlapping. An id is never given twice. Raises InputError where a vector
        has another length than the space, is not of unit length, or is not finite;
        LibraryMismatch without a space.
        """
        vectors = self._checked(video_id, rows)
        new = [
            (row.span.start_s, row.span.end_s, blob)
            for row, blob in zip(rows, self.blobs(vectors), strict=True)
        ]
        with self._db.atomic():
            after = self._clear(video_id, within) if within else self._clear_all(video_id)
            first = self._next_id()
            self._db.conn.executemany(
                "INSERT INTO frame_vectors (frame_id, video_id, start_s, end_s, vector)"
                " VALUES (?, ?, ?, ?, ?)",
                [(first + i, video_id, *row) for i, row in enumerate([*new, *after])],
            )
        return list(range(first, first + len(rows)))

    def _clear_all(self, video_id: str) -> list[tuple[float, float, bytes]]:
        self._db.execute("DELETE FROM frame_vectors WHERE video_id = ?", [video_id])
        return []

    def _clear(self, video_id: str, within: Span) -> list[tuple[float, float, bytes]]:
        """Cut a stretch out of the old rows; what they show after it is to be stored again."""
        touching = [video_id, within.end_s, within.start_s]
        where = "video_id = ? AND start_s < ? AND end_s > ?"
        rows = self._db.execute(
            f"SELECT end_s, vector FROM frame_vectors WHERE {where} AND end_s > ?",
            [*touching, within.end_s],
        ).fetchall()
        self._db.execute(
            f"DELETE FROM frame_vectors WHERE {where} AND start_s >= ?", [*touching, within.start_s]
        )
        self._db.execute(
            f"UPDATE frame_vectors SET end_s = ? WHERE {where}", [within.start_s, *touching]
        )
        return [(within.end_s, end_s, vector) for end_s, vector in rows]

    def search(self, vector: Embedding, filters: Filters | EventFilter, k: int) -> list[FrameHit]:
        """The k nearest frames by inner product (cosine), the best first.

        vector: float32, shape (dim,), of unit length. filters: as for events, `channels` aside,
        which say nothing of frames; a filter to be used several times is
        `Library.filter_frames`. Of frames as good, the one stored first is first.
        """
        with self._db.atomic():  # one state of the library
            found = self.nearest(vector, filters, k)
            places = self._places([frame_id for frame_id, _ in found])
        return [FrameHit(frame_id, *places[frame_id], score) for frame_id, score in found]

    def of_video(self, video_id: str) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float32]]:
        """All frames of a video in order of time: spans (n, 2) in seconds, vectors (n, dim)."""
        rows = self._db.execute(
            "SELECT start_s, end_s, vector FROM frame_vectors WHERE video_id = ?"
            " ORDER BY start_s, frame_id",
            [video_id],
        ).fetchall()
        if not rows:
            return np.zeros((0, 2)), np.zeros((0, self.space.dim if self.space else 0), np.float32)
        spans = np.array([(start_s, end_s) for start_s, end_s, _ in rows])
        return spans, self.floats([blob for _, _, blob in rows])

    def by_ids(self, frame_ids: Sequence[int]) -> list[FrameVector]:
        """The frames of these ids, in this order; ids that are gone are left out."""
        rows = self._db.execute(
            "SELECT frame_id, video_id, start_s, end_s, vector FROM frame_vectors"
            " WHERE frame_id IN (SELECT value FROM json_each(?))",
            [json.dumps(list(frame_ids))],
        ).fetchall()
        found = {
            row[0]: FrameVector(row[1], Span(row[2], row[3]), self.floats([row[4]])[0])
            for row in rows
        }
        return [found[frame_id] for frame_id in frame_ids if frame_id in found]

    def count_of_video(self, video_id: str) -> int:
        """How many frames of a video have a vector."""
        (count,) = self._db.execute(
            "SELECT count(*) FROM frame_vectors WHERE video_id = ?", [video_id]
        ).fetchone()
        return int(count)

    def change_space(self, space: EmbeddingSpace) -> None:
        """Drop all vectors of another space; the library is then embedded in this one."""
        if self.space == space:
            return
        with self._db.atomic():
            self._db.execute("DELETE FROM frame_vectors")
            self._db.execute("DELETE FROM frame_space")
            self._db.execute("UPDATE frame_deletions SET count = count + 1")
            self._db.execute(
                "INSERT INTO frame_space (only_row, model, revision, dim, metric, deletions_before)"
                " SELECT 1, ?, ?, ?, ?, count FROM frame_deletions",
                [space.model, space.revision, space.dim, space.metric],
            )

    def _checked(self, video_id: str, rows: Sequence[FrameVector]) -> npt.NDArray[np.float32]:
        """The vectors, shape (n, dim), once every one is known to fit the space."""
        space = self.space
        if space is None:
            raise LibraryMismatch("this library has no picture model yet", "call require(space)")
        for row in rows:
            if row.video_id != video_id:
                raise InputError(f"a frame of video {row.video_id} among those of {video_id}")
            if row.vector.shape != (space.dim,):
                raise InputError(f"a vector of shape {row.vector.shape}, not of {label(space)}")
        if not rows:
            return np.zeros((0, space.dim), np.float32)
        vectors = np.stack([row.vector for row in rows]).astype(np.float32, copy=False)
        lengths = np.linalg.norm(vectors, axis=1)
        if not np.all(np.abs(lengths - 1) <= _UNIT_WITHIN):  # a NaN is not within it either
            worst = lengths[~(np.abs(lengths - 1) <= _UNIT_WITHIN)][0]
            raise InputError(f"a frame vector of length {worst}, not 1", "check the picture model")
        return vectors

    def _places(self, frame_ids: Sequence[int]) -> dict[int, tuple[str, Span]]:
        rows = self._db.execute(
            "SELECT frame_id, video_id, start_s, end_s FROM frame_vectors"
            " WHERE frame_id IN (SELECT value FROM json_each(?))",
            [json.dumps(list(frame_ids))],
        )
        return {
            frame_id: (video_id, Span(start_s, end_s))
            for frame_id, video_id, start_s, end_s in rows
        }

    def _next_id(self) -> int:
        row = self._db.execute(
            "SELECT seq FROM sqlite_sequence WHERE name = 'frame_vectors'"
        ).fetchone()
        return 1 if row is None else int(row[0]) + 1
