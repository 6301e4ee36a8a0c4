"""The first-run check: a model that works passes, one that does not is named with its faults."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
import torch
from support import film_assets as films

from pipelines.progress import Quiet
from vidindex.app import Settings, open_library
from vidindex.bundled.training.geometry import build_model as build_random
from vidindex.bundled.training.geometry import save_side_files
from vidindex.bundled.training.tokenizer import SPECIAL_TOKENS, build_tokenizer, save_tokenizer
from vidindex.cli.main import run_command
from vidindex.composition import build_model
from vidindex.core.prompts import QWEN25_VL
from vidindex.diagnostics.history import keep, last
from vidindex.diagnostics.known_clips import draw_clips
from vidindex.diagnostics.measure import auc, is_valid
from vidindex.diagnostics.results import AtRate, Checkup, Speed, choose_times
from vidindex.diagnostics.run import check
from vidindex.errors import ModelError
from vidindex.ports import VisionModel
from vidindex.types import Ask, ModelLimits, Reply, Usage

CLIPS = 4


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("VIDINDEX_STATE", str(tmp_path / "state"))
    return tmp_path / "state"


@pytest.fixture(scope="module")
def random_weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A whole checkpoint in the shape of the bundled one that has learned nothing."""
    folder = tmp_path_factory.mktemp("random")
    tokenizer = build_tokenizer()
    ids = {name: tokenizer.get_vocab()[name] for name in SPECIAL_TOKENS}
    torch.manual_seed(0)
    build_random(ids, tokenizer.get_vocab_size()).save_pretrained(folder)
    save_tokenizer(folder)
    save_side_files(folder, ids)
    return folder


@pytest.fixture(scope="module")
def bundled() -> VisionModel:
    model = build_model("bundled")
    assert model
    return model


@dataclass(frozen=True)
class Through:
    """The bundled model behind something that changes questions or replies on their way."""

    model: VisionModel
    fps: float | None = None
    tells_shares: bool = True
    refuses: bool = False
    shows: str = "video"
    says: str = ""

    @property
    def limits(self) -> ModelLimits:
        return self.model.limits

    def answer(self, asks: Iterable[Ask]) -> Iterator[tuple[str, Reply]]:
        for key, reply in self.model.answer(self._on_the_way(ask) for ask in asks):
            if self.refuses:
                yield key, Reply("too long for this server", "error", Usage(0, 0))
            else:
                frozen = replace(reply, text=self.says) if self.says else reply
                yield key, frozen if self.tells_shares else replace(frozen, p_yes=None)

    def _on_the_way(self, ask: Ask) -> Ask:
        frames = replace(ask.frames, fps=self.fps or ask.frames.fps)
        if self.shows == "nothing":
            frames = replace(frames, pictures=np.full_like(frames.pictures, 128))
        return replace(ask, frames=frames)


def checked(model: VisionModel) -> Checkup:
    return check(model, QWEN25_VL, Quiet(), clips_per_rate=CLIPS)


def faults(model: VisionModel) -> dict[str, str]:
    return {fault.figure: f"{fault.found}; {fault.remedy}" for fault in checked(model).faults}


@pytest.mark.slow
def test_the_bundled_model_passes_at_both_rates(bundled: VisionModel) -> None:
    found = checked(bundled)
    assert found.faults == []
    assert [rate.fps for rate in found.rates] == [0.5, 2.0]
    assert all(rate.time_error_s <= 0.5 / rate.fps for rate in found.rates)
    assert found.speed.calls == 2 * CLIPS
    assert found.speed.footage_s == CLIPS * (32 + 8)
    assert found.speed.reply_tokens > 0


@pytest.mark.slow
def test_random_weights_fail_and_the_command_says_what_to_do(
    random_weights: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_command(["doctor", "--model", str(random_weights), "-q"]) == 1
    out = capsys.readouterr().out
    assert "fails   time error" in out
    assert "fails   Yes/No AUC" in out
    assert "take another checkpoint" in out
    assert "passes" not in out


@pytest.mark.slow
def test_the_command_tells_machines_that_the_bundled_model_passes(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run_command(["doctor", "--model", "bundled", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["passes"]
    assert told["speed"]["hours_per_hour"] > 0
    assert [rate["fps"] for rate in told["rates"]] == [0.5, 2.0]


def test_doctor_without_a_model_checks_none_whatever_the_config_file_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    config = tmp_path / "config.toml"
    config.write_text('model = "bundled"\n', encoding="utf-8")
    monkeypatch.setenv("VIDINDEX_CONFIG", str(config))
    run_command(["doctor", "--library", str(tmp_path / "none")])
    out = capsys.readouterr().out
    assert "text model" in out
    assert "clips of known events" not in out


def test_a_frame_rate_that_is_lost_on_the_way_is_found(bundled: VisionModel) -> None:
    found = faults(Through(bundled, fps=2.0))
    assert "at 0.5 fps" in found["time error"]
    assert "at 2 fps" not in found["time error"]
    assert "0.25 at 0.5 fps" in found["coverage"]
    assert "frame rate" in found["coverage"]


def test_a_model_that_tells_times_too_late_covers_more_than_the_clip(bundled: VisionModel) -> None:
    slow = checked(Through(bundled, fps=0.5))
    assert slow.rates[1].coverage > 1.05


def test_a_model_without_log_probabilities_is_said_so(bundled: VisionModel) -> None:
    found = faults(Through(bundled, tells_shares=False))
    assert list(found) == ["Yes/No AUC"]
    assert "log probabilities" in found["Yes/No AUC"]


def test_refusals_are_counted_with_the_first_ones_words(bundled: VisionModel) -> None:
    found = checked(Through(bundled, refuses=True))
    assert found.refused > 2 * CLIPS
    assert found.refusal == "too long for this server"
    assert {fault.figure for fault in found.faults} >= {"valid JSON", "coverage"}


def test_clips_fit_the_model_and_are_busy_up_to_their_end(bundled: VisionModel) -> None:
    large = replace(
        bundled.limits, max_frames=768, max_pixels=768 * 28 * 28, max_video_tokens=24_576
    )
    for limits, frames, side in ((bundled.limits, 16, 112), (large, 32, 336)):
        for clip in draw_clips(limits, 1, seed=3):
            assert clip.footage.frames.pictures.shape == (frames, side, side, 3)
            assert clip.spec.events[-1].end_s == clip.spec.duration_s == frames / clip.fps


def test_half_of_the_statements_are_true(bundled: VisionModel) -> None:
    told = [told for clip in draw_clips(bundled.limits, 8, 1) for told in clip.statements]
    assert 2 * sum(is_true for _, is_true in told) == len(told) > 20


def test_the_area_under_the_curve_is_that_of_ordered_pairs() -> None:
    assert auc([0.9, 0.8], [0.1, 0.2]) == 1.0
    assert auc([0.5], [0.5]) == 0.5
    assert auc([0.9, 0.3], [0.5, 0.1]) == 0.75


@pytest.mark.parametrize(
    ("text", "reason", "valid"),
    [
        ("[]", "stop", True),
        ('[{"start_time":"00:01.00","end_time":"00:02.00","description":"a"}]', "stop", True),
        ("```json\n[]\n```", "stop", True),
        ('[{"start_time":"00:01.00"}]', "stop", False),
        ("[]", "length", False),
        ("nothing happens", "stop", False),
        ('{"start_time": 1}', "stop", False),
    ],
)
def test_only_whole_replies_in_the_form_asked_for_are_valid(
    text: str, reason: str, valid: bool
) -> None:
    assert is_valid(Reply(text, reason, Usage(1, 1))) is valid


def test_the_way_of_telling_times_with_the_smaller_errors_is_recommended() -> None:
    good = AtRate(2.0, 4, 0.1, 1.0, 1.0, 0.95, 1.0, 0.9)
    exact = Checkup("m@1", "p/1", datetime.now(UTC), (good,), Speed(8, 2.0, 40.0, 900, 100))
    late = replace(exact, rates=(replace(good, time_error_s=0.7),))
    blind = replace(exact, rates=(replace(good, delay_followed=0.0, time_error_s=0.0),))
    assert choose_times(late, exact) == (
        "times as text are the better, use --times-as-text: time errors 0.10 s as text, "
        "0.70 s by position"
    )
    assert choose_times(exact, late).startswith("times by position are the better")
    assert choose_times(exact, exact).startswith("times by position are the better")
    assert choose_times(late, blind).startswith("times by position are the better")


def test_both_times_are_of_models_that_can_be_told_times_by_position(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_command(["doctor", "--both-times", "--library", str(tmp_path)]) == 2
    assert "name it: --model" in capsys.readouterr().err


@pytest.mark.slow
def test_a_check_of_both_ways_keeps_both_and_says_which_is_the_better(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The bundled model was never shown times as text."""
    assert run_command(["doctor", "--model", "bundled", "--both-times", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["times"].startswith("times by position are the better")
    assert told["as_text"]["model"] == f"{told['model']} times-as-text/1"
    assert last(told["as_text"]["model"], QWEN25_VL.name) is not None


def test_the_last_check_is_kept_for_each_model_and_prompts(state: Path) -> None:
    good = AtRate(2.0, 4, 0.1, 1.0, 1.0, 0.95, 1.0, 0.9)
    first = Checkup("m@1", "p/1", datetime.now(UTC), (good,), Speed(8, 2.0, 40.0, 900, 100))
    keep(first)
    assert last("m@1", "p/1") == first
    assert last("m@1", "p/2") is None
    assert last("m@2", "p/1") is None
    keep(replace(first, rates=(replace(good, auc=None),)))
    second = last("m@1", "p/1")
    assert second
    assert [fault.figure for fault in second.faults] == ["Yes/No AUC"]
    (path,) = (state / "checkups").iterdir()
    path.write_text("{")
    assert last("m@1", "p/1") is None


def test_a_model_that_the_video_does_not_reach_is_not_used(
    tmp_path: Path, bundled: VisionModel
) -> None:
    """As mlx-serve once lost the video of Qwen3.5, and everything else went on as usual."""
    found = checked(Through(bundled, shows="nothing"))
    assert {fault.figure for fault in found.refusals} == {"delay followed", "change on grey"}
    films.clock(tmp_path / "clock.mp4", 4, 80)
    keep(found)
    with open_library(tmp_path / "library", Settings(model="bundled", ocr=False)) as app:
        with pytest.raises(ModelError, match=r"bundled@.* is not used: .*delay followed 0\.00"):
            app.ingest(tmp_path / "clock.mp4")
        with pytest.raises(ModelError, match=r"vidindex doctor --model bundled; .*--model none"):
            app.search("a red circle")
        assert app.search("a red circle", verify=False).notes == ()
    keep(checked(bundled))
    with open_library(tmp_path / "library", Settings(model="bundled", ocr=False)) as app:
        assert app.ingest(tmp_path / "clock.mp4").failed == 0


def test_frozen_times_are_found_though_every_reply_is_in_the_right_form(
    bundled: VisionModel,
) -> None:
    reply = '[{"start_time":"00:02.00","end_time":"00:06.00","description":"a red circle"}]'
    found = faults(Through(bundled, says=reply))
    assert found["delay followed"].startswith("0.00 at 0.5 fps")
    assert "do not move with the event" in found["delay followed"]
    assert "valid JSON" not in found
    assert "change on grey" not in found


def test_frame_numbers_in_place_of_seconds_are_found(bundled: VisionModel) -> None:
    found = faults(Through(bundled, fps=1.0))
    assert found["delay followed"].startswith("0.50 at 0.5 fps")
    assert "2.00 at 2 fps" in found["delay followed"]


@pytest.mark.slow
def test_ingest_and_search_warn_of_a_model_that_failed(
    random_weights: Path, tmp_path: Path
) -> None:
    films.clock(tmp_path / "clock.mp4", 8, 80)
    settings = Settings(model=str(random_weights), ocr=False)
    with open_library(tmp_path / "library", settings) as app:
        notes = app.ingest(tmp_path / "clock.mp4").notes
        (never,) = (note for note in notes if "was never checked on this machine" in note)
        assert f"vidindex doctor --model {random_weights}" in never
        assert app.search("a red circle").notes == ()
        assert app.services.model
        found = checked(app.services.model)
        assert found.refusals, "it has learned nothing"
        # One that is bad, and not blind.
        rates = [replace(one, delay_followed=1.0, change_on_grey=0.5) for one in found.rates]
        keep(replace(found, rates=tuple(rates)))
        notes = app.ingest(tmp_path / "clock.mp4").notes
        assert any("failed its check: time error" in note for note in notes)
        assert any("failed its check" in note for note in app.search("a red circle").notes)
        assert app.search("a red circle", verify=False).notes == ()


def test_nothing_is_said_of_the_bundled_model_or_of_one_that_passed(
    tmp_path: Path, bundled: VisionModel
) -> None:
    films.clock(tmp_path / "clock.mp4", 4, 80)
    with open_library(tmp_path / "library", Settings(model="bundled", ocr=False)) as app:
        assert app.notes() == []
        keep(checked(bundled))
        assert app.notes() == []
