"""The search benchmark: searches whose truth is known, and scores worked out by hand."""

import json
from collections import Counter
from pathlib import Path

import pytest

from pipelines.progress import Quiet
from vidindex.bench.search.benchmark import Size, run
from vidindex.bench.search.corpus import NEVER_SHOWN, Reel, draw_corpus
from vidindex.bench.search.queries import HARD, DrawnSearch, draw_searches
from vidindex.bench.search.score import Answered, Shown, score
from vidindex.core.formatting.to_json import jsonable
from vidindex.types import Span


@pytest.fixture(scope="module")
def reels() -> list[Reel]:
    return draw_corpus(seed=7, num_reels=9, reel_s=60.0)


@pytest.fixture(scope="module")
def searches(reels: list[Reel]) -> list[DrawnSearch]:
    return draw_searches(reels, seed=7, num_present=40, num_absent=60)


def test_the_same_seed_draws_the_same_library(reels: list[Reel]) -> None:
    assert draw_corpus(7, 9, 60.0) == reels
    assert draw_corpus(8, 9, 60.0) != reels


def test_three_cameras_record_files_that_their_names_date(reels: list[Reel]) -> None:
    assert {reel.camera for reel in reels} == {"cam1", "cam2", "cam3"}
    assert all(f"{reel.starts_at:%Y%m%d_%H%M%S}" in reel.name for reel in reels)
    assert len({reel.name for reel in reels}) == 9


def test_events_lie_apart_and_inside_their_reel(reels: list[Reel]) -> None:
    for reel in reels:
        edges = [edge for event in reel.scene.events for edge in (event.start_s, event.end_s)]
        assert edges == sorted(edges)
        assert edges[0] > 0
        assert edges[-1] < reel.scene.duration_s


def test_half_of_the_absent_searches_have_a_neighbour_that_is_there(
    searches: list[DrawnSearch],
) -> None:
    counts = Counter(search.kind for search in searches)
    assert counts["shown"] + counts["said"] == 40
    assert counts["easy"] == 30
    assert [counts[kind] for kind in HARD] == [10, 10, 10]


def test_only_present_searches_have_an_answer(searches: list[DrawnSearch]) -> None:
    assert all(bool(one.gold) == (one.kind in ("shown", "said")) for one in searches)


def test_a_hard_absent_search_differs_in_one_thing_from_what_is_there(
    reels: list[Reel], searches: list[DrawnSearch]
) -> None:
    shown = {event.combination for reel in reels for event in reel.scene.events}
    for search in searches:
        asked = search.description
        if asked is None:
            continue
        named = (asked.colour, asked.shape, asked.motion)
        if search.kind == "other action":
            assert any(one[:2] == named[:2] for one in shown)
            assert named not in shown
        elif search.kind == "other colour":
            assert any(one[1:] == named[1:] for one in shown)
            assert named not in shown
        elif search.kind == "other file":
            assert named in shown
            assert len(search.search_in) == 1
        elif search.kind == "easy":
            assert asked.colour == NEVER_SHOWN


def hit(video: str, start_s: float, end_s: float, confidence: float) -> Shown:
    return Shown((video, Span(start_s, end_s)), confidence)


GOLD = (("a", Span(10.0, 20.0)),)
ANSWERS = [
    Answered(GOLD, (hit("a", 10.0, 20.0, 0.9), hit("b", 0.0, 5.0, 0.8))),
    Answered(GOLD, (hit("b", 10.0, 20.0, 0.95), hit("a", 10.0, 16.0, 0.7))),
    Answered(GOLD, ()),
    Answered((), (hit("a", 0.0, 5.0, 0.75),)),
    Answered((), (hit("a", 0.0, 5.0, 0.2),)),
]


def test_ranks_and_rates_are_those_worked_out_by_hand() -> None:
    reached = score(ANSWERS, line=0.5)
    assert reached.recall_at_5 == pytest.approx(1 / 3)
    assert reached.mean_iou == pytest.approx(1 / 3)
    assert reached.misses == pytest.approx(1 / 3)
    assert reached.false_alarms == pytest.approx(1 / 2)
    assert reached.edge_error_s == 0.0


def test_a_higher_line_shows_less() -> None:
    reached = score(ANSWERS, line=0.85)
    assert reached.false_alarms == 0.0
    assert reached.misses == pytest.approx(2 / 3)


def test_false_alarms_are_compared_where_as_much_is_found() -> None:
    assert score(ANSWERS, 0.0, equal_recall=1 / 3).at_equal_recall == 0.0
    assert score(ANSWERS, 0.0, equal_recall=2 / 3).at_equal_recall == pytest.approx(1 / 2)
    assert score(ANSWERS, 0.0, equal_recall=1.0).at_equal_recall is None


@pytest.mark.slow
def test_the_whole_benchmark_runs_and_shows_what_checking_is_worth(tmp_path: Path) -> None:
    size = Size(num_reels=2, reel_s=32.0, num_present=10, num_absent=50)
    report = run(tmp_path, "bundled", 5, size, Quiet())
    whole, unchecked = report.systems["vidindex, calibrated"], report.systems["no verification"]
    assert unchecked.false_alarms == 1.0
    assert whole.false_alarms <= 0.25
    assert whole.misses <= 0.4
    assert whole.edge_error_s <= report.interval_s + 0.125  # the films have 8 frames a second
    assert sum(count for count, _ in report.by_kind.values()) == 20
    assert report.candidates["right"][0] > 0
    told = report.calibration.measured["standard"]
    assert (told.num_absent, told.num_present) == (20, 5)
    assert json.loads(json.dumps(jsonable(report)))["seed"] == 5
