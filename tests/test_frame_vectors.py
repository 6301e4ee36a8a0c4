"""Vectors of frames are stored with their spans, found again exactly, and erased with the video.

Every test runs on the exact form of the index and on that of big libraries.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from support.library_assets import add_video, video

from store import Library
from store.index import vector_files as near_files
from vidindex.errors import InputError, LibraryMismatch
from vidindex.types import EmbeddingSpace, Filters, FrameVector, Span

A, B = "a" * 32, "b" * 32
SPACE = EmbeddingSpace("dual", "r1", 16)
Rows = npt.NDArray[np.float32]


@pytest.fixture(autouse=True, params=["exact", "big"])
def form(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """A library counts as big from 16 vectors on, or never."""
    monkeypatch.setattr(near_files, "CODED_FROM", 10**9 if request.param == "exact" else 16)
    monkeypatch.setattr(near_files, "LAG_AT_LEAST", 0)
    return str(request.param)


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    recorded = datetime(2026, 5, 1, 12, tzinfo=UTC)
    with Library.open(tmp_path / "library", create=True) as opened:
        add_video(opened, video(A, duration_s=1000, recorded_at=recorded, camera="north"), "a.mp4")
        add_video(opened, video(B, duration_s=1000, camera="south"), "b.mp4")
        opened.frame_vectors.require(SPACE)
        yield opened


def unit_rows(count: int, seed: int = 0) -> Rows:
    rows = np.random.default_rng(seed).normal(size=(count, SPACE.dim)).astype(np.float32)
    lengths: Rows = np.linalg.norm(rows, axis=1, keepdims=True)
    return rows / lengths


def frames(video_id: str, rows: Rows, start_s: float = 0.0) -> list[FrameVector]:
    """One frame a second."""
    return [
        FrameVector(video_id, Span(start_s + i, start_s + i + 1), row) for i, row in enumerate(rows)
    ]


def fill(library: Library, rows: Rows, video_id: str = A) -> list[int]:
    ids = library.frame_vectors.replace(video_id, frames(video_id, rows))
    library.frame_vectors.refresh()
    return ids


def nearest(ids: list[int], rows: Rows, query: Rows, k: int) -> list[int]:
    stored = rows.astype(np.float16).astype(np.float32)
    return [ids[i] for i in np.argsort(-(stored @ query), kind="stable")[:k]]


def test_the_nearest_frames_are_found_with_their_spans(library: Library) -> None:
    rows, query = unit_rows(300), unit_rows(1, seed=9)[0]
    ids = fill(library, rows)
    hits = library.frame_vectors.search(query, Filters(), 7)
    assert [hit.frame_id for hit in hits] == nearest(ids, rows, query, 7)
    assert [hit.score for hit in hits] == pytest.approx(sorted(rows @ query)[:-8:-1], abs=1e-3)
    seconds = [hit.frame_id - ids[0] for hit in hits]
    assert [hit.span for hit in hits] == [Span(second, second + 1) for second in seconds]
    assert {hit.video_id for hit in hits} == {A}


def test_filters_come_before_the_nearest_are_taken(library: Library) -> None:
    rows, query = unit_rows(300), unit_rows(1, seed=9)[0]
    ids = fill(library, np.tile(query, (50, 1)), B)
    others = fill(library, rows)
    search = library.frame_vectors.search
    assert [h.frame_id for h in search(query, Filters(), 7)] == ids[:7]
    for narrow in (Filters(cameras=("north",)), Filters(globs=("a.mp4",)), Filters(video_ids=(A,))):
        found = search(query, narrow, 7)
        assert [hit.frame_id for hit in found] == nearest(others, rows, query, 7)
    assert search(query, Filters(globs=("none",)), 7) == []


def test_media_time_and_wall_clock_say_which_frames_may_be_found(library: Library) -> None:
    rows, query = unit_rows(300), unit_rows(1, seed=9)[0]
    ids = fill(library, rows)
    fill(library, rows, B)  # recorded at an unknown time
    since = datetime(2026, 5, 1, 12, tzinfo=UTC) + timedelta(seconds=100)
    by_clock = Filters(since=since, until=since + timedelta(seconds=20))
    by_time = Filters(start_s=100, end_s=120, video_ids=(A,), channels=("speech",))
    expected = nearest(ids[100:120], rows[100:120], query, 7)
    for filters in (by_clock, by_time):
        prepared = library.filter_frames(filters)
        for _ in range(2):
            hits = library.frame_vectors.search(query, prepared, 7)
            assert [hit.frame_id for hit in hits] == expected


def test_a_piece_is_replaced_alone(library: Library) -> None:
    rows = unit_rows(30)
    fill(library, rows)
    new = unit_rows(4, seed=3)
    library.frame_vectors.replace(A, frames(A, new, 10.0), within=Span(10, 20))
    spans, vectors = library.frame_vectors.of_video(A)
    assert spans[:, 0].tolist() == [*range(14), *range(20, 30)]
    kept = np.concatenate([rows[:10], new, rows[20:]])
    np.testing.assert_allclose(vectors, kept, atol=1e-3)
    assert library.frame_vectors.count() == library.frame_vectors.count_of_video(A) == 24
    hit = library.frame_vectors.search(new[2], Filters(), 1)[0]
    assert hit.span == Span(12, 13)
    assert hit.score == pytest.approx(1, abs=1e-3)


def test_a_frame_that_outlasts_a_replaced_piece_keeps_the_rest(library: Library) -> None:
    old, new = unit_rows(1), unit_rows(3, seed=3)
    store = library.frame_vectors
    store.replace(A, [FrameVector(A, Span(0, 40), old[0])])
    store.replace(A, frames(A, new, 10.0), within=Span(10, 20))
    spans, vectors = store.of_video(A)
    assert spans.tolist() == [[0, 10], [10, 11], [11, 12], [12, 13], [20, 40]]
    np.testing.assert_allclose(vectors, np.concatenate([old, new, old]), atol=1e-3)
    (before, after, *_) = store.search(old[0], Filters(), 5)
    assert {before.span, after.span} == {Span(0, 10), Span(20, 40)}


def test_a_library_without_frames_finds_none(library: Library, tmp_path: Path) -> None:
    query = unit_rows(1)[0]
    assert library.frame_vectors.search(query, Filters(), 5) == []
    with Library.open(tmp_path / "other", create=True) as other:
        assert other.frame_vectors.space is None
        assert other.frame_vectors.search(query, Filters(), 5) == []
        assert other.frame_vectors.of_video(A)[1].shape == (0, 0)
        with pytest.raises(LibraryMismatch, match="no picture model"):
            other.frame_vectors.replace(A, frames(A, unit_rows(1)))


def test_vectors_that_do_not_fit_the_space_are_refused_and_nothing_is_lost(
    library: Library,
) -> None:
    ids = fill(library, unit_rows(20))
    bad = unit_rows(3)
    bad[1, 4] = np.nan
    for rows, message in (
        (bad, "length nan, not 1"),
        (unit_rows(3) * 2, "length 2"),
        (np.ones((2, 8), np.float32), r"shape \(8,\), not of dual"),
        (np.zeros((2, 16), np.float32), "length 0.0, not 1"),
    ):
        with pytest.raises(InputError, match=message):
            library.frame_vectors.replace(A, frames(A, rows))
    with pytest.raises(InputError, match="among those of"):
        library.frame_vectors.replace(A, frames(B, unit_rows(1)))
    assert library.frame_vectors.count() == len(ids)


def test_another_picture_model_is_refused_until_the_space_is_changed(library: Library) -> None:
    fill(library, unit_rows(20))
    other = EmbeddingSpace("dual", "r2", 8)
    with pytest.raises(LibraryMismatch, match="ingest --frames MODEL --re-embed"):
        library.frame_vectors.require(other)
    library.frame_vectors.change_space(other)
    library.frame_vectors.require(other)
    query = np.eye(8, dtype=np.float32)[0]
    assert library.frame_vectors.search(query, Filters(), 5) == []
    ids = library.frame_vectors.replace(A, frames(A, np.eye(8, dtype=np.float32)))
    assert [h.frame_id for h in library.frame_vectors.search(query, Filters(), 1)] == ids[:1]


def test_frames_and_their_index_go_with_the_video(library: Library) -> None:
    rows = unit_rows(100)
    fill(library, rows)
    ids = fill(library, rows, B)
    assert library.remove(A).clean
    assert not [*(library.path / "frames").rglob("*-*")]
    library.refresh_indexes()
    hits = library.frame_vectors.search(rows[5], Filters(), 3)
    assert [hit.frame_id for hit in hits] == nearest(ids, rows, rows[5], 3)
    assert library.check() == []
    data = (library.path / "library.db").read_bytes()
    assert data.count(rows[7].astype("<f2").tobytes()) == 1


def test_a_lost_or_broken_index_is_rebuilt_equal(library: Library) -> None:
    rows, query = unit_rows(100), unit_rows(1, seed=9)[0]
    fill(library, rows)
    before = library.frame_vectors.search(query, Filters(), 20)
    files = [file for file in (library.path / "frames").rglob("*.*") if file.is_file()]
    assert files
    for file in files:
        file.write_bytes(b"?" * 99)
    library.close()
    with Library.open(library.path) as reader:
        assert reader.frame_vectors.search(query, Filters(), 20) == before
    with Library.open(library.path, write=True) as writer:
        writer.repair()
        assert writer.frame_vectors.search(query, Filters(), 20) == before
