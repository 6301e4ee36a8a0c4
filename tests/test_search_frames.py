"""Searching by frames: without captions, without a vision model, beside words, checked or not."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from support import colour_frames as colours

from pipelines.evaluate.labeled_searches import LabeledSearch
from pipelines.inference.near_line import frame_line_of
from pipelines.inference.nearest_segments import nearest_segments
from pipelines.search.by_frames import as_nearness, text_aim
from vidindex.app import App, Settings, open_library
from vidindex.errors import LibraryMismatch
from vidindex.types import EmbeddingSpace, Event, Filters, Query, Span


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return colours.make_library(tmp_path_factory.mktemp("framed"))


@pytest.fixture
def app(made: Path) -> Iterator[App]:
    with open_library(made, colours.SETTINGS, write=False) as opened:
        yield colours.with_colours(opened)


def test_a_library_without_captions_is_searched_by_its_frames_without_a_model(app: App) -> None:
    result = app.search("a red circle")
    first = result.moments[0]
    assert first.path == "one.mp4"
    assert first.span.iou(Span(5, 10)) > 0.7
    assert first.verdict.answer == "unchecked"
    assert result.conclusion.kind == "unchecked"
    assert "no model looked" in result.conclusion.sentence


def test_both_films_that_show_it_are_found_before_any_other_stretch(app: App) -> None:
    found = app.search("something blue").moments[:2]
    assert {moment.path for moment in found} == {"one.mp4", "two.mp4"}
    spans = {moment.path: moment.span for moment in found}
    assert spans["one.mp4"].iou(Span(16, 22)) > 0.7
    assert spans["two.mp4"].overlap(Span(20, 23)) > 2


def test_a_hit_names_the_frames_that_it_rests_on_and_its_place_in_the_list(app: App) -> None:
    (hit,) = app.search("a red circle").moments[0].hits
    assert hit.why == ("frames",)
    assert hit.ranks == {"frames": 1}
    assert len(hit.frames_s) == 4
    assert all(5 <= time_s < 10 for time_s in hit.frames_s)
    assert hit.nearness is not None
    assert 0 < hit.nearness <= 1
    assert hit.event.channel == "frame"


def test_what_no_frame_shows_is_not_shown_and_not_denied(app: App) -> None:
    result = app.search("a purple circle")
    assert result.moments == ()
    assert result.conclusion.kind == "not looked at"
    assert "no vision model looked" in result.conclusion.sentence


def test_frames_are_not_searched_for_texts_only(app: App) -> None:
    assert app.search(Query("a red circle", Filters(channels=("speech",)))).moments == ()


def test_a_search_may_be_for_frames_only(app: App) -> None:
    result = app.search(Query("a red circle", Filters(channels=("frame",))))
    assert (result.moments[0].path, result.moments[0].score) == ("one.mp4", 1.0)


def test_filters_hold_for_frames(app: App) -> None:
    found = app.search(Query("something blue", Filters(globs=("two.mp4",)))).moments
    assert {moment.path for moment in found} == {"two.mp4"}
    late = app.search(Query("something blue", Filters(start_s=19.0)))
    assert all(moment.span.end_s > 19 for moment in late.moments)


def test_the_coverage_says_what_only_vectors_have_seen(app: App) -> None:
    coverage = app.search("a red circle").coverage
    assert coverage.not_seen_s == pytest.approx(60, abs=0.5)
    assert coverage.frames_only_s == pytest.approx(60, abs=0.5)


def test_text_and_frames_that_agree_on_time_come_first(made: Path, tmp_path: Path) -> None:
    with open_library(colours.make_library(tmp_path), colours.SETTINGS) as app:
        colours.with_colours(app)
        two = colours.video_id(app, "two.mp4")
        app.library.events.add(
            [
                Event(two, Span(1, 3), "the blue one is not here yet", "speech", "test"),
                Event(two, Span(19.5, 23), "now the blue one arrives", "speech", "test"),
            ]
        )
        first = app.search("blue").moments[0]
    assert (first.path, first.text) == ("two.mp4", "now the blue one arrives")
    ranks = first.hits[0].ranks
    assert ranks["words"] <= 2
    assert ranks["frames"] <= 2
    assert {hit.event.channel for hit in first.hits} == {"speech", "frame"}


def test_a_library_without_frames_loads_no_picture_model(tmp_path: Path) -> None:
    class Refusing(colours.ColourEmbedder):
        @property
        def space(self) -> EmbeddingSpace:  # type: ignore[override]
            raise AssertionError("a picture model was asked")

    with open_library(tmp_path / "library", colours.SETTINGS) as app:
        app.ingest(colours.write_films(tmp_path / "footage"))
        services = replace(app.text_services, frame_embedder=Refusing())
        assert text_aim(app.library, services, Query("red")) is None


def test_a_picture_model_of_another_space_is_refused(app: App) -> None:
    class Other(colours.ColourEmbedder):
        space = EmbeddingSpace("others", "1", 8)

    services = replace(app.text_services, frame_embedder=Other())
    with pytest.raises(LibraryMismatch, match="colours"):
        text_aim(app.library, services, Query("red"))


def test_few_queries_for_absent_things_come_above_the_line(app: App) -> None:
    embedder = colours.ColourEmbedder()
    line = frame_line_of(app.library, embedder)
    assert line.median < line.line < 1
    absent = [f"thing number {number}" for number in range(200)]
    best = [
        nearest_segments(app.library, vector, Filters(), 1)[0].score
        for vector in embedder.embed_texts(absent)
    ]
    assert np.mean(np.array(best) > line.line) <= 0.1


def test_shots_and_nearest_frames_count_per_segment_not_per_frame(app: App) -> None:
    vector = colours.ColourEmbedder().embed_texts(["blue"])[0]
    found = nearest_segments(app.library, vector, Filters(), 3)
    assert len({(one.video_id, one.span) for one in found}) == 3
    assert [one.score for one in found] == sorted((one.score for one in found), reverse=True)


@pytest.mark.slow
def test_candidates_by_frames_are_verified_and_grounded_as_captions_are(tmp_path: Path) -> None:
    library = colours.make_library(tmp_path)
    with open_library(library, Settings(model="bundled", ocr=False), write=False) as app:
        colours.with_colours(app)
        shown = app.search("a red circle stays still")
        absent = app.search("a purple circle stays still")
    first = shown.moments[0]
    assert first.hits[0].event.channel == "frame"
    assert first.verdict.answer == "verified"
    assert first.verdict.evidence
    assert first.verdict.span.iou(Span(5, 10)) > 0.6
    assert shown.conclusion.kind == "found"
    assert absent.moments == ()
    assert absent.conclusion.looks.looked_at > 0


def test_without_the_picture_model_a_search_says_that_frames_were_not_searched(made: Path) -> None:
    with colours.opened(made) as app:
        result = app.search("a red circle")
    assert result.moments == ()
    assert any("frames were not searched" in note and "colours" in note for note in result.notes)


def test_a_question_with_a_word_that_the_picture_model_never_learned_is_not_compared(
    app: App,
) -> None:
    result = app.search("an unreadable red circle")
    assert result.moments == ()
    assert any("never learned a word" in note for note in result.notes)


def test_frames_are_calibrated_without_a_vision_model(tmp_path: Path) -> None:
    with open_library(colours.make_library(tmp_path), colours.SETTINGS) as app:
        colours.with_colours(app)
        found = app.auto_calibrate(max_false_alarms=0.05)
        absent = found.absent_best["standard"]
        result = app.search("a red circle", max_false_alarms=0.05)
        nothing = app.search("thing number seven", max_false_alarms=0.05)
    assert found.judge.startswith("frames of colours@1")
    assert found.measured["standard"].num_absent > 50
    assert found.measured["standard"].false_alarms <= 0.15
    assert result.moments[0].hits[0].nearness > as_nearness(max(absent))  # type: ignore[operator]
    assert result.moments[0].verdict.answer == "unchecked"
    assert nothing.moments == ()
    assert nothing.conclusion.kind == "not looked at"


def test_a_calibrated_line_shows_how_likely_a_segment_is_right(tmp_path: Path) -> None:
    with open_library(colours.make_library(tmp_path), colours.SETTINGS) as app:
        colours.with_colours(app)
        one, two = (colours.video_id(app, name) for name in ("one.mp4", "two.mp4"))
        shown = [
            ("a red circle", ((one, Span(5, 10)),)),
            ("a green circle", ((two, Span(4, 9)),)),
            ("red", ((one, Span(5, 10)),)),
            ("green", ((two, Span(4, 9)),)),
        ]
        searches = [LabeledSearch(text, gold=gold) for text, gold in shown]
        searches += [LabeledSearch(f"thing number {number}") for number in range(60)]
        app.calibrate(searches)
        moment = app.search("a red circle").moments[0]
    assert moment.verdict.probability is not None
    assert moment.verdict.probability > 0.5
    assert moment.verdict.answer == "unchecked"
