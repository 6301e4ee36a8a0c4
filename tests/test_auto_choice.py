"""`--model auto`: published standing, what fits, and before both a check on this machine."""

import json
import shutil
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
import torch
from huggingface_hub import constants
from support.family_assets import save_tiny_qwen3
from support.qwen_assets import save_tiny_checkpoint

from vidindex.adapters.checkpoints.device import Device
from vidindex.adapters.checkpoints.licences import is_restricted, licence_of
from vidindex.adapters.vision.checkpoints.auto_choice import Choice, choose
from vidindex.adapters.vision.checkpoints.catalog import installed
from vidindex.adapters.vision.checkpoints.official import OFFICIAL
from vidindex.adapters.vision.qwen.limits import read_limits
from vidindex.app import Settings, open_library
from vidindex.cli.main import run_command
from vidindex.core.families import FAMILIES, family_in_name
from vidindex.core.prompts import QWEN25_VL
from vidindex.diagnostics.history import keep
from vidindex.diagnostics.results import AtRate, Checkup, Speed

COMMIT = "0123456789abcdef0123456789abcdef01234567"
CPU = Device("cpu", 10**12)
SEVEN, EIGHT = "Qwen/Qwen2.5-VL-7B-Instruct", "Qwen/Qwen3-VL-8B-Instruct"
GOOD = AtRate(2.0, 4, 0.1, 1.0, 1.0, 0.95, 1.0, 0.9)


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A model cache with a Qwen2.5-VL-7B and a Qwen3-VL-8B by name; tiny ones by size."""
    torch.set_num_threads(1)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("VIDINDEX_STATE", str(tmp_path / "state"))
    into_cache(tmp_path, SEVEN, save_tiny_checkpoint(tmp_path / "seven"))
    into_cache(tmp_path, EIGHT, save_tiny_qwen3(tmp_path / "eight"))
    return tmp_path / "cache"


def into_cache(tmp_path: Path, name: str, made: Path) -> None:
    repository = tmp_path / "cache" / f"models--{name.replace('/', '--')}"
    (repository / "refs").mkdir(parents=True)
    (repository / "refs" / "main").write_text(COMMIT)
    shutil.copytree(made, repository / "snapshots" / COMMIT)


def checked(name: str, rate: AtRate) -> None:
    """Keep a check of the checkpoint with these figures, as `doctor --model` does."""
    found = next(one for one in installed(CPU) if one.name == name)
    speed = Speed(8, 2.0, 40.0, 900, 100)
    identity = read_limits(found).identity
    keep(Checkup(identity, QWEN25_VL.name, datetime.now(UTC), (rate,), speed))


def taken() -> tuple[str, Choice]:
    choice = choose(CPU)
    assert choice.checkpoint is not None
    return choice.checkpoint.name, choice


def test_the_one_with_the_better_published_figure_is_taken_and_the_reason_is_said() -> None:
    name, choice = taken()
    assert name == EIGHT
    assert choice.why == ("59.4 mIoU on QVHighlights, cleaned labels (published); not checked here")
    assert choice.passed_over == ()


def test_a_check_on_this_machine_comes_before_what_is_published() -> None:
    checked(SEVEN, GOOD)
    name, choice = taken()
    assert name == SEVEN
    assert choice.why.endswith("it passed its check here")
    checked(EIGHT, GOOD)
    assert taken()[0] == EIGHT


def test_one_that_failed_comes_last_and_a_blind_one_never() -> None:
    checked(EIGHT, replace(GOOD, valid_json=0.2))
    assert taken()[0] == SEVEN
    checked(EIGHT, replace(GOOD, delay_followed=0.0))
    checked(SEVEN, replace(GOOD, change_on_grey=0.0))
    choice = choose(CPU)
    assert choice.checkpoint is None
    assert len(choice.passed_over) == 2
    assert all("did not follow the video" in reason for reason in choice.passed_over)


def test_what_does_not_fit_is_passed_over_and_said(cache: Path) -> None:
    sizes = {one.name: one.memory_bytes for one in installed(CPU)}
    between = Device("cpu", int(1.2 * (sizes[SEVEN] + sizes[EIGHT]) / 2))
    choice = choose(between)
    assert choice.checkpoint is not None
    assert choice.checkpoint.name == SEVEN
    assert choice.passed_over == (f"{EIGHT}: too large for this machine",)


def test_an_ingest_says_which_model_auto_took_and_why(tmp_path: Path) -> None:
    with open_library(tmp_path / "library", Settings(model="auto", ocr=False)) as app:
        took = [note for note in app.notes() if note.startswith("--model auto took")]
    assert took == [f"--model auto took {EIGHT}: {choose().why}"]


def test_the_list_shows_every_family_with_licence_and_what_was_not_tried(
    capsys: pytest.CaptureFixture[str],
) -> None:
    checked(SEVEN, GOOD)
    assert run_command(["models", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    by_name = {one["name"]: one for one in told["families"]}
    assert {one["family"] for one in told["families"]} == {family.name for family in FAMILIES}
    assert by_name[SEVEN]["here"] == "passed"
    assert by_name[EIGHT]["here"] == "not checked"
    assert by_name["Qwen/Qwen3.5-9B"]["here"] == "not tried here"
    assert by_name["Qwen/Qwen3.5-9B"]["licence"] == "Apache-2.0"
    assert (told["auto"], told["why"]) == (SEVEN, choose().why)
    assert run_command(["models"]) == 0
    out = capsys.readouterr().out
    assert f"--model auto takes: {SEVEN} (31.6 mIoU" in out
    assert "academic use only" in out


def test_every_official_name_says_its_family() -> None:
    for one in OFFICIAL:
        family = family_in_name(one.name)
        assert family is not None
        assert family.name == one.family


@pytest.mark.parametrize("name", ["TencentARC/TimeLens-8B", "TimeLens-7B"])
def test_timelens_is_academic_only_whatever_its_card_says(name: str) -> None:
    assert licence_of(name, None).startswith("TimeLens licence: academic use only")
    assert is_restricted(licence_of(name, None))
    assert not is_restricted(licence_of(EIGHT, None))
    assert name not in {one.name for one in OFFICIAL}


def test_an_evaluation_refuses_auto(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    queries = tmp_path / "queries.csv"
    queries.write_text("video,query,start,end\n")
    named = ["--dataset", "csv", "--annotations", str(queries), "--output", str(tmp_path / "out")]
    assert run_command(["eval", "run", *named, "--videos", str(tmp_path)]) != 0
    assert "an evaluation needs a named model" in capsys.readouterr().err
