"""An export of a whole library holds its frames; they are taken in, or embedded again."""

import json
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from support.library_assets import add_video, video

from store import Library
from vidindex.app import App, Settings, open_library
from vidindex.errors import InputError
from vidindex.types import EmbeddingSpace, FrameVector, Span

A = "a" * 32
SPACE = EmbeddingSpace("dual", "r1", 8)
COUNT = 300
TEXT_ONLY = Settings(model="none", ocr=False, frames="none")


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    with open_library(tmp_path / "library", TEXT_ONLY) as app:
        fill(app.library)
        app.export(tmp_path / "library.jsonl", format_name="jsonl")
    return tmp_path / "library.jsonl"


def fill(library: Library) -> None:
    add_video(library, video(A, duration_s=COUNT), "a.mp4")
    library.frame_vectors.require(SPACE)
    rows = [FrameVector(A, Span(i, i + 1), row) for i, row in enumerate(vectors())]
    library.frame_vectors.replace(A, rows)
    library.work_ledger.finish(A, "frames", "key")
    library.work_ledger.finish(A, "plan", "key")


def vectors() -> npt.NDArray[np.float32]:
    rows = np.random.default_rng(1).normal(size=(COUNT, 8)).astype(np.float32)
    lengths: npt.NDArray[np.float32] = np.linalg.norm(rows, axis=1, keepdims=True)
    return rows / lengths


def restored(tmp_path: Path, archive: Path, space: EmbeddingSpace | None = None) -> App:
    app = open_library(tmp_path / "other", TEXT_ONLY)
    if space:
        app.library.frame_vectors.require(space)
    app.restore(archive)
    return app


def test_frames_come_back_with_their_spans_and_count_as_done(tmp_path: Path, archive: Path) -> None:
    with restored(tmp_path, archive) as app:
        assert app.library.frame_vectors.space == SPACE
        spans, rows = app.library.frame_vectors.of_video(A)
        assert spans.tolist() == [[i, i + 1] for i in range(COUNT)]
        np.testing.assert_allclose(rows, vectors(), atol=1e-3)
        assert app.library.work_ledger.done(A, "frames", "key")


def test_frames_of_another_model_are_left_to_the_next_ingest(tmp_path: Path, archive: Path) -> None:
    with restored(tmp_path, archive, EmbeddingSpace("dual", "r2", 8)) as app:
        assert app.library.frame_vectors.count() == 0
        assert not app.library.work_ledger.done(A, "frames", "key")
        assert app.library.work_ledger.done(A, "plan", "key")


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("vectors", "AAAA", "frames that cannot be read"),
        ("vectors", "?", "frames that cannot be read"),
        ("spans", [[5.0, 4.0]] * 256, "frames that cannot be read"),
        ("spans", "none", "spans"),
    ],
)
def test_frames_that_make_no_sense_are_refused_and_nothing_is_taken_in(
    tmp_path: Path, archive: Path, field: str, value: object, message: str
) -> None:
    lines = [json.loads(line) for line in archive.read_text().splitlines()]
    first = next(line for line in lines if line["kind"] == "frames")
    first[field] = value
    archive.write_text("".join(json.dumps(line) + "\n" for line in lines))
    with pytest.raises(InputError, match=message):
        restored(tmp_path, archive)
    with open_library(tmp_path / "other", TEXT_ONLY) as app:
        assert app.videos() == []
