"""`vidindex eval run` from the command line: its files, exit codes and help."""

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from support.eval_reels import charades, indexed, qvhighlights, table, two_reels, write_reels
from support.processes import run_to_end

from vidindex.bench.search.corpus import Reel
from vidindex.cli.main import run_command
from vidindex.core.evaluation.datasets import by_name
from vidindex.core.evaluation.predictions import read_predictions

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
    assert run("run", "--dataset", "charades-sta", "--model", "none", *given, *words) == 2
    assert told in capsys.readouterr().err


def test_the_help_of_the_command_loads_nothing_heavy() -> None:
    code = (
        "import sys; from vidindex.cli.main import run_command;"
        "run_command(['eval', 'run', '--help']); print('numpy' in sys.modules, file=sys.stderr)"
    )
    done = run_to_end([sys.executable, "-c", code])
    assert "--protocol" in done.stdout
    assert done.stderr.strip() == "False"
