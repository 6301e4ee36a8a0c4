"""Store from which score on an event counts as near, for each embedding space."""

import numpy as np
import numpy.typing as npt
from sqlite_utils import Database

from vidindex.core.retrieval.null_scores import NearLine
from vidindex.types import EmbeddingSpace

Rows = npt.NDArray[np.float32]


class NearLines:
    """Derived from the vectors and shipped null queries; measured again as the library grows."""

    def __init__(self, db: Database, write: bool) -> None:
        self._db = db
        self._write = write
        self.unsaved: dict[EmbeddingSpace, NearLine] = {}
        """Measured while the library was open for reading; for the next writer."""

    def get(self, space: EmbeddingSpace) -> NearLine | None:
        """The line of this space, or None where it was never measured."""
        row = self._db.execute(
            "SELECT queries, query_vectors, line, num_vectors, median FROM near_lines"
            " WHERE space = ?",
            [_label(space)],
        ).fetchone()
        if row is None:
            return self.unsaved.get(space)
        queries, blob, line, num_vectors, median = row
        vectors = np.frombuffer(blob, "<f4").reshape(-1, space.dim)
        return NearLine(space, queries, vectors, line, median, num_vectors)

    def put(self, line: NearLine) -> None:
        """Store the line in place of an earlier one; for reading, keep it in this object."""
        if not self._write:
            self.unsaved[line.space] = line
            return
        blob = np.ascontiguousarray(line.query_vectors, "<f4").tobytes()
        self._db.execute(
            "INSERT OR REPLACE INTO near_lines VALUES (?, ?, ?, ?, ?, ?)",
            [_label(line.space), line.queries, blob, line.line, line.num_vectors, line.median],
        )

    def clear(self) -> None:
        """Forget all lines; they are measured again when they are needed."""
        self._db.execute("DELETE FROM near_lines")


def _label(space: EmbeddingSpace) -> str:
    return f"{space.model} {space.revision} {space.dim} {space.metric}"
