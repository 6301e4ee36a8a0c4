"""Captions and looking again, with the bundled model: times, resumption, and bad replies."""

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pytest
from support.film_assets import titled

from pipelines.ingest.captions import CaptionStage
from vidindex.app import App, Settings, open_library
from vidindex.bench.films import Film, write_film
from vidindex.core.prompts import QWEN25_VL
from vidindex.ports import VisionModel
from vidindex.synthetic.clips import ClipSpec
from vidindex.synthetic.scenes import draw_event, draw_ground
from vidindex.types import Ask, ModelLimits, Reply, Span, Usage

# Its fixtures ingest films, which takes more than two seconds.
pytestmark = pytest.mark.slow

BUNDLED = Settings(model="bundled", ocr=False)


def scene() -> ClipSpec:
    rng = np.random.default_rng(5)
    events = (
        draw_event(rng, ("red", "square", "left"), 2.0, 7.0),
        draw_event(rng, ("green", "circle", "still"), 10.0, 15.0),
        draw_event(rng, ("yellow", "triangle", "up"), 18.0, 23.0),
    )
    return ClipSpec(26.0, events, draw_ground(rng))


@dataclass
class Watched:
    """The model behind it, and the keys of all that it was asked."""

    model: VisionModel
    asked: list[str] = field(default_factory=list)

    @property
    def limits(self) -> ModelLimits:
        return self.model.limits

    def answer(self, asks: Iterable[Ask]) -> Iterator[tuple[str, Reply]]:
        for key, reply in self.model.answer(asks):
            self.asked.append(key)
            yield key, reply


@dataclass
class Says:
    """A model that gives one reply to everything, as broken models do."""

    limits: ModelLimits
    text: str
    finish_reason: str = "stop"

    def answer(self, asks: Iterable[Ask]) -> Iterator[tuple[str, Reply]]:
        for ask in asks:
            yield ask.key, Reply(self.text, self.finish_reason, Usage(10, 10))


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_film(Film("shapes-1.mp4", scene()), tmp_path_factory.mktemp("film"))


@pytest.fixture
def app(tmp_path: Path, film: Path) -> Iterator[App]:
    with open_library(tmp_path / "library", BUNDLED) as opened:
        yield opened


def with_model(app: App, model: VisionModel, film: Path) -> list[str]:
    """Ingest with another model in the caption pass; what the report counts as repairs."""
    stages = [stage for stage in app.stages if stage.name != "captions"]
    app.__dict__["stages"] = (*stages, CaptionStage(app.services.decoder, model, QWEN25_VL))
    report = app.ingest(film)
    return [*report.repairs, *(failure.message for failure in report.failures)]


def captions(app: App) -> list[tuple[Span, str]]:
    (video,) = app.videos()
    events = app.library.events.of_video(video.video.video_id, ["caption"])
    return [(event.span, event.text) for event in events]


def test_what_happens_is_captioned_when_it_happens(app: App, film: Path) -> None:
    app.ingest(film)
    found = captions(app)
    for event in scene().events:
        truth = Span(event.start_s, event.end_s)
        best = max(found, key=lambda one: one[0].iou(truth))
        assert best[0].iou(truth) >= 0.5
        assert event.colour in best[1]


def test_every_event_lies_inside_the_video_and_chunks_tile_it(app: App, film: Path) -> None:
    app.ingest(film)
    (entry,) = app.videos()
    plan = app.library.frame_plans.get(entry.video.video_id)
    assert plan
    edges = [chunk.span.start_s for chunk in plan.chunks] + [entry.video.duration_s]
    assert [chunk.span.end_s for chunk in plan.chunks] == edges[1:]
    assert all(
        0 <= span.start_s < span.end_s <= entry.video.duration_s for span, _ in captions(app)
    )


def test_kept_replies_are_never_asked_for_again(app: App, film: Path) -> None:
    assert app.services.model
    first = Watched(app.services.model)
    with_model(app, first, film)
    assert first.asked
    (entry,) = app.videos()
    # As if the run had been killed after the last reply and before the events were stored.
    app.library.work_ledger.finish(entry.video.video_id, "captions", "another key")
    again = Watched(app.services.model)
    with_model(app, again, film)
    assert again.asked == []
    assert captions(app)


@pytest.mark.parametrize(
    ("text", "finish_reason"),
    [
        ("The video shows a calm day at the lake.", "stop"),
        ("", "stop"),
        ("一个男人走进房间，然后离开。", "stop"),
        ('[{"start_time": "00:01.00", "end_time": "00:02.00", "description": "a man wa', "length"),
        ("as a list of objects with the keys start_time, end_time and description.", "stop"),
    ],
)
def test_a_reply_that_is_no_list_of_events_costs_nothing_else(
    app: App, film: Path, text: str, finish_reason: str
) -> None:
    assert app.services.model
    counted = with_model(app, Says(app.services.model.limits, text, finish_reason), film)
    assert captions(app) == [] or finish_reason == "length"
    assert app.library.check() == []
    assert app.library.coverage().not_seen_s == 0
    assert counted, "nothing was counted"


def test_a_story_told_in_too_little_time_is_asked_again_once_at_another_rate(
    app: App, film: Path
) -> None:
    assert app.services.model
    hasty = (
        '[{"start_time":"00:00.00","end_time":"00:00.50","description":"a"},'
        '{"start_time":"00:00.50","end_time":"00:01.00","description":"b"}]'
    )
    asked: list[Ask] = []

    class Hasty(Says):
        def answer(self, asks: Iterable[Ask]) -> Iterator[tuple[str, Reply]]:
            for ask in asks:
                asked.append(ask)
                yield ask.key, Reply(hasty, "stop", Usage(10, 10))

    counted = with_model(app, Hasty(app.services.model.limits, hasty), film)
    assert "compressed, asked again" in counted
    (entry,) = app.videos()
    plan = app.library.frame_plans.get(entry.video.video_id)
    assert plan
    first, again = asked[: len(plan.chunks)], asked[len(plan.chunks) :]
    assert len(again) == len(first)
    assert all(one.frames.fps != two.frames.fps for one, two in zip(first, again, strict=True))


def test_an_unchanged_stretch_is_extended_and_not_asked_about(app: App, tmp_path: Path) -> None:
    still = titled(tmp_path / "still.mp4", [(80, "NIGHT")])
    assert app.services.model
    says = '[{"start_time":"00:00.00","end_time":"00:59.00","description":"an empty yard"}]'
    watched = Watched(Says(app.services.model.limits, says))
    with_model(app, watched, still)
    (entry,) = app.videos()
    plan = app.library.frame_plans.get(entry.video.video_id)
    assert plan
    assert any(chunk.continues for chunk in plan.chunks)
    assert len(watched.asked) == sum(not chunk.continues for chunk in plan.chunks)
    assert captions(app) == [(Span(0.0, entry.video.duration_s), "an empty yard")]


def test_the_caption_language_is_asked_for(tmp_path: Path, film: Path) -> None:
    settings = replace(BUNDLED, caption_language="German")
    with open_library(tmp_path / "library", settings) as german:
        (stage,) = (one for one in german.stages if isinstance(one, CaptionStage))
        assert stage.language == "German"
        assert "German" in stage.key([film])
        german.ingest(film)
        with closing(sqlite3.connect(tmp_path / "library" / "library.db")) as db:
            prompts = {row[0] for row in db.execute("SELECT prompt FROM replies")}
    assert prompts
    assert all(prompt.endswith("Write the descriptions in German.") for prompt in prompts)


def test_a_refused_chunk_is_the_videos_failure_and_is_shown(app: App, film: Path) -> None:
    assert app.services.model
    counted = with_model(app, Says(app.services.model.limits, "too many tokens", "error"), film)
    assert any("refused" in line and "too many tokens" in line for line in counted)


def test_what_was_found_is_verified_and_what_is_absent_is_not_found(app: App, film: Path) -> None:
    app.ingest(film)
    found = app.search("a red square moves left")
    assert found.moments[0].verdict.answer == "verified"
    assert found.moments[0].verdict.evidence
    assert len(found.moments[0].verdict.evidence.frame_times_s) >= 4
    absent = app.search("a purple square moves right")
    assert absent.moments == ()
    assert absent.coverage.checked > 0


def test_verdicts_of_the_model_are_kept(app: App, film: Path) -> None:
    app.ingest(film)
    first = app.search("a red square moves left")
    assert app.services.model
    refusing = Says(app.services.model.limits, "must not be asked", "error")
    object.__setattr__(app.services, "model", refusing)
    assert app.search("a red square moves left") == first


def test_an_event_goes_on_across_the_files_of_a_recording(tmp_path: Path) -> None:
    rng = np.random.default_rng(8)
    ground = draw_ground(rng)
    whole = draw_event(rng, ("red", "square", "still"), 8.0, 24.0)
    halves = [
        Film("cam1_20240131_140000.mp4", ClipSpec(16.0, (whole,), ground)),
        Film("cam1_20240131_140016.mp4", ClipSpec(16.0, (whole.shifted(-16.0),), ground)),
    ]
    footage = tmp_path / "footage"
    footage.mkdir()
    for half in halves:
        write_film(half, footage)
    with open_library(tmp_path / "library", BUNDLED) as app:
        app.ingest(footage)
        first, second = app.find(["cam1_*_140000.mp4", "cam1_*_140016.mp4"])
        recording = app.library.recordings.of_video(first)
        assert recording
        assert recording.video_ids == (first, second)
        last = app.library.events.of_video(first, ["caption"])[-1]
        begin = app.library.events.of_video(second, ["caption"])[0]
        assert last.continued_by == begin.event_id
        (moment,) = app.search("a red square stays still").moments
        assert {hit.event.video_id for hit in moment.hits} == {first, second}
