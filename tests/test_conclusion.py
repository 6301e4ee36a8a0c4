"""What a search may say where it shows no hit: the rules alone, and what counts as a look."""

import itertools
import math

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vidindex.core.retrieval.conclusion import conclude
from vidindex.core.retrieval.null_queries import NULL_QUERIES
from vidindex.core.retrieval.null_scores import near_line
from vidindex.core.retrieval.stretches import (
    STRETCH_S,
    evenly_spread,
    in_stretches,
    left_over,
    looked_at,
    num_stretches,
)
from vidindex.types import Event, Evidence, Hit, Looks, Misses, Moment, Span, Verdict
from vidindex.types.search import Answer

CAKE = "a birthday cake"


@pytest.mark.parametrize(
    ("looks", "kind", "says"),
    [
        (Looks(12, 12, 240.0), "not there", "all 12 stretches (4.0 min) were looked at, and"),
        (Looks(1, 1, 20.0), "not there", "the only stretch (20.0 s) was looked at"),
        (Looks(10, 84, 2500.0), "not found", "not found in 10 of 84 stretches looked at; misses"),
        (Looks(0, 84, 2500.0), "not looked at", "no frame could be shown to the model"),
        (
            Looks(0, 84, 9.0, why_none="no model"),
            "not looked at",
            "no model, so nothing can be said of “a birthday cake”",
        ),
        (
            Looks(10, 84, 2500.0, misses=Misses(0.06, 0.021, 0.132, 60)),
            "not there",
            "10 of 84 stretches looked at; misses 6 %, 2 to 13",
        ),
        (
            Looks(4, 84, 2500.0, misses=Misses(0.06, 0.021, 0.132, 60)),
            "not found",
            "4 of 84 stretches",
        ),
        (
            Looks(10, 84, 2500.0, misses=Misses(0.5, 0.37, 0.63, 60)),
            "not found",
            "misses 50 %, 37 to 63",
        ),
        (Looks(3, 3, 90.0, "read"), "not found", "not found in 3 of 3 stretches read"),
    ],
)
def test_a_denial_needs_a_look_at_everything_or_known_misses(
    looks: Looks, kind: str, says: str
) -> None:
    found = conclude(CAKE, [], looks)
    assert found.kind == kind
    assert says in found.sentence
    assert "a birthday cake" in found.sentence


@pytest.mark.parametrize(
    ("answers", "kind"),
    [
        (["unsure", "verified"], "found"),
        (["unsure", "unchecked"], "unchecked"),
        (["unsure"], "unsure"),
    ],
)
def test_with_hits_the_best_of_them_decides(answers: list[Answer], kind: str) -> None:
    assert conclude(CAKE, answers, Looks(1, 9, 270.0)).kind == kind


def judged(start_s: float, end_s: float, *, by_model: bool = True) -> Moment:
    span = Span(start_s, end_s)
    times_s = tuple(np.arange(start_s, end_s, 0.5))
    evidence = Evidence(times_s, "", "model", "No")
    verdict = Verdict("rejected", 0.1, span, evidence, mass=0.9 if by_model else None)
    hit = Hit(Event("a", span, "text", "caption", "model"), 0.5, ("words",))
    return Moment("a", "a.mp4", span, "text", 0.5, (hit,), verdict)


def test_only_what_the_model_was_shown_counts_as_looked_at() -> None:
    looks = looked_at([judged(0, 10), judged(20, 25, by_model=False)])
    ((first,),) = looks.values()
    assert first.start_s == pytest.approx(0, abs=0.6)
    assert first.end_s == pytest.approx(10, abs=0.6)
    left = left_over({"a": [Span(0, 60)], "b": [Span(5, 8)]}, looks)
    assert left["a"] == [Span(first.end_s, 60)]
    assert left["b"] == [Span(5, 8)]
    assert num_stretches(left) == 3


spans = st.tuples(st.floats(0, 300), st.floats(0.6, 90)).map(lambda s: Span(s[0], s[0] + s[1]))


@given(st.lists(spans, max_size=8), spans)
def test_what_is_left_over_touches_no_look_and_completes_the_window(
    looks: list[Span], window: Span
) -> None:
    left = left_over({"a": [window]}, {"a": looks}, 0.0)["a"]
    assert all(one.overlap(look) == 0 for one in left for look in looks)
    shown = [part for look in looks if (part := look.within(window))]
    points = np.linspace(window.start_s, window.end_s, 97)[:-1]
    assert all(any(s.contains(at) for s in [*left, *shown]) for at in points)


@given(spans)
def test_a_stretch_is_no_longer_than_one_look_takes_in(span: Span) -> None:
    parts = in_stretches(span)
    assert len(parts) == math.ceil(span.duration_s / STRETCH_S)
    assert all(part.duration_s <= STRETCH_S + 1e-6 for part in parts)
    assert (parts[0].start_s, parts[-1].end_s) == (span.start_s, span.end_s)
    assert all(a.end_s == b.start_s for a, b in itertools.pairwise(parts))


@given(st.integers(0, 60), st.integers(0, 60))
def test_places_are_spread_evenly_and_named_once(count: int, of: int) -> None:
    places = evenly_spread(count, of)
    assert len(places) == min(count, of) == len(set(places))
    assert all(0 <= place < of for place in places)


def maxima(seed: int, size: int = 199) -> npt.NDArray[np.float64]:
    return np.random.default_rng(seed).gumbel(0.22, 0.04, size)


def test_about_one_absent_query_in_twenty_comes_above_the_line() -> None:
    lines = [near_line(maxima(seed)) for seed in range(20)]
    above = [float((maxima(1000 + i, 5000) > line).mean()) for i, line in enumerate(lines)]
    assert 0.03 < float(np.mean(above)) < 0.08


def test_null_queries_that_do_occur_hardly_move_the_line() -> None:
    clean, some = near_line(maxima(1)), maxima(1)
    some[:20] = 0.8  # a tenth of them occur
    assert near_line(some) == pytest.approx(clean, abs=0.04)
    some[:40] = 0.8
    assert near_line(some) < 0.5


def test_a_line_is_not_drawn_from_a_handful_of_queries() -> None:
    with pytest.raises(ValueError, match="at least 20 null queries, got 5"):
        near_line(maxima(1, 5))


def test_there_are_about_two_hundred_null_queries_and_none_twice() -> None:
    assert len(NULL_QUERIES) == len(set(NULL_QUERIES)) >= 190
