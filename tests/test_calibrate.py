"""Calibrating a library, end to end with the model in the box, and what searches say then."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from test_second_opinion import Thinker

from pipelines.evaluate.calibrate import Calibrate, calibrate_opinion, three_parts
from pipelines.evaluate.labeled_searches import LabeledSearch
from pipelines.progress import Quiet
from pipelines.search.second_opinion import SecondOpinion
from pipelines.search.thresholds import opinion_curve
from vidindex.app import App, Settings, open_library
from vidindex.bench.search.corpus import Reel, draw_corpus, write_reel
from vidindex.bench.search.queries import draw_searches
from vidindex.errors import InputError
from vidindex.ports import VisionModel
from vidindex.types import Ask, Filters, Mark, ModelLimits, Query, Reply

# Its fixtures ingest films, which takes more than two seconds.
pytestmark = pytest.mark.slow

SETTINGS = Settings(model="bundled", ocr=False)


@pytest.fixture(scope="module")
def reels() -> list[Reel]:
    return draw_corpus(seed=21, num_reels=2, reel_s=32.0)


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory, reels: list[Reel]) -> Path:
    folder = tmp_path_factory.mktemp("calibrated")
    for reel in reels:
        write_reel(reel, folder / "footage")
    with open_library(folder / "library", SETTINGS) as app:
        app.ingest(folder / "footage")
    return folder / "library"


@pytest.fixture(scope="module")
def known(library: Path, reels: list[Reel]) -> list[LabeledSearch]:
    with open_library(library, SETTINGS, write=False) as app:
        ids = {reel.name: app.library.videos.find([reel.name])[0] for reel in reels}
    return [
        LabeledSearch(
            one.text,
            Filters(one.search_in),
            tuple((ids[name], span) for name, span in one.gold),
        )
        for one in draw_searches(reels, seed=21, num_present=10, num_absent=50)
    ]


@pytest.fixture(scope="module")
def app(library: Path, known: list[LabeledSearch]) -> Iterator[App]:
    with open_library(library, SETTINGS) as opened:
        opened.calibrate(known, source="a test")
        yield opened


def test_before_calibrating_scores_are_scores_and_nothing_is_promised(
    library: Path, reels: list[Reel]
) -> None:
    with open_library(library, SETTINGS, write=False) as app:
        assert app.library.calibrations.all() == []
        caption = reels[0].scene.events[0].caption
        assert all(m.verdict.probability is None for m in app.search(caption).moments)
        with pytest.raises(InputError, match="never calibrated"):
            app.search(caption, max_false_alarms=0.05)


def test_searches_are_split_so_that_none_is_judged_by_what_it_taught(
    known: list[LabeledSearch],
) -> None:
    parts = three_parts(known, seed=0)
    assert sorted(map(repr, known)) == sorted(repr(one) for part in parts for one in part)
    assert not any(one.gold for one in parts[1])
    assert any(one.gold for one in parts[2])
    assert any(not one.gold for one in parts[2])


def test_too_few_searches_are_refused_with_the_number_that_is_needed(
    known: list[LabeledSearch],
) -> None:
    with pytest.raises(InputError, match="too few"):
        three_parts(known[:20], seed=0)


def test_once_calibrated_hits_have_a_probability_and_the_answer_its_error_rate(
    app: App, reels: list[Reel]
) -> None:
    result = app.search(reels[0].scene.events[0].caption)
    best = result.moments[0]
    assert best.verdict.answer == "verified"
    assert best.verdict.probability is not None
    assert 0.5 < best.verdict.probability <= 1
    assert result.standard.max_false_alarms == 0.05
    assert "false alarms" in result.standard.measured


def test_a_share_that_so_few_searches_cannot_promise_is_refused(app: App) -> None:
    with pytest.raises(InputError, match="cannot be promised"):
        app.search("a red circle", max_false_alarms=0.001)


def test_checking_more_candidates_never_lowers_the_line(app: App) -> None:
    (calibration,) = app.library.calibrations.all()
    quick, thorough = (calibration.standard(0.1, depth) for depth in ("standard", "thorough"))
    assert thorough.verified_at >= quick.verified_at


def test_a_calibration_holds_for_its_own_model_prompts_and_frames_only(app: App) -> None:
    (calibration,) = app.library.calibrations.all()
    assert "bundled@" in calibration.judge
    assert "qwen2.5-vl/1" in calibration.judge
    assert "64 frames" in calibration.judge
    assert app.library.calibrations.get(calibration.judge.replace("64", "32")) is None


def test_what_is_kept_comes_back_as_it_was(app: App) -> None:
    (calibration,) = app.library.calibrations.all()
    app.library.calibrations.put(calibration)
    assert app.library.calibrations.get(calibration.judge) == calibration


def test_marks_are_learned_from(reels: list[Reel], known: list[LabeledSearch], app: App) -> None:
    before = app.library.calibrations.all()[0].num_pairs
    words = reels[0].scene.events[0].caption
    hit = app.search(words).moments[0]
    mark = Mark(words, hit.video_id, hit.verdict.span, "keep")
    app.library.marks.add(mark)
    after = app.calibrate(known, source="a test with a mark")
    assert after.num_pairs == before + 1


def test_a_search_that_was_made_before_asks_the_model_nothing(app: App, reels: list[Reel]) -> None:
    query = Query(f"  {reels[1].scene.events[0].caption} ")
    asked = []
    for _ in range(2):
        model = app.services.model
        assert model
        counting = Counting(model)
        app.services = replace(app.services, model=counting)
        assert app.search(query).moments[0].verdict.answer == "verified"
        asked.append(counting.asked)
    assert asked[0] > 0
    assert asked[1] == 0


def test_what_a_second_model_says_is_worth_how_often_it_was_right(
    app: App, known: list[LabeledSearch]
) -> None:
    """Half of the searches are said to be absent, so that its Yes is wrong half of the time."""
    shown = [one for one in known if one.gold and " closes " not in one.text]
    searches = [replace(one, gold=()) if i % 2 else one for i, one in enumerate(shown)]
    thinker = Thinker("I see it. \\boxed{Yes}")
    second = SecondOpinion(app.library, app.services.decoder, thinker)
    first = Calibrate(app.library, app.services, Quiet())
    found = calibrate_opinion(first, second, searches, "a test")
    assert found.judge.startswith("thinker@1")
    assert found.num_pairs == len(thinker.asked)
    assert found.curve
    assert 0.2 < found.curve(1.0) < 0.8
    app.library.calibrations.put(found)
    assert opinion_curve(app.library, thinker) == found.curve


class Counting:
    """A model that counts what it is asked, and passes it on."""

    def __init__(self, model: VisionModel) -> None:
        self.model = model
        self.asked = 0

    @property
    def limits(self) -> ModelLimits:
        return self.model.limits

    def answer(self, asks: Iterable[Ask]) -> Iterator[tuple[str, Reply]]:
        return self.model.answer(self._counted(asks))

    def _counted(self, asks: Iterable[Ask]) -> Iterator[Ask]:
        for ask in asks:
            self.asked += 1
            yield ask
