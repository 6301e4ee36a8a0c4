"""Measure footage per hour through Qwen2.5-VL, stage by stage, beside the device's peak.

    python -m vidindex.bench.model.benchmark --shape 7b --random-weights

Runs on a bare GPU machine: what it imports of vidindex, and all that imports, needs
nothing but torch, transformers and numpy. Random weights cost what trained ones cost;
what they say is never looked at.
"""

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from vidindex.adapters.vision.qwen.patches import (
    MIN_PIXELS,
    PATCH_PX,
    TEMPORAL_PATCH_FRAMES,
)
from vidindex.bench.model.flops import decode_flops, prefill_flops, vision_flops
from vidindex.bench.model.gpus import peak_of
from vidindex.bench.model.results import ModelBenchResult, Workload
from vidindex.bench.model.shapes import Shape
from vidindex.bench.model.stages import Frames, Stopwatch
from vidindex.bench.model.subjects import Subject, checkpoint, random_weights
from vidindex.core.families import QWEN25_FAMILY, Family
from vidindex.core.sampling.grid import smart_resize, vision_tokens
from vidindex.errors import InputError, ModelTooLarge, VidindexError
from vidindex.synthetic.clips import all_combinations, frame_times, render
from vidindex.synthetic.scenes import draw_scene

# Prompt and reply tokens that run at once, as in `vision.transformers_qwen`.
BATCH_TOKENS = {"cuda": 32_768, "cpu": 8_192}
DEFAULT = Workload(clips=8, frames=60, fps=2.0, width=448, height=252, reply_tokens=128, batch=0)


def measure(subject: Subject, workload: Workload, seed: int = 1) -> ModelBenchResult:
    """Time all clips of `workload`, after one warm-up batch; a `batch` of 0 is chosen here.

    Raises ModelTooLarge where memory ends.
    """
    device = subject.staged.device
    tokens = vision_tokens(workload.frames, workload.width, workload.height)
    prompt_tokens = len(subject.staged.form(tokens)[0])
    fitting = max(1, BATCH_TOKENS[device] // (prompt_tokens + workload.reply_tokens))
    workload = replace(workload, batch=min(workload.batch or fitting, workload.clips))
    clips = list(distinct_clips(workload, seed))
    batches = [clips[at : at + workload.batch] for at in range(0, len(clips), workload.batch)]
    watch = Stopwatch(device)
    try:
        _answer(subject, batches[:1], workload, Stopwatch(device))
        _answer(subject, batches, workload, watch)
    except torch.OutOfMemoryError as error:
        raise ModelTooLarge(
            f"{workload.batch} clips of {prompt_tokens} tokens need more memory than {device} has",
            "take a smaller --batch",
        ) from error
    dtype = subject.staged.model.dtype
    peak = peak_of(device, dtype)
    return ModelBenchResult(
        model=subject.name,
        weights=subject.weights,
        device=torch.cuda.get_device_name() if device == "cuda" else device,
        dtype=str(dtype).removeprefix("torch."),
        workload=workload,
        prompt_tokens=prompt_tokens,
        vision_tokens=tokens,
        seconds=watch.seconds,
        flops=_flops(subject.shape, workload, prompt_tokens),
        peak_flops_per_s=peak.flops_per_s,
        peak_source=peak.source,
        peak_memory_bytes=torch.cuda.max_memory_allocated() if device == "cuda" else None,
    )


def distinct_clips(workload: Workload, seed: int) -> Iterator[Frames]:
    """Pictures (frames, height, width, 3) of one scene after another: no cache can help."""
    rng = np.random.default_rng([seed, 2**32 - 1, 79])
    combinations = all_combinations(held_out=False)
    for _ in range(workload.clips):
        scene = draw_scene(rng, workload.frames, workload.fps, combinations)
        times_s = frame_times(workload.frames, workload.fps)
        yield render(scene, times_s, workload.height, workload.width)


def _answer(
    subject: Subject, batches: Sequence[list[Frames]], workload: Workload, watch: Stopwatch
) -> None:
    for batch in batches:
        subject.staged.answer(batch, workload.fps, workload.reply_tokens, watch)


def _flops(shape: Shape, workload: Workload, prompt_tokens: int) -> dict[str, float]:
    groups = -(-workload.frames // TEMPORAL_PATCH_FRAMES)
    grid = groups, workload.height // PATCH_PX, workload.width // PATCH_PX
    one = {
        "vision tower": vision_flops(shape, grid),
        "prefill": prefill_flops(shape, prompt_tokens),
        "decode": decode_flops(shape, prompt_tokens, workload.reply_tokens),
    }
    return {stage: workload.clips * flops for stage, flops in one.items()}


def sides(size: str) -> tuple[int, int]:
    """Width and height of "448x252"; InputError where it is not written so."""
    width, _, height = size.partition("x")
    if not (width.isdigit() and height.isdigit()):
        raise InputError(f"{size!r} is not a size", "write it as 448x252")
    return int(width), int(height)


def fitted(workload: Workload, family: Family = QWEN25_FAMILY) -> Workload:
    """With an even number of frames, and a size that is shown as it is.

    Raises InputError where nothing would be left.
    """
    counts = workload.frames // 2, workload.width, workload.height, workload.clips
    if min(*counts, workload.reply_tokens) < 1 or workload.fps <= 0:
        raise InputError(f"nothing to measure in {workload}", "take more, or larger, clips")
    least, most = min(MIN_PIXELS, family.min_pixels), family.max_pixels
    sides = workload.height, workload.width
    height, width = smart_resize(*sides, least, most, family.factor_px)
    return replace(workload, frames=workload.frames // 2 * 2, width=width, height=height)


def main(words: Sequence[str] | None = None) -> None:
    """The command line of a bare machine; `vidindex bench model` is that of an installed one."""
    parser = _parser()
    asked = parser.parse_args(words)
    if asked.shape and not asked.random_weights:
        parser.error("a --shape has no trained weights: say --random-weights, too")
    try:
        figures = _measure(asked)
    except VidindexError as error:
        sys.exit(f"model_bench: {error}")
    output = json.dumps(figures.as_json(), indent=2) if asked.json else "\n".join(figures.lines())
    sys.stdout.write(f"{output}\n")


def _measure(asked: argparse.Namespace) -> ModelBenchResult:
    width, height = sides(asked.size)
    frames = round(asked.seconds * asked.fps)
    work = fitted(
        Workload(asked.clips, frames, asked.fps, width, height, asked.reply_tokens, asked.batch)
    )
    device = asked.device or ("cuda" if torch.cuda.is_available() else "cpu")
    if asked.shape:
        subject = random_weights(asked.shape, device)
    else:
        subject = checkpoint(asked.checkpoint, asked.checkpoint.resolve().name, device)
    return measure(subject, work)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m vidindex.bench.model.benchmark",
        description="Hours of footage in an hour, stage by stage.",
    )
    subject = parser.add_mutually_exclusive_group(required=True)
    subject.add_argument("--shape", help="3b, 7b, 32b, 72b, or a config.json; random weights")
    subject.add_argument("--checkpoint", type=Path, help="a checkpoint folder")
    parser.add_argument("--random-weights", action="store_true", help="yes, of a --shape")
    parser.add_argument("--device", choices=["cuda", "cpu"], help="a GPU where there is one")
    parser.add_argument("--clips", type=int, default=DEFAULT.clips)
    parser.add_argument("--seconds", type=float, default=DEFAULT.clip_s, help="of each clip")
    parser.add_argument("--fps", type=float, default=DEFAULT.fps)
    parser.add_argument("--size", default=f"{DEFAULT.width}x{DEFAULT.height}", help="of a frame")
    parser.add_argument("--reply-tokens", type=int, default=DEFAULT.reply_tokens)
    parser.add_argument("--batch", type=int, default=0, help="clips at a time; else by tokens")
    parser.add_argument("--json", action="store_true")
    return parser


if __name__ == "__main__":
    main()
