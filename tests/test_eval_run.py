"""Predictions for the queries of a data set: both presets, both protocols, what was missing."""

import json
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from support.processes import run_to_end

from pipelines.evaluate.output import ReplyFile
from pipelines.evaluate.queries import EvalReport, Evaluated, find_files
from pipelines.evaluate.reference_preset import EvaluateReference, reference_size, reference_times
from pipelines.evaluate.search_preset import scores_as_shown
from pipelines.progress import Quiet
from vidindex.app import Settings, open_library
from vidindex.bench.search.corpus import Reel, draw_corpus, write_reel
from vidindex.cli.main import run_command
from vidindex.composition import build_model, build_services
from vidindex.core.evaluation.datasets import by_name
from vidindex.core.evaluation.predictions import read_predictions
from vidindex.core.evaluation.score import score
from vidindex.core.evaluation.values import EvalQuery, GroundTruth, Predictions
from vidindex.errors import InputError
from vidindex.ports import VisionModel
from vidindex.synthetic.clips import ClipEvent
from vidindex.types import Ask, FoundFile, ModelLimits, Moment, Reply, Span, Usage, Verdict
from vidindex.types.search import Answer

# Its fixtures ingest films, which takes more than two seconds.
pytestmark = pytest.mark.slow

SETTINGS = Settings(model="bundled", ocr=False)
REEL_S = 25.0


@pytest.fixture(scope="module")
def reels() -> list[Reel]:
    return draw_corpus(seed=31, num_reels=2, reel_s=REEL_S)


@pytest.fixture(scope="module")
def footage(tmp_path_factory: pytest.TempPathFactory, reels: list[Reel]) -> Path:
    folder = tmp_path_factory.mktemp("eval") / "footage"
    for reel in reels:
        write_reel(reel, folder)
    return folder


def stem(reel: Reel) -> str:
    return Path(reel.name).stem


def single(reel: Reel) -> list[ClipEvent]:
    """The events that nothing else in the reel looks like."""
    counts = Counter(event.caption for event in reel.scene.events)
    return [event for event in reel.scene.events if counts[event.caption] == 1]


def charades(reels: list[Reel], path: Path) -> Path:
    """As `charades_sta_test.txt`, with one video that is not there."""
    lines = [
        f"{stem(reel)} {event.start_s:.1f} {event.end_s:.1f}##{event.caption}."
        for reel in reels
        for event in single(reel)
    ]
    path.write_text("\n".join([*lines, "GONE1 1.0 4.0##a red circle blinks."]) + "\n")
    return path


def qvhighlights(reels: list[Reel], path: Path) -> Path:
    """As `highlight_val_release.jsonl`."""
    records = [
        {
            "qid": 100 + number,
            "query": event.caption,
            "vid": stem(reel),
            "duration": REEL_S,
            "relevant_windows": [[event.start_s, event.end_s]],
        }
        for number, (reel, event) in enumerate((r, e) for r in reels for e in single(r))
    ]
    path.write_text("".join(json.dumps(record) + "\n" for record in records))
    return path


def table(reels: list[Reel], path: Path) -> Path:
    """One's own table: what occurs in any file, and a colour that never does."""
    rows = [
        f"{event.caption},{reel.name},{event.start_s:.3f},{event.end_s:.3f}"
        for reel in reels
        for event in reel.scene.events
    ]
    path.write_text("\n".join(["query,file,start,end", *rows, "a purple star blinks,,,", ""]))
    return path


@pytest.fixture(scope="module")
def library(footage: Path) -> Path:
    """All reels, indexed once for the tests that do not ask how."""
    place = footage.parent / "library"
    with open_library(place, SETTINGS) as app:
        app.ingest(footage)
    return place


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


# From the command line


def run(*words: str | Path) -> int:
    return run_command(["eval", *map(str, words)])


def scored(
    dataset: str, truth: Path, said: Path, capsys: pytest.CaptureFixture[str]
) -> dict[str, Any]:
    """What `eval score` says of a file."""
    capsys.readouterr()
    words = ("--dataset", dataset, "--ground-truth", truth, "--predictions", said)
    assert run("score", *words, "--resamples", "0", "--json") == 0
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


def recall_of(report: dict[str, Any]) -> float:
    (value,) = (m["value"] for m in report["metrics"] if m["name"] == "recall@1, IoU 0.5")
    return float(value)


def test_a_submission_stands_beside_all_that_it_has_no_room_for(
    footage: Path, reels: list[Reel], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    truth, output = qvhighlights(reels, tmp_path / "val.jsonl"), tmp_path / "preds.jsonl"
    words = ("--annotations", truth, "--videos", footage, "--model", "bundled", "--no-ocr", "-q")
    assert run("run", "--dataset", "qvhighlights", *words, "-o", output) == 0
    assert "bundled@" in capsys.readouterr().out
    record = json.loads((tmp_path / "preds.jsonl.run.json").read_text())
    assert record["arguments"]["preset"] == "vidindex"
    assert record["report"]["licence"]
    names = {path.name for path in tmp_path.iterdir()} - {"val.jsonl"}
    assert names == {output.name, "preds.jsonl.general.jsonl", "preds.jsonl.run.json"}
    submission = [json.loads(line) for line in output.read_text().splitlines()]
    assert set(submission[0]) == {"qid", "query", "vid", "pred_relevant_windows"}
    assert all(len(window) == 3 for one in submission for window in one["pred_relevant_windows"])
    for file in (output, tmp_path / "preds.jsonl.general.jsonl"):
        report = scored("qvhighlights", truth, file, capsys)
        assert report["num_queries"] == len(submission)
        assert "unknown predictions" not in report["counts"]
        assert "queries without prediction" not in report["counts"]
        assert recall_of(report) >= 80


def test_the_reference_runs_with_one_command_too(
    footage: Path, reels: list[Reel], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    truth, output = charades(reels, tmp_path / "test.txt"), tmp_path / "preds.jsonl"
    words = ("--annotations", truth, "--videos", footage, "--model", "bundled", "--json")
    preset = ("--dataset", "charades-sta", "--preset", "reference")
    assert run("run", *preset, *words, "-o", output) == 1
    report = json.loads(capsys.readouterr().out)["report"]
    assert report["missing"] == ["GONE1"]
    assert report["settings"]["max_frames"] == 16
    assert not report["failed"]
    assert len(output.read_text().splitlines()) == report["queries"]
    replies = (tmp_path / "preds.jsonl.replies.jsonl").read_text().splitlines()
    assert len(replies) == report["queries"] - 1
    assert {json.loads(line)["num_frames"] for line in replies} == {16}
    assert "unknown predictions" not in scored("charades-sta", truth, output, capsys)["counts"]
    assert run("run", *preset, *words, "-o", output) == 1
    assert json.loads(capsys.readouterr().out)["report"]["resumed"] == len(replies)


def test_a_library_that_is_there_needs_no_folder_and_is_kept(
    library: Path, reels: list[Reel], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    truth, output = table(reels, tmp_path / "queries.csv"), tmp_path / "preds.jsonl"
    words = ("--annotations", truth, "--library", library, "--model", "bundled", "--no-ocr", "-q")
    protocol = ("--dataset", "csv", "--protocol", "corpus", "--limit", "2")
    assert run("run", *protocol, *words, "-o", output) == 0
    assert (library / "library.db").exists()
    assert not (tmp_path / "preds.jsonl.general.jsonl").exists()
    said = read_predictions(by_name("csv").read(truth), output)
    assert len(said.rows) == 2


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--preset", "reference", "--protocol", "corpus"), "cannot search a corpus"),
        (("--preset", "reference", "--library", "x"), "has no library"),
        (("--output", "nowhere/preds.jsonl"), "no folder nowhere"),
    ],
)
def test_what_makes_no_sense_is_exit_code_2_with_a_remedy(
    words: Sequence[str],
    told: str,
    footage: Path,
    reels: list[Reel],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    truth = charades(reels, tmp_path / "test.txt")
    given = ("--annotations", truth, "--videos", footage, "-o", tmp_path / "preds.jsonl")
    assert run("run", "--dataset", "charades-sta", *given, *words) == 2
    assert told in capsys.readouterr().err


def test_the_help_of_the_command_loads_nothing_heavy() -> None:
    code = (
        "import sys; from vidindex.cli.main import run_command;"
        "run_command(['eval', 'run', '--help']); print('numpy' in sys.modules, file=sys.stderr)"
    )
    done = run_to_end([sys.executable, "-c", code])
    assert "--protocol" in done.stdout
    assert done.stderr.strip() == "False"
