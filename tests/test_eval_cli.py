"""`vidindex eval score` from the command line."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest
from support.processes import run_to_end

from vidindex.cli.commands.eval import DATASETS as CHOICES
from vidindex.cli.main import run_command
from vidindex.core.evaluation.datasets import DATASETS

TABLE = """query,file,start,end,search_in,format
a dog runs,a.mp4,0,10,,phrase
a cat sits,b.mp4,0,10,,keyword
a purple elephant,,,,,phrase
"""

SAID: list[dict[str, Any]] = [
    {
        "query": "a dog runs",
        "pred_relevant_windows": [[0, 9, 0.9]],
        "pred_files": ["a.mp4"],
        "pred_verdicts": ["verified"],
        "pred_probabilities": [0.8],
    },
    {
        "query": "a purple elephant",
        "pred_relevant_windows": [[0, 9, 0.3]],
        "pred_files": ["a.mp4"],
        "pred_verdicts": ["verified"],
        "pred_probabilities": [0.6],
    },
]


@pytest.fixture
def files(tmp_path: Path) -> list[str]:
    truth, predictions = tmp_path / "queries.csv", tmp_path / "said.jsonl"
    truth.write_text(TABLE)
    predictions.write_text("".join(json.dumps(line) + "\n" for line in SAID))
    return ["--ground-truth", str(truth), "--predictions", str(predictions)]


def run(files: list[str], *words: str, dataset: str = "csv") -> int:
    return run_command(["eval", "score", "--dataset", dataset, *files, *words])


def rows(out: str) -> dict[str, list[str]]:
    """Cells of the lines of a printed table, by the first of them."""
    cells = (line.split("  ") for line in out.splitlines())
    return {line[0]: [cell.strip() for cell in line[1:] if cell] for line in cells}


def test_a_report_says_what_was_measured_and_what_could_not_be(
    files: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(files, "--resamples", "50") == 0
    out = capsys.readouterr().out
    table = rows(out)
    assert "csv: 3 queries, 1 of them absent" in out
    assert "queries without prediction: 1 (count as not answered)" in out
    assert table["recall@1, IoU 0.5"][0] == "50.00 %"
    assert table["false alarms"][0] == "100.00 %"
    assert table["misses"][0] == "50.00 %"
    assert table["misses: not retrieved"][0] == "50.00 %"
    assert table["Brier score"][0] == f"{(0.2**2 + 0.6**2) / 2:.3f}"
    assert table["by format (%)"][0] == "queries"
    assert table["phrase"][0] == "2"
    assert "not applicable: highlights: the ground truth rates no clips" in out
    assert "not applicable: reference numbers: csv has no reference evaluator" in out
    assert "50 samples of 3 videos and absent queries, seed 0" in out


def test_a_report_as_json_holds_everything(
    files: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(files, "--json", "--resamples", "50", "--seed", "3", "--iou", "0.9") == 0
    report = json.loads(capsys.readouterr().out)
    assert (report["num_queries"], report["num_absent"], report["seed"]) == (3, 1, 3)
    metrics = {metric["name"]: metric for metric in report["metrics"]}
    assert metrics["misses"]["value"] == 50.0
    assert metrics["misses"]["num_counted"] == 2
    assert metrics["recall@1, IoU 0.5"]["low"] <= 50 <= metrics["recall@1, IoU 0.5"]["high"]
    assert report["reference"] is None
    assert report["counts"] == {"queries without prediction": 1}
    assert {one["name"] for one in report["not_applicable"]} >= {"highlights", "by modality"}
    assert len(report["risk_coverage"]) == 20


def test_reference_numbers_come_first_with_what_changes_beside_them(
    shared: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = shared / "evaluation" / "vue_tr"
    files = [
        "--ground-truth", str(folder / "VUE-TR_ground_truth.json"),
        "--predictions", str(folder / "results_GPT-4o.json"),
    ]  # fmt: skip
    assert run(files, "--resamples", "20", dataset="vue-tr") == 0
    out = capsys.readouterr().out
    assert rows(out)["overall precision"] == ["25.9", "24.5", "89"]
    assert rows(out)["overall IoU"] == ["13.6", "13.6"]
    assert out.index("overall precision") < out.index("recall@1")
    assert "queries with empty prediction: 89 (count as not answered)" in out
    assert list(rows(out)).index("ultra-short") < list(rows(out)).index("ultra-long")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--iou", "0"), "an IoU of 0 is invalid"),
        (("--resamples", "-1"), "-1 samples make no sense"),
        (("--dataset", "tvr"), "'tvr' is not one of"),
        (("--predictions", "nowhere.jsonl"), "'nowhere.jsonl' does not exist"),
    ],
)
def test_bad_options_are_exit_code_2_with_a_remedy(
    files: list[str], words: tuple[str, ...], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(files, *words) == 2
    assert told in capsys.readouterr().err


def test_a_malformed_line_is_exit_code_2_and_named(
    files: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with Path(files[-1]).open("a") as stream:
        stream.write("{oops\n")
    assert run(files) == 2
    assert "said.jsonl:3: not JSON" in capsys.readouterr().err


def test_the_choices_are_the_data_sets_that_there_are() -> None:
    assert tuple(DATASETS) == CHOICES


def test_the_help_of_the_command_loads_nothing_heavy() -> None:
    code = (
        "import sys; from vidindex.cli.main import run_command;"
        "run_command(['eval', 'score', '--help']); print('numpy' in sys.modules, file=sys.stderr)"
    )
    done = run_to_end([sys.executable, "-c", code])
    assert "--ground-truth" in done.stdout
    assert done.stderr.strip() == "False"
