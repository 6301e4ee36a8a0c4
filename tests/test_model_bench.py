"""The model benchmark: same replies as the product, arithmetic as torch counts it, bare imports."""

import json
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from support.family_assets import tiny_qwen3_config
from support.golden_cases import byte_tokenizer
from support.processes import run_to_end
from support.qwen_assets import tiny_config
from torch.utils.flop_counter import FlopCounterMode
from transformers import (
    Qwen2_5_VLForConditionalGeneration,
    Qwen3VLConfig,
    Qwen3VLForConditionalGeneration,
)

from pipelines.progress import Quiet
from vidindex.adapters.vision.checkpoints.catalog import BUNDLED_FOLDER, resolve
from vidindex.adapters.vision.hf.greedy import write_replies
from vidindex.adapters.vision.hf.model import BATCH_TOKENS as PRODUCT_BATCH_TOKENS
from vidindex.adapters.vision.hf.model import TransformersQwen
from vidindex.adapters.vision.qwen.decoding import Decoding
from vidindex.bench.model.benchmark import (
    BATCH_TOKENS,
    DEFAULT,
    distinct_clips,
    fitted,
    main,
    measure,
)
from vidindex.bench.model.flops import decode_flops, prefill_flops, vision_flops
from vidindex.bench.model.gpus import known_peak, measured_flops_per_s
from vidindex.bench.model.results import Workload
from vidindex.bench.model.shapes import PUBLISHED, Shape, read_shape
from vidindex.bench.model.stages import STAGES, StagedModel, Stopwatch
from vidindex.bench.model.subjects import Subject, checkpoint
from vidindex.bench.model.sweep import sweep
from vidindex.cli.main import run_command
from vidindex.composition import build_model
from vidindex.core.prompts import QWEN25_VL
from vidindex.errors import InputError, ModelError
from vidindex.types import Ask, FrameBatch

SMALL = Workload(clips=3, frames=8, fps=2.0, width=112, height=112, reply_tokens=12, batch=2)


@pytest.fixture(scope="module")
def bundled() -> Subject:
    return checkpoint(BUNDLED_FOLDER, "bundled", "cpu")


@pytest.fixture(scope="module")
def tiny() -> StagedModel:
    """Windows that do not divide the picture, fewer key heads than heads, plain attention."""
    config = tiny_config(byte_tokenizer())
    config._attn_implementation = "eager"
    torch.manual_seed(0)
    model = Qwen2_5_VLForConditionalGeneration(config).eval()
    return StagedModel(model, "cpu", lambda places: ([5] * (6 + places + 9), 6))


def test_stages_apart_write_what_the_product_writes(bundled: Subject) -> None:
    clips = list(distinct_clips(SMALL, seed=4))[:2]
    found = bundled.staged.answer(clips, SMALL.fps, SMALL.reply_tokens, Stopwatch("cpu"))
    found_checkpoint = resolve("bundled")
    assert found_checkpoint
    product = TransformersQwen(found_checkpoint)
    times_s = tuple(i / SMALL.fps for i in range(SMALL.frames))
    asks = [
        Ask(
            str(index),
            QWEN25_VL.system,
            QWEN25_VL.segment,
            FrameBatch(times_s, times_s, clip, SMALL.fps),
            SMALL.reply_tokens,
        )
        for index, clip in enumerate(clips)
    ]
    questions = [product._builder.build(ask) for ask in asks]
    batch = product._builder.collate(questions, 0, torch.float32, "cpu")
    drafts = [Decoding(question, None, product._tokenizer, end_ids=[]) for question in questions]
    replies = {
        draft.model_input.ask.key: reply.text
        for draft, reply in write_replies(product._model, batch, drafts)
    }
    told = product._tokenizer.batch_decode(found, skip_special_tokens=True)
    assert told == [replies["0"], replies["1"]]
    assert "start_time" in told[0]


def test_every_reply_has_the_length_asked_for_and_every_stage_a_time(bundled: Subject) -> None:
    watch = Stopwatch("cpu")
    clips = list(distinct_clips(SMALL, seed=4))
    replies = bundled.staged.answer(clips, SMALL.fps, 40, watch)
    assert replies.shape == (3, 40)
    assert list(watch.seconds) == list(STAGES)
    assert all(seconds > 0 for seconds in watch.seconds.values())


def test_clips_are_distinct_and_the_same_for_the_same_seed() -> None:
    clips = [clip.tobytes() for clip in distinct_clips(SMALL, seed=1)]
    assert len(set(clips)) == SMALL.clips
    assert clips == [clip.tobytes() for clip in distinct_clips(SMALL, seed=1)]


def test_arithmetic_is_what_torch_counts(tiny: StagedModel) -> None:
    shape = Shape.of(tiny.model.config.to_dict())
    grid = (2, 6, 10)
    patches = torch.zeros(2 * 6 * 10, 3 * 2 * 14 * 14)
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        tiny.model.model.visual(patches, grid_thw=torch.tensor([grid]))
    assert counter.get_total_flops() == vision_flops(shape, grid)

    tokens = 40
    ids = torch.full((1, tokens), 5)
    positions = torch.arange(tokens).expand(3, 1, -1)
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        first = tiny.model(input_ids=ids, position_ids=positions, logits_to_keep=1)
    # Plain attention also computes the pairs that the mask takes away.
    masked = shape.text.layers * tokens * (tokens - 1) / 2
    assert counter.get_total_flops() == prefill_flops(shape, tokens) + 4 * masked * shape.text.width

    with FlopCounterMode(display=False) as counter, torch.no_grad():
        for step in range(3):
            tiny.model(
                input_ids=ids[:, :1],
                position_ids=positions[:, :, -1:] + 1 + step,
                past_key_values=first.past_key_values,
                logits_to_keep=1,
            )
    assert counter.get_total_flops() == decode_flops(shape, tokens, reply_tokens=4)


def test_arithmetic_of_qwen3_vl_is_what_torch_counts() -> None:
    """No windows, two matrices a layer of the eyes, a merger more for each layer of DeepStack."""
    config = tiny_qwen3_config(byte_tokenizer())
    config._attn_implementation = "eager"
    model = Qwen3VLForConditionalGeneration(config).eval()
    shape, grid, tokens = Shape.of(model.config.to_dict()), (1, 6, 10), 30
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        model.model.visual(torch.zeros(60, 3 * 2 * 16 * 16), grid_thw=torch.tensor([grid]))
    assert counter.get_total_flops() == vision_flops(shape, grid)
    ids, positions = torch.full((1, tokens), 5), torch.arange(tokens).expand(3, 1, -1)
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        model(input_ids=ids, position_ids=positions, logits_to_keep=1)
    masked = shape.text.layers * tokens * (tokens - 1) / 2
    counted = prefill_flops(shape, tokens) + 4 * masked * shape.query_width
    assert counter.get_total_flops() == counted


@pytest.mark.parametrize(("name", "billions"), [("qwen3-vl-4b", 4.44), ("qwen3-vl-8b", 8.77)])
def test_published_shapes_of_qwen3_vl_have_the_published_number_of_weights(
    name: str, billions: float
) -> None:
    with torch.device("meta"):
        model = Qwen3VLForConditionalGeneration(Qwen3VLConfig(**PUBLISHED[name]))
    assert sum(one.numel() for one in model.parameters()) / 1e9 == pytest.approx(billions, abs=0.01)


def test_bounds_of_every_family_are_said_to_be_not_measured(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run_command(["bench", "model", "--bounds", "--json"]) == 0
    rows = {row["shape"]: row for row in json.loads(capsys.readouterr().out)["shapes"]}
    assert rows.keys() == PUBLISHED.keys()
    assert {row["measured"] for row in rows.values()} == {"not measured"}
    assert rows["qwen3-vl-4b"]["hours_per_hour"] > rows["qwen3-vl-8b"]["hours_per_hour"]


def test_the_stages_of_another_family_are_refused_with_what_measures_it(
    capsys: pytest.CaptureFixture[str],
) -> None:
    words = ["bench", "model", "--shape", "qwen3-vl-8b", "--random-weights"]
    assert run_command(words) == 2
    assert "--at-once" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "billions"), [("3b", 3.75), ("7b", 8.29), ("32b", 33.45), ("72b", 73.41)]
)
def test_published_shapes_have_the_published_number_of_weights(name: str, billions: float) -> None:
    from transformers import Qwen2_5_VLConfig

    with torch.device("meta"):
        model = Qwen2_5_VLForConditionalGeneration(Qwen2_5_VLConfig(**PUBLISHED[name]))
    assert sum(one.numel() for one in model.parameters()) / 1e9 == pytest.approx(billions, abs=0.01)


def test_the_7b_on_an_h200_is_bound_as_published_figures_say() -> None:
    shape, peak = Shape.of(PUBLISHED["7b"]), known_peak("NVIDIA H200")
    assert peak
    for width, height, hours in ((448, 252, 350), (1008, 588, 57)):
        tokens = 30 * (width // 28) * (height // 28) + 90
        grid = (30, height // 14, width // 14)
        flops = vision_flops(shape, grid) + prefill_flops(shape, tokens)
        assert 30 * peak.flops_per_s / flops == pytest.approx(hours, rel=0.05)


@pytest.mark.parametrize(
    ("card", "tflops"),
    [
        ("NVIDIA H100 80GB HBM3", 989),
        ("NVIDIA H100 PCIe", 756),
        ("NVIDIA H100 NVL", 835),
        ("NVIDIA A100-SXM4-80GB", 312),
        ("NVIDIA L40S", 362),
        ("NVIDIA GeForce RTX 4090", 165.2),
        ("NVIDIA A10G", None),
        ("Tesla T4", None),
    ],
)
def test_a_card_is_known_by_its_whole_name(card: str, tflops: float | None) -> None:
    peak = known_peak(card)
    assert (peak.flops_per_s / 1e12 if peak else None) == tflops


def test_an_unknown_device_is_measured() -> None:
    assert measured_flops_per_s("cpu", torch.float32) > 1e8


def test_figures_add_up(bundled: Subject) -> None:
    figures = measure(bundled, SMALL)
    assert figures.vision_tokens == 4 * 4 * 4
    assert figures.total_s == pytest.approx(sum(figures.seconds.values()))
    assert sum(figures.shares().values()) == pytest.approx(1)
    assert figures.hours_per_hour == pytest.approx(3 * 4 / figures.total_s)
    assert figures.tokens_per_s()["reply"] == pytest.approx(3 * 12 / figures.total_s)
    assert figures.share_of_bound == pytest.approx(
        sum(figures.flops.values()) / figures.peak_flops_per_s / figures.total_s
    )
    assert figures.peak_source.startswith("measured here")


def test_what_is_no_shape_is_refused_with_the_names_that_are() -> None:
    with pytest.raises(InputError, match="72b"):
        read_shape("8b")
    with pytest.raises(SystemExit, match=r"use 3b, 7b, .*-vl-8b or a config\.json"):
        main(["--shape", "8b", "--random-weights"])


def test_work_is_cut_to_pictures_that_are_shown_as_they_are() -> None:
    fit = fitted(replace(DEFAULT, frames=61, width=1920, height=1080))
    assert (fit.frames, fit.width, fit.height) == (60, 1008, 560)
    with pytest.raises(InputError, match="nothing to measure"):
        fitted(replace(DEFAULT, frames=1))


@pytest.mark.slow
def test_it_runs_where_only_torch_transformers_and_numpy_are_installed() -> None:
    words = ["--shape", str(BUNDLED_FOLDER / "config.json"), "--random-weights", "--json"]
    words += ["--clips", "2", "--seconds", "4", "--size", "112x112", "--reply-tokens", "4"]
    code = f"""
import builtins, sys
real = builtins.__import__
def bare(name, globals=None, locals=None, fromlist=(), level=0):
    top, asks = name.partition(".")[0], (globals or {{}}).get("__name__", "")
    here = {{*sys.stdlib_module_names, "vidindex", "numpy", "torch", "transformers", "tokenizers"}}
    if level == 0 and asks.startswith("vidindex") and top not in here:
        raise ModuleNotFoundError(f"{{asks}} imports {{name}}, which a bare machine has not")
    return real(name, globals, locals, fromlist, level)
builtins.__import__ = bare
try:
    import vidindex.adapters.vision.qwen.decoding
except ModuleNotFoundError:
    from vidindex.bench.model.benchmark import main
    main({words!r})
"""
    told = json.loads(run_to_end([sys.executable, "-c", code]).stdout)
    assert told["weights"] == "random weights"
    assert told["hours_per_hour"] > 0


def test_as_many_tokens_run_at_once_as_in_the_product() -> None:
    assert BATCH_TOKENS == PRODUCT_BATCH_TOKENS


def test_the_default_work_is_half_a_minute_of_small_pictures() -> None:
    assert DEFAULT.clip_s == 30
    assert "8 clips of 30 s, 2 fps, 448x252" in str(replace(DEFAULT, batch=4))


def test_the_command_fits_the_work_to_the_model(capsys: pytest.CaptureFixture[str]) -> None:
    words = ["bench", "model", "--model", "bundled", "--clips", "2", "--reply-tokens", "4"]
    assert run_command(words) == 0
    out = capsys.readouterr().out
    assert "2 clips of 8 s, 2 fps, 140x84" in out
    assert "hours of footage per hour of this CPU" in out
    assert "vision tower" in out
    assert run_command([*words, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["workload"]["frames"] == 16


def test_random_weights_have_to_be_asked_for(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_command(["bench", "model", "--shape", "7b"]) == 2
    assert "--random-weights" in capsys.readouterr().err


def test_a_sweep_through_the_port_has_replies_of_one_length() -> None:
    model = build_model("bundled")
    assert model
    rows = sweep(model, QWEN25_VL, SMALL, (1, 3), Quiet())
    assert [row.calls for row in rows] == [1, 3]
    assert {row.reply_tokens for row in rows} == {SMALL.reply_tokens}
    for row in rows:
        assert (row.prompt_tokens, row.vision_tokens) == (81, 64)
        assert 0 < row.first_s < row.whole_s
        assert row.hours_per_hour == pytest.approx(row.calls * 4 / row.whole_s)


def test_a_sweep_ends_where_a_call_is_refused() -> None:
    model = build_model("bundled")
    assert model
    with pytest.raises(ModelError, match="refused"):
        sweep(model, QWEN25_VL, replace(SMALL, width=224, height=224), (1,), Quiet())


def test_the_command_makes_a_table_of_calls_at_once(capsys: pytest.CaptureFixture[str]) -> None:
    words = ["bench", "model", "--model", "bundled", "--seconds", "4", "--reply-tokens", "4", "-q"]
    assert run_command([*words, "--at-once", "1", "--at-once", "2"]) == 0
    head, *rows = capsys.readouterr().out.splitlines()
    assert "hours of footage per hour" in head
    assert [row.split()[0] for row in rows] == ["1", "2"]
    assert run_command([*words, "--at-once", "1", "--json"]) == 0
    (row,) = json.loads(capsys.readouterr().out)
    assert (row["calls"], row["reply_tokens"]) == (1, 4)
    assert run_command([*words, "--backend", "vllm"]) == 2
    random = ["--shape", "7b", "--random-weights", "--at-once", "1"]
    assert run_command([*words, *random]) == 2
