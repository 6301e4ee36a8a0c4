"""Vectors are found again exactly, and the FAISS files can be lost at any time.

Every test runs over every form of the index: exact, coded as in big libraries, and with the
rows of these where a GPU would hold them (here FAISS's own index of that kind for the CPU).
"""

from collections.abc import Iterable, Iterator
from pathlib import Path

import faiss
import numpy as np
import numpy.typing as npt
import pytest
from support.library_assets import add_video, event, video

from store import Library
from store.index import event_filter, quantized_index
from store.index import vector_files as near_files
from store.index.quantized_index import QuantizedIndex
from vidindex.errors import LibraryMismatch
from vidindex.types import EmbeddingSpace, Filters

A, B = "a" * 32, "b" * 32
SPACE = EmbeddingSpace("mini", "r1", 16)
Rows = npt.NDArray[np.float32]


@pytest.fixture(autouse=True, params=["exact", "coded", "gpu"])
def form(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """A library counts as big from 16 vectors on (fewer cannot be coded), or never."""
    monkeypatch.setattr(near_files, "CODED_FROM", 10**9 if request.param == "exact" else 16)
    monkeypatch.setattr(near_files, "LAG_AT_LEAST", 0)
    if request.param == "gpu":
        monkeypatch.setattr(quantized_index, "PAYS_AFTER", 1)
        monkeypatch.setattr(quantized_index, "on_gpu", on_cpu)
    return str(request.param)


def on_cpu(batches: Iterable[Rows], count: int, dim: int) -> faiss.IndexFlatIP:
    """What `on_gpu` makes, for the CPU."""
    index = faiss.IndexFlatIP(dim)
    for rows in batches:
        index.add(rows)
    assert index.ntotal == count
    return index


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


def index_files(library: Library) -> dict[Path, bytes]:
    files = (library.path / "vectors").rglob("*.*")
    return {file: file.read_bytes() for file in files if file.is_file()}


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
    made = index_files(library)
    library.close()
    for file, data in made.items():
        if damage == "deleted":
            file.unlink()
        else:
            spoilt = {"truncated": data[: len(data) // 2], "emptied": b"", "overwritten": b"?" * 99}
            file.write_bytes(spoilt[damage])
        with Library.open(library.path) as reader:
            assert reader.vectors.search(query, Filters(), 20) == before
        with Library.open(library.path, write=True) as writer:
            writer.vectors.refresh()
            assert writer.vectors.search(query, Filters(), 20) == before
            assert index_files(writer) == made


def test_a_file_that_lags_behind_is_caught_up(library: Library) -> None:
    query = unit_rows(1, seed=9)[0]
    fill(library, unit_rows(100), B)
    library.vectors.refresh()
    old = index_files(library)
    late = fill(library, query[None])
    library.videos.remove(B)
    with Library.open(library.path) as reader:
        assert [i for i, _ in reader.vectors.search(query, Filters(), 5)] == late
    assert index_files(library) == old
    library.vectors.refresh()
    assert not index_files(library).keys() & old.keys()


def test_a_file_that_lags_a_little_is_left_as_it_is(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(near_files, "LAG_AT_LEAST", 10)
    fill(library, unit_rows(100))
    library.vectors.refresh()
    old = index_files(library)
    late = fill(library, unit_rows(10, seed=3))
    library.vectors.refresh()
    assert index_files(library) == old
    (best, *_) = library.vectors.search(unit_rows(10, seed=3)[4], Filters(), 5)
    assert best[0] == late[4]
    fill(library, unit_rows(1, seed=4))
    library.vectors.refresh()
    assert index_files(library) != old


def test_what_is_gone_hides_nothing_that_is_there(library: Library) -> None:
    query = unit_rows(1, seed=9)[0]
    rows = unit_rows(300)
    ids = fill(library, rows, B)
    fill(library, np.tile(query, (500, 1)))
    library.vectors.refresh()
    with Library.open(library.path) as reader:
        assert reader.vectors.search(query, Filters(), 1)[0][1] == pytest.approx(1.0)
        library.videos.remove(A)
        hits = reader.vectors.search(query, Filters(), 7)
        assert [event_id for event_id, _ in hits] == nearest(ids, rows, query, 7)


@pytest.mark.parametrize("wanted", [Filters(channels=("caption",)), Filters(globs=("b.mp4",))])
def test_wide_filters_find_what_narrow_ones_do(
    library: Library, wanted: Filters, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows, query = unit_rows(400), unit_rows(1, seed=9)[0]
    fill(library, np.tile(query, (50, 1)), A)
    fill(library, rows, B)
    library.vectors.refresh()
    narrow = library.vectors.search(query, wanted, 60)
    monkeypatch.setattr(event_filter, "NARROW", 10)
    assert library.vectors.search(query, wanted, 60) == narrow
    assert len(narrow) == 60


def test_codes_lose_nothing_of_what_is_near(tmp_path: Path) -> None:
    draw = np.random.default_rng(5)
    rows = draw.normal(size=(20_000, 64)).astype(np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    ids = np.arange(len(rows), dtype=np.int64) * 3 + 1
    index = QuantizedIndex.build(tmp_path / "coded-1-0", [(ids, rows)], len(rows), 64)
    some = ids[::2]
    for query in rows[:20]:
        scores = rows @ query
        proposed, told = index.search(query, 200, None)
        assert set(ids[np.argsort(-scores)[:50]]) <= set(proposed)
        assert told == pytest.approx(scores[(proposed - 1) // 3], abs=4e-3)
        proposed, _ = index.search(query, 200, some)
        assert set(some[np.argsort(-scores[::2])[:50]]) <= set(proposed) <= set(some)


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
    assert library.vectors.space == SPACE


def test_a_library_that_was_never_embedded_can_be_asked(tmp_path: Path) -> None:
    with Library.open(tmp_path / "library", create=True) as library:
        add_video(library, video(A), "a.mp4")
        library.events.add([event("a red car")])
        library.vectors.refresh()
        with Library.open(library.path) as reader:
            reader.vectors.require(SPACE)
            assert reader.vectors.search(unit_rows(1)[0], Filters(), 5) == []
        assert library.vectors.space is None


def test_two_filters_of_one_library_can_be_in_use_at_the_same_time(library: Library) -> None:
    library.events.add([event("a red car", video_id=A), event("a red car", video_id=B)])
    first = library.filter_events(Filters(globs=("a.mp4",)))
    second = library.filter_events(Filters(globs=("b.mp4",)))
    found = [library.full_text.search("car", one, 5) for one in (first, second, first)]
    assert [[event_id for event_id, _ in hits] for hits in found] == [[1], [2], [1]]
    del first
    assert [event_id for event_id, _ in library.full_text.search("car", second, 5)] == [2]
