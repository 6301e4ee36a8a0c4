"""From which score on an event is near: drawn from the library itself, by no constant."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from support.library_assets import add_video, event, video

from pipelines.inference import near_line
from pipelines.inference.near_line import line_of
from pipelines.ingest.embedding import embed_new_events
from pipelines.progress import Quiet
from pipelines.search.retrieval import candidates
from store.library import Library
from vidindex.adapters.embed_sentence import SentenceEmbedder
from vidindex.types import Query

KITCHEN = (
    "Chop the onions and fry them in olive oil.",
    "Add two cups of rice and stir well.",
    "The oven should be at 180 degrees.",
    "Let the dough rest for an hour.",
    "Pour the milk slowly into the bowl.",
    "Wash the lettuce under cold water.",
    "A doctor examines a sick child in the hospital.",
)
ABSENT = (
    "a submarine dives below the ice",
    "quantum entanglement of two photons",
    "a goalkeeper catches the ball",
    "the parliament votes on a law",
    "a train waits at a red signal",
    "a snake charmer plays the flute",
)


@pytest.fixture(scope="module")
def embedder() -> SentenceEmbedder:
    return SentenceEmbedder()


def fill(library: Library, embedder: SentenceEmbedder, texts: tuple[str, ...]) -> None:
    start_s = 10.0 * library.events.count("a" * 32)
    library.events.add(
        [event(t, start_s + 10 * i, start_s + 10 * i + 5) for i, t in enumerate(texts)]
    )
    embed_new_events(library, embedder, Quiet())


@pytest.fixture
def library(tmp_path: Path, embedder: SentenceEmbedder) -> Iterator[Library]:
    with Library.open(tmp_path / "library", create=True) as opened:
        add_video(opened, video("a" * 32), "a.mp4")
        opened.vectors.require(embedder.space)
        fill(opened, embedder, KITCHEN)
        yield opened


def near(library: Library, embedder: SentenceEmbedder, words: str) -> list[str]:
    hits = candidates(library, embedder, Query(words), 10, ["meaning"])
    return [hit.event.text for hit in hits if hit.why == ("meaning",)]


def test_a_paraphrase_is_near_and_absent_things_are_not(
    library: Library, embedder: SentenceEmbedder
) -> None:
    assert near(library, embedder, "a physician checks someone who is ill")[0] == KITCHEN[-1]
    assert near(library, embedder, "rinse the salad")[0] == KITCHEN[5]
    shown = [words for words in ABSENT if near(library, embedder, words)]
    assert len(shown) <= 1, shown


def test_the_line_of_a_big_library_is_measured_only_when_it_has_grown(
    library: Library, embedder: SentenceEmbedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(near_line, "SMALL", 0)
    first = library.near_lines.get(embedder.space)
    assert first
    assert first.num_vectors == len(KITCHEN)
    fill(library, embedder, ("A cat sits on the sofa.",))
    assert library.near_lines.get(embedder.space).line == first.line  # type: ignore[union-attr]
    many = tuple(f"Person {i} opens door {i % 7} of house {i % 11}." for i in range(200))
    fill(library, embedder, many)
    later = library.near_lines.get(embedder.space)
    assert later
    assert (later.num_vectors, later.line != first.line) == (208, True)
    assert np.array_equal(later.query_vectors, first.query_vectors)


def test_captions_below_the_line_are_worth_a_look_and_are_not_called_near(
    library: Library, embedder: SentenceEmbedder
) -> None:
    lines = line_of(library, embedder)
    assert lines.median < lines.line
    hits = candidates(library, embedder, Query("put milk and flour in a bowl"), 10, ["meaning"])
    assert hits[0].why == ("meaning",)
    faint = [hit for hit in hits if hit.why == ("nearest",)]
    assert faint
    assert {hit.event.channel for hit in faint} == {"caption"}
    for words in ABSENT:  # without a near caption there is none that is worth a look
        found = candidates(library, embedder, Query(words), 10, ["meaning"])
        assert not found or found[0].why == ("meaning",)


def test_an_older_library_is_measured_at_its_first_search_and_once(
    library: Library, embedder: SentenceEmbedder
) -> None:
    line = line_of(library, embedder).line
    library.near_lines.clear()
    with Library.open(library.path) as reader:
        assert line_of(reader, embedder).line == pytest.approx(line)
        measured = reader.near_lines.unsaved[embedder.space]
        assert reader.near_lines.get(embedder.space) is measured
        library.near_lines.put(measured)
    with Library.open(library.path) as reader:
        assert line_of(reader, embedder).line == pytest.approx(line)
        assert not reader.near_lines.unsaved
