"""A library goes over to another text model; the old one serves until the new one is whole."""

import hashlib
import os
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from support import film_assets as films
from support.library_assets import add_video, event, video
from support.processes import PIPE, started

from pipelines.ingest.embedding import embed_new_events, re_embed
from pipelines.progress import Deadline, OutOfTime, Quiet
from pipelines.search.retrieval import find_moments
from store.library import Library
from vidindex.adapters.embed_sentence import SentenceEmbedder
from vidindex.app import Settings, open_library
from vidindex.errors import LibraryMismatch
from vidindex.types import EmbeddingSpace, Filters, Query

A, B = "a" * 32, "b" * 32
NUM_EVENTS = 1200
Vectors = npt.NDArray[np.float32]


class HashingEmbedder:
    """The hashing trick: each word of a text counts in one of `dim` places."""

    def __init__(self, dim: int = 64, batches: int | None = None) -> None:
        self.space = EmbeddingSpace("hashing", "1", dim)
        self.batches = batches

    def can_read(self, texts: Sequence[str]) -> npt.NDArray[np.bool_]:
        return np.array([text.isascii() for text in texts], bool)

    def embed_documents(self, texts: Sequence[str]) -> Vectors:
        if self.batches is not None:
            self.batches -= 1
            if self.batches < 0:
                os._exit(9)  # nothing is cleaned up, as after a kill
        return self.embed_queries(texts)

    def embed_queries(self, texts: Sequence[str]) -> Vectors:
        rows = np.zeros((len(texts), self.space.dim), np.float32)
        for row, text in zip(rows, texts, strict=True):
            for word in text.lower().split():
                row[int(hashlib.sha256(word.encode()).hexdigest(), 16) % self.space.dim] += 1
        lengths = np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9)
        return np.asarray(rows / lengths, np.float32)


def texts() -> list[str]:
    lines = [f"person {i} carries crate {i % 97} past gate {i % 13}" for i in range(NUM_EVENTS)]
    return ["a dog chases a ball", "ღია კარი", *lines]


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A library of 1,202 events in MiniLM's space; one of them it may not read."""
    with Library.open(tmp_path / "library", create=True) as library:
        add_video(library, video(A), "a.mp4")
        library.events.add([event(text, 5 * i, 5 * i + 4) for i, text in enumerate(texts())])
        embedder = SentenceEmbedder()
        library.vectors.require(embedder.space)
        embed_new_events(library, embedder, Quiet())
    return tmp_path / "library"


def best(library: Library, embedder: SentenceEmbedder | HashingEmbedder, words: str) -> str:
    query = Query(words, Filters())
    return find_moments(library, embedder, query, ("meaning",))[0].text


def killed_while_re_embedding(place: Path, batches: int) -> None:
    """In another process, which dies without a word before its next batch."""
    code = (
        "import sys; sys.path.insert(0, 'tests')\n"
        "from pathlib import Path\n"
        "from pipelines.ingest.embedding import re_embed\n"
        "from pipelines.progress import Deadline, Quiet\n"
        "from store.library import Library\n"
        "from test_reembedding import HashingEmbedder\n"
        f"library = Library.open(Path({str(place)!r}), write=True)\n"
        f"re_embed(library, HashingEmbedder(batches={batches}), Quiet(), Deadline())\n"
    )
    root = Path(__file__).resolve().parents[1]
    with started([sys.executable, "-c", code], stdout=PIPE, stderr=PIPE, cwd=root) as process:
        _, err = process.communicate()
        assert process.returncode == 9, err


def test_a_re_embedding_that_is_killed_serves_the_old_vectors_and_goes_on(place: Path) -> None:
    old, new = SentenceEmbedder(), HashingEmbedder()
    with Library.open(place) as reader:
        assert best(reader, old, "a puppy runs after a toy") == "a dog chases a ball"
        killed_while_re_embedding(place, batches=2)
        assert reader.staged_vectors.space == new.space
        assert 0 < reader.staged_vectors.count_missing() < NUM_EVENTS
        assert best(reader, old, "a puppy runs after a toy") == "a dog chases a ball"
        with pytest.raises(LibraryMismatch, match=r"MiniLM.*not with hashing"):
            best(reader, new, "person 7 carries crate 7")
        with Library.open(place, write=True) as library:
            left = library.staged_vectors.count_missing()
            counted = Counting()
            re_embed(library, counted, Quiet(), Deadline())
            assert counted.embedded == left == NUM_EVENTS + 2 - 2 * 512
            assert library.check() == []
        # The reader was open all the while, and changes over by itself.
        assert reader.vectors.space == new.space
        assert best(reader, new, "person 7 carries crate 7").startswith("person 7 carries")
        with pytest.raises(LibraryMismatch, match=r"hashing.*not with .*MiniLM"):
            best(reader, old, "a puppy runs after a toy")
        assert reader.vectors.count_unreadable() == 1
        assert reader.vectors.count() == NUM_EVENTS + 1


class Counting(HashingEmbedder):
    """Counts the texts of events that it embeds."""

    embedded = 0

    def embed_documents(self, texts: Sequence[str]) -> Vectors:
        self.embedded += len(texts)
        return super().embed_documents(texts)


def test_the_same_dimensions_are_no_excuse_for_the_old_index(place: Path) -> None:
    """Files of the old space are as long as those of the new one, and must not be read."""
    old, new = SentenceEmbedder(), HashingEmbedder(SentenceEmbedder().space.dim)
    with Library.open(place, write=True) as library:
        library.vectors.refresh()
        stale = {path.name: path.read_bytes() for path in (place / "vectors").glob("exact-*")}
        assert stale
        re_embed(library, new, Quiet(), Deadline())
    for name, content in stale.items():  # as if the process had died before they were deleted
        (place / "vectors" / name).write_bytes(content)
    with Library.open(place) as reader:
        for words in ("person 7 carries crate 7", "person 1100 carries crate"):
            vector = new.embed_queries([words])[0]
            found = reader.vectors.search(vector, Filters(), 5)
            every = new.embed_queries(texts()) @ vector
            assert [score for _, score in found] == pytest.approx(sorted(every)[::-1][:5])
    assert old.space.dim == new.space.dim


def test_events_that_come_during_a_re_embedding_are_part_of_it(place: Path) -> None:
    killed_while_re_embedding(place, batches=1)
    with Library.open(place, write=True) as library:
        add_video(library, video(B), "b.mp4")
        library.events.add([event("a late arrival", video_id=B)])
        embed_new_events(library, SentenceEmbedder(), Quiet())
        library.videos.remove(A)
        re_embed(library, HashingEmbedder(), Quiet(), Deadline())
        assert library.check() == []
        assert best(library, HashingEmbedder(), "late arrival") == "a late arrival"
        assert library.vectors.count() == 1


def test_a_third_model_drops_what_was_made_for_the_second(place: Path) -> None:
    killed_while_re_embedding(place, batches=1)
    with Library.open(place, write=True) as library:
        third = HashingEmbedder(32)
        re_embed(library, third, Quiet(), Deadline())
        assert (library.vectors.space, library.staged_vectors.space) == (third.space, None)
        assert best(library, third, "person 7 carries crate 7").startswith("person 7 carries")


def test_a_deadline_stops_a_re_embedding_and_keeps_what_is_made(place: Path) -> None:
    with Library.open(place, write=True) as library:
        over = Deadline(0.0, "--budget", lambda: 1.0)
        with pytest.raises(OutOfTime):
            re_embed(library, HashingEmbedder(), Quiet(), over)
        assert library.vectors.space == SentenceEmbedder().space


def test_ingest_re_embeds_on_request_and_not_otherwise(tmp_path: Path) -> None:
    films.titled(tmp_path / "gate.mp4", [(3, "NORTH GATE")])
    with open_library(tmp_path / "library", Settings(model="none")) as app:
        app.ingest(tmp_path / "gate.mp4")
        before = app.library.vectors.count()
        app.ingest(tmp_path / "gate.mp4", re_embed=True)
        assert app.library.vectors.count() == before > 0
        assert app.search("north gate").moments
        app.services = replace(app.services, embedder=HashingEmbedder())
        with pytest.raises(LibraryMismatch, match="--re-embed"):
            app.ingest(tmp_path / "gate.mp4")
        report = app.ingest(tmp_path / "gate.mp4", re_embed=True)
        assert report.failed == 0
        assert app.library.vectors.space == HashingEmbedder().space
