"""Vectors are found again exactly, and the FAISS file can be lost at any time."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from library_assets import add_video, event, video

from store import Library
from vidindex.errors import LibraryMismatch
from vidindex.types import EmbeddingSpace, Filters

A, B = "a" * 32, "b" * 32
SPACE = EmbeddingSpace("mini", "r1", 16)
Rows = npt.NDArray[np.float32]


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    with Library.open(tmp_path / "library", create=True) as opened:
        add_video(opened, video(A), "a.mp4")
        add_video(opened, video(B), "b.mp4")
        opened.vectors.require(SPACE)
        yield opened


def unit_rows(count: int, seed: int = 0) -> Rows:
    rows = np.random.default_rng(seed).normal(size=(count, SPACE.dim)).astype(np.float32)
    lengths: Rows = np.linalg.norm(rows, axis=1, keepdims=True)
    return rows / lengths


def fill(library: Library, rows: Rows, video_id: str = A) -> list[int]:
    ids = library.events.add([event(f"event {i}", video_id=video_id) for i in range(len(rows))])
    library.vectors.put(ids, rows)
    return ids


def index_files(library: Library) -> list[Path]:
    return list((library.path / "vectors").iterdir())


def nearest(ids: list[int], rows: Rows, query: Rows, k: int) -> list[int]:
    return [ids[i] for i in np.argsort(-(rows @ query))[:k]]


def test_the_nearest_events_are_found_exactly(library: Library) -> None:
    rows, query = unit_rows(300), unit_rows(1, seed=9)[0]
    ids = fill(library, rows)
    hits = library.vectors.search(query, Filters(), 7)
    assert [event_id for event_id, _ in hits] == nearest(ids, rows, query, 7)
    assert [s for _, s in hits] == pytest.approx(sorted(rows @ query, reverse=True)[:7], abs=1e-6)


def test_filters_come_before_the_nearest_are_taken(library: Library) -> None:
    rows, query = unit_rows(300), unit_rows(1, seed=9)[0]
    fill(library, np.tile(query, (50, 1)), A)
    ids = fill(library, rows, B)
    hits = library.vectors.search(query, Filters(globs=("b.mp4",)), 7)
    assert [event_id for event_id, _ in hits] == nearest(ids, rows, query, 7)
    assert library.vectors.search(query, Filters(globs=("none",)), 7) == []


def test_an_empty_library_has_no_neighbours(library: Library) -> None:
    library.vectors.refresh()
    assert library.vectors.search(unit_rows(1)[0], Filters(), 5) == []


def test_events_without_a_vector_are_handed_out_until_they_have_one(library: Library) -> None:
    ids = library.events.add([event(f"event {i}") for i in range(5)])
    assert library.vectors.count_missing() == 5
    assert [e.event_id for e in library.vectors.missing(3)] == ids[:3]
    library.vectors.put(ids[:3], unit_rows(3))
    assert [e.event_id for e in library.vectors.missing(3)] == ids[3:]
    library.events.replace(A, "caption", [event("new")])
    assert library.vectors.count_missing() == 1
    assert library.check() == []


@pytest.mark.parametrize("damage", ["deleted", "truncated", "emptied", "overwritten"])
def test_a_lost_or_broken_file_is_rebuilt_equal(library: Library, damage: str) -> None:
    query = unit_rows(1, seed=9)[0]
    fill(library, unit_rows(300))
    library.vectors.refresh()
    before = library.vectors.search(query, Filters(), 20)
    (file,) = index_files(library)
    data = file.read_bytes()
    library.close()
    if damage == "deleted":
        file.unlink()
    else:
        spoilt = {"truncated": data[: len(data) // 2], "emptied": b"", "overwritten": b"?" * 999}
        file.write_bytes(spoilt[damage])
    with Library.open(library.path) as reader:
        assert reader.vectors.search(query, Filters(), 20) == before
    with Library.open(library.path, write=True) as writer:
        writer.vectors.refresh()
        assert writer.vectors.search(query, Filters(), 20) == before
        (again,) = index_files(writer)
        assert again.read_bytes() == data


def test_a_file_that_lags_behind_is_caught_up(library: Library) -> None:
    query = unit_rows(1, seed=9)[0]
    fill(library, unit_rows(100), B)
    library.vectors.refresh()
    (old,) = index_files(library)
    late = fill(library, query[None])
    library.videos.remove(B)
    with Library.open(library.path) as reader:
        assert [i for i, _ in reader.vectors.search(query, Filters(), 5)] == late
    assert index_files(library) == [old]
    library.vectors.refresh()
    (new,) = index_files(library)
    assert new != old


def test_an_index_in_memory_follows_another_process(library: Library) -> None:
    query = unit_rows(1, seed=9)[0]
    first = fill(library, unit_rows(10))
    with Library.open(library.path) as reader:
        assert len(reader.vectors.search(query, Filters(), 99)) == 10
        added = fill(library, query[None], B)
        library.vectors.put(first[:1], -query[None])
        hits = [event_id for event_id, _ in reader.vectors.search(query, Filters(), 99)]
        assert (hits[0], hits[-1], len(hits)) == (added[0], first[0], 11)
        library.events.replace(A, "caption", [])
        assert [i for i, _ in reader.vectors.search(query, Filters(), 99)] == added


def test_a_file_from_a_lost_future_is_not_believed(library: Library) -> None:
    query = unit_rows(1, seed=9)[0]
    library.close()
    backup = (library.path / "library.db").read_bytes()
    with Library.open(library.path, write=True) as writer:
        fill(writer, unit_rows(10))
        writer.vectors.refresh()
    (library.path / "library.db").write_bytes(backup)
    with Library.open(library.path) as reader:
        assert reader.vectors.search(query, Filters(), 5) == []
    with Library.open(library.path, write=True) as writer:
        ids = fill(writer, query[None])
        fill(writer, unit_rows(20, seed=1))
        best = writer.vectors.search(query, Filters(), 99)
        assert (best[0][0], len(best)) == (ids[0], 21)


def test_another_embedder_is_refused_by_name(library: Library) -> None:
    other = EmbeddingSpace("maxi", "r1", 32)
    with pytest.raises(LibraryMismatch, match=r"mini .* not with maxi"):
        library.vectors.require(other)
    fill(library, unit_rows(3))
    library.vectors.reset()
    library.vectors.require(other)
    assert (library.vectors.space, library.vectors.count_missing()) == (other, 3)


def test_a_library_that_was_never_embedded_can_be_asked(tmp_path: Path) -> None:
    with Library.open(tmp_path / "library", create=True) as library:
        add_video(library, video(A), "a.mp4")
        library.events.add([event("a red car")])
        library.vectors.refresh()
        with Library.open(library.path) as reader:
            reader.vectors.require(SPACE)
            assert reader.vectors.search(unit_rows(1)[0], Filters(), 5) == []
        assert library.vectors.space is None
