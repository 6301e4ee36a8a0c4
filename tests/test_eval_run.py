"""Predictions for the queries of a data set: both presets, both protocols, missing videos."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from support.eval_reels import (
    SETTINGS,
    charades,
    indexed,
    qvhighlights,
    single,
    stem,
    table,
    two_reels,
    write_reels,
)

from pipelines.evaluate.output import ReplyFile
from pipelines.evaluate.queries import EvalReport, Evaluated, find_files
from pipelines.evaluate.reference_preset import EvaluateReference, reference_size, reference_times
from pipelines.evaluate.search_preset import scores_as_shown
from pipelines.progress import Quiet
from vidindex.app import Settings, open_library
from vidindex.bench.search.corpus import Reel, write_reel
from vidindex.composition import build_model, build_services
from vidindex.core.evaluation.datasets import by_name
from vidindex.core.evaluation.score import score
from vidindex.core.evaluation.values import EvalQuery, GroundTruth, Predictions
from vidindex.errors import InputError
from vidindex.ports import VisionModel
from vidindex.types import Ask, FoundFile, ModelLimits, Moment, Reply, Span, Usage, Verdict
from vidindex.types.search import Answer

# Its fixtures ingest films, which takes more than two seconds.
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def reels() -> list[Reel]:
    return two_reels()


@pytest.fixture(scope="module")
def footage(tmp_path_factory: pytest.TempPathFactory, reels: list[Reel]) -> Path:
    return write_reels(reels, tmp_path_factory.mktemp("eval") / "footage")


@pytest.fixture(scope="module")
def library(footage: Path) -> Path:
    return indexed(footage, footage.parent / "library")


def recall(truth: GroundTruth, done: Evaluated) -> float:
    asked = {query.query_id for query in truth.queries}
    rows = tuple(one for one in done.predictions if one.query_id in asked)
    report = score(truth, Predictions(rows), resamples=0)
    found = report.metric("recall@1, IoU 0.5").value
    assert found is not None
    return found


def test_a_given_video_is_searched_and_no_other(
    library: Path, footage: Path, reels: list[Reel], tmp_path: Path
) -> None:
    truth = by_name("charades-sta").read(charades(reels, tmp_path / "test.txt"))
    with open_library(library, SETTINGS) as app:
        done = app.evaluate(truth, footage)
    assert [one.query_id for one in done.predictions] == [one.query_id for one in truth.queries]
    assert done.report.missing == ["GONE1"]
    assert (done.report.videos, done.report.not_asked) == (2, 1)
    assert not done.predictions[-1].windows
    present = replace(truth, queries=truth.queries[:-1])
    assert recall(present, done) >= 80


def test_a_corpus_is_searched_whole_and_every_window_says_in_which_file(
    library: Path, footage: Path, reels: list[Reel], tmp_path: Path
) -> None:
    truth = by_name("csv").read(table(reels, tmp_path / "queries.csv"))
    with open_library(library, SETTINGS) as app:
        done = app.evaluate(truth, footage, protocol="corpus")
    windows = [window for one in done.predictions for window in one.windows]
    assert {window.video for window in windows} == {reel.name for reel in reels}
    assert {"verified", "rejected"} <= {window.verdict for window in windows}
    assert recall(truth, done) >= 80
    absent = done.predictions[-1]
    assert not any(window.verdict == "verified" for window in absent.windows)


def test_in_a_corpus_windows_name_files_as_the_annotations_do(
    library: Path, footage: Path, reels: list[Reel], tmp_path: Path
) -> None:
    truth = by_name("qvhighlights").read(qvhighlights(reels, tmp_path / "val.jsonl"))
    with open_library(library, SETTINGS) as app:
        done = app.evaluate(truth, footage, protocol="corpus")
    videos = {window.video for one in done.predictions for window in one.windows}
    assert videos == {stem(reel) for reel in reels}
    assert recall(truth, done) >= 80


def test_a_given_video_of_a_table_is_the_one_where_it_occurs(
    library: Path, footage: Path, reels: list[Reel], tmp_path: Path
) -> None:
    truth = by_name("csv").read(table(reels, tmp_path / "queries.csv"))
    with open_library(library, SETTINGS) as app:
        done = app.evaluate(truth, footage)
    for query, said in zip(truth.queries, done.predictions, strict=True):
        if query.gold:
            assert {w.video for w in said.windows} <= {gold.video for gold in query.gold}
    assert recall(truth, done) >= 80


def test_marks_are_a_truth_for_the_library_that_they_were_made_in(
    library: Path, reels: list[Reel], tmp_path: Path
) -> None:
    with open_library(library, SETTINGS) as app:
        caption = single(reels[0])[0].caption
        app.search(caption)
        app.mark(["1"], "keep")
        app.export_marks(tmp_path / "marks.csv", only="keep")
        truth = by_name("csv").read(tmp_path / "marks.csv")
        done = app.evaluate(truth, None, protocol="corpus")
    assert [one.text for one in done.predictions] == [caption]
    assert recall(truth, done) == 100


@dataclass
class Breaking:
    """The model in the box, which dies after so many answers."""

    model: VisionModel
    lasts: int
    answered: int = 0

    @property
    def limits(self) -> ModelLimits:
        return self.model.limits

    def answer(self, asks: Iterable[Ask]) -> Iterator[tuple[str, Reply]]:
        for ask in asks:
            if self.answered == self.lasts:
                raise KeyboardInterrupt
            yield from self.model.answer([ask])
            self.answered += 1


def test_a_killed_run_does_not_ask_again(footage: Path, reels: list[Reel], tmp_path: Path) -> None:
    truth = by_name("qvhighlights").read(qvhighlights(reels, tmp_path / "val.jsonl"))
    model = build_model("bundled")
    assert model

    def run(place: str, lasts: int) -> tuple[Evaluated | None, int]:
        breaking = Breaking(model, lasts)
        with open_library(tmp_path / place, SETTINGS) as app:
            app.services = replace(app.services, model=breaking)
            try:
                return app.evaluate(truth, footage), breaking.answered
            except KeyboardInterrupt:
                return None, breaking.answered

    whole, num_asked = run("whole", 10_000)
    assert whole
    # Killed while the second chunk is told, then in the midst of the last search.
    assert run("killed", 1) == (None, 1)
    assert run("killed", num_asked - 2) == (None, num_asked - 2)
    resumed, left = run("killed", 10_000)
    assert resumed
    assert resumed.predictions == whole.predictions
    assert left < num_asked / 4
    again, nothing = run("killed", 0)
    assert again
    assert (again.predictions, nothing) == (whole.predictions, 0)


@dataclass
class Scripted:
    """Stands in for a large model: says what it is given, and remembers what it was shown."""

    says: str = "The given query happens in 3.0 - 7.0 seconds."
    lasts: int = 10_000
    asked: list[Ask] = field(default_factory=list)

    @property
    def limits(self) -> ModelLimits:
        return ModelLimits(
            "scripted@1 bf16", "apache-2.0", 128_000, 768, 56 * 56, 768 * 28 * 28, 24_576
        )

    def answer(self, asks: Iterable[Ask]) -> Iterator[tuple[str, Reply]]:
        for ask in asks:
            if len(self.asked) == self.lasts:
                raise KeyboardInterrupt
            self.asked.append(ask)
            yield ask.key, Reply(self.says, "stop", Usage(10, 10))


def reference(model: VisionModel, truth: GroundTruth, footage: Path, replies: Path) -> Evaluated:
    services = build_services(Settings(model="none", ocr=False))
    return EvaluateReference(services, model, ReplyFile(replies), Quiet()).run(truth, footage)


def test_the_reference_is_one_question_in_the_published_words_at_two_frames_a_second(
    footage: Path, reels: list[Reel], tmp_path: Path
) -> None:
    truth = by_name("charades-sta").read(charades(reels, tmp_path / "test.txt"))
    model = Scripted()
    done = reference(model, truth, footage, tmp_path / "replies.jsonl")
    assert len(model.asked) == len(truth.queries) - 1
    ask = model.asked[0]
    asked = {
        f"Give the query: '{query.text}', when does the described content occur in the video?"
        for query in truth.queries[:-1]
    }
    assert {one.prompt for one in model.asked} == asked
    assert (ask.schema, ask.choices) == (None, ())
    assert ask.frames.fps == 2.0
    assert ask.frames.times_s == tuple(place / 2 for place in range(50))
    height, width = ask.frames.pictures.shape[1:3]
    assert 128 * 28 * 28 <= height * width <= 768 * 28 * 28
    assert (height % 28, width % 28) == (0, 0)
    windows = [[(w.start_s, w.end_s) for w in one.windows] for one in done.predictions]
    assert windows == [[(3.0, 7.0)]] * (len(windows) - 1) + [[]]
    assert done.report.missing == ["GONE1"]
    assert (done.report.not_asked, done.report.empty) == (1, 1)


def test_a_killed_reference_run_goes_on_with_the_replies_that_it_has(
    footage: Path, reels: list[Reel], tmp_path: Path
) -> None:
    truth = by_name("charades-sta").read(charades(reels, tmp_path / "test.txt"))
    replies, first, second = tmp_path / "replies.jsonl", Scripted(lasts=2), Scripted()
    with pytest.raises(KeyboardInterrupt):
        reference(first, truth, footage, replies)
    with replies.open("a") as stream:
        stream.write('{"key": "cut by the ki')
    done = reference(second, truth, footage, replies)
    assert done.report.resumed == 2
    assert len(second.asked) == len(truth.queries) - 3
    assert reference(Scripted(lasts=0), truth, footage, replies).predictions == done.predictions
    words = {json.loads(line)["reply"] for line in replies.read_text().splitlines() if '"r' in line}
    assert words == {first.says}


def test_a_video_that_cannot_be_used_is_an_empty_prediction_with_its_reason(
    footage: Path, reels: list[Reel], tmp_path: Path
) -> None:
    (tmp_path / "films").mkdir()
    (tmp_path / "films" / f"{stem(reels[0])}.mp4").write_bytes(b"no film at all")
    write_reel(reels[1], tmp_path / "films")
    truth = by_name("qvhighlights").read(qvhighlights(reels, tmp_path / "val.jsonl"))
    asked_of_broken = len(single(reels[0]))
    with open_library(tmp_path / "library", Settings(model="none", ocr=False)) as app:
        searched = app.evaluate(truth, tmp_path / "films")
    said = reference(Scripted(), truth, tmp_path / "films", tmp_path / "replies.jsonl")
    for done in (searched, said):
        assert list(done.report.failed) == [stem(reels[0])]
        assert "mp4" in done.report.failed[stem(reels[0])]
        assert done.report.not_asked == asked_of_broken
        assert len(done.predictions) == len(truth.queries)
        assert not any(one.windows for one in done.predictions[:asked_of_broken])


LIMITS = Scripted().limits


@pytest.mark.parametrize(
    ("duration_s", "num_frames"), [(30.0, 60), (25.3, 50), (1.0, 4), (3600.0, 768), (384.0, 768)]
)
def test_frames_are_even_in_number_and_evenly_spaced_over_the_whole_video(
    duration_s: float, num_frames: int
) -> None:
    times_s, fps = reference_times(duration_s, LIMITS)
    assert len(times_s) == num_frames
    assert times_s[-1] + 1 / fps == pytest.approx(duration_s)


def test_a_model_that_takes_less_is_shown_less() -> None:
    small = replace(LIMITS, max_frames=16)
    assert len(reference_times(25.0, small)[0]) == 16
    tight = replace(LIMITS, max_video_tokens=256, min_pixels=16 * 28 * 28)
    assert len(reference_times(60.0, tight)[0]) == 32


@pytest.mark.parametrize("num_frames", [4, 60, 240, 768])
@pytest.mark.parametrize("shape", [(1920, 1080), (160, 120), (608, 1080)])
def test_frames_share_the_budget_of_the_video(shape: tuple[int, int], num_frames: int) -> None:
    class Video:
        width, height = shape

    width, height = reference_size(Video(), num_frames, LIMITS)  # type: ignore[arg-type]
    tokens = num_frames // 2 * (width // 28) * (height // 28)
    assert tokens <= 24_576
    assert tokens > 0.7 * min(24_576, num_frames // 2 * 128)
    assert width / height == pytest.approx(shape[0] / shape[1], rel=0.25)


def moment(answer: Answer, sure: float | None) -> Moment:
    span = Span(0.0, 1.0)
    return Moment("a", "a.mp4", span, "", 1.0, (), Verdict(answer, sure, span))


def test_scores_fall_as_moments_are_shown_and_verified_ones_stand_above_all_others() -> None:
    shown = [
        moment("verified", 0.7),
        moment("verified", 0.9),
        moment("unchecked", None),
        moment("unsure", 0.5),
    ]
    scores = scores_as_shown(shown)
    assert scores == sorted(set(scores), reverse=True)
    assert scores[0] == 2.7
    assert scores[1] > 2 > scores[2]


def query(name: str) -> EvalQuery:
    return EvalQuery("1", "words", name, name, ())


def test_a_file_is_found_by_its_path_or_by_its_name_without_suffix(tmp_path: Path) -> None:
    places = ("a/v_x.y_1.0.mp4", "a/one.mp4", "b/one.mp4", "b/two.MKV")
    found = [FoundFile(tmp_path, tmp_path / place) for place in places]
    names = ("v_x.y_1.0", "b/one.mp4", "two", "v_x", "./a/one.mp4", "one")
    report = EvalReport(0)
    truth = GroundTruth("charades-sta", tuple(map(query, names)))
    files = find_files(truth, found, report)
    paths = {name: file.path.relative_to(tmp_path).as_posix() for name, file in files.items()}
    assert paths == {
        "v_x.y_1.0": "a/v_x.y_1.0.mp4",
        "b/one.mp4": "b/one.mp4",
        "two": "b/two.MKV",
        "./a/one.mp4": "a/one.mp4",
        "one": "a/one.mp4",
    }
    assert report.missing == ["v_x"]
    assert len(report.notes) == 1
    assert "one fits 2 files" in report.notes[0]


def test_a_folder_without_any_of_the_videos_is_refused(tmp_path: Path) -> None:
    found = [FoundFile(tmp_path, tmp_path / "other.mp4")]
    truth = GroundTruth("charades-sta", (query("3MSZA"),))
    with pytest.raises(InputError, match=r"none of the 1 videos.*3MSZA"):
        find_files(truth, found, EvalReport(0))
