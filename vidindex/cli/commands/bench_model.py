"""`vidindex bench model`: measure footage per hour of a checkpoint, and its bottleneck."""

from dataclasses import replace
from typing import TYPE_CHECKING

import click

from vidindex.cli.options import backend_option, json_option
from vidindex.cli.output.echo import echo_lines
from vidindex.cli.output.progress import TerminalProgress
from vidindex.cli.output.tables import print_json, print_table
from vidindex.errors import InputError, ModelNotFound

if TYPE_CHECKING:
    from vidindex.bench.model.results import Workload
    from vidindex.bench.model.subjects import Subject
    from vidindex.bench.model.sweep import AtOnce
    from vidindex.settings import Backend
    from vidindex.types import ModelLimits


@click.command("model")
@click.option("--model", default="bundled", show_default=True, help="A model by name or path.")
@backend_option
@click.option("--shape", help="In its place: 3b, 7b, 32b, 72b or a config.json.")
@click.option(
    "--random-weights", is_flag=True, help="Of a --shape: they mean nothing but cost as much."
)
@click.option("--clips", default=8, show_default=True, help="Distinct generated clips.")
@click.option("--seconds", default=30.0, show_default=True, help="Length of each clip.")
@click.option("--fps", default=2.0, show_default=True, help="Frames a second.")
@click.option("--size", default="448x252", show_default=True, help="Width and height of a frame.")
@click.option("--reply-tokens", default=128, show_default=True, help="Length of every reply.")
@click.option("--batch", default=0, help="Clips at a time; by their tokens unless given.")
@click.option(
    "--at-once",
    multiple=True,
    type=click.IntRange(min=1),
    help="In place of the stages: so many calls at once, by the way that an ingest takes; several "
    "make a table.",
)
@click.option(
    "--bounds",
    is_flag=True,
    help="Measure nothing: the arithmetic bound of every published shape, on this card or an H200.",
)
@click.option("-q", "--quiet", is_flag=True, help="No progress.")
@json_option
def model_command(
    model: str,
    backend: "Backend",
    shape: str | None,
    random_weights: bool,
    clips: int,
    seconds: float,
    fps: float,
    size: str,
    reply_tokens: int,
    batch: int,
    at_once: tuple[int, ...],
    bounds: bool,
    quiet: bool,
    as_json: bool,
) -> None:
    """Hours of footage in an hour, tokens a second, and the share of each stage.

    Every reply has the same length, and no two clips are alike. The bound is the model's
    arithmetic at the most the device can do. Clips are cut to what the model takes in one call.
    """
    from vidindex.bench.model.benchmark import fitted, measure, sides
    from vidindex.bench.model.results import Workload

    if bool(shape) != random_weights:
        raise InputError("a --shape has no trained weights", "give --shape with --random-weights")
    if backend.options and not at_once:
        named = " ".join(backend.options)
        raise InputError(f"{named} shows no stages", "measure it with --at-once")
    if shape and at_once:
        raise InputError("--at-once is of models that answer", "leave out --shape or --at-once")
    width, height = sides(size)
    work = Workload(clips, round(seconds * fps), fps, width, height, reply_tokens, batch)
    if bounds:
        _print_bounds(work, as_json=as_json)
        return
    if at_once:
        rows = _sweep(model, backend, work, at_once, quiet=quiet or as_json)
        print_json([row.as_json() for row in rows]) if as_json else _print_sweep(rows)
        return
    if shape:
        subject = _shape(shape)
    else:
        subject, limits = _checkpoint(model)
        work = _within(work, limits)
    figures = measure(subject, fitted(work))
    print_json(figures.as_json()) if as_json else echo_lines("\n".join(figures.lines()))


def _sweep(
    name: str, backend: "Backend", work: "Workload", at_once: tuple[int, ...], *, quiet: bool
) -> "list[AtOnce]":
    from vidindex.bench.model.benchmark import fitted
    from vidindex.bench.model.sweep import sweep
    from vidindex.composition import build_model
    from vidindex.core.families import family_named
    from vidindex.core.prompts import QWEN25_VL

    model = build_model(name, backend)
    if model is None:
        raise ModelNotFound(f"no model for {name!r} on this machine", "use --model bundled")
    work = fitted(_within(work, model.limits), family_named(model.limits.family))
    return sweep(model, QWEN25_VL, work, at_once, TerminalProgress(quiet=quiet))


def _print_bounds(work: "Workload", *, as_json: bool) -> None:
    from vidindex.bench.model.bounds import bounds, this_card

    peak = this_card()
    rows = bounds(work, peak)
    if as_json:
        print_json({"peak": peak, "shapes": rows})
        return
    echo_lines(f"{work}; {peak.flops_per_s / 1e12:.3g} TFLOP/s, {peak.source}")
    print_table(
        ["family", "shape", "bound, hours of footage per GPU-hour", "measured"],
        [[row.family, row.shape, f"{row.hours_per_hour:,.0f}", row.measured] for row in rows],
    )


def _print_sweep(rows: "list[AtOnce]") -> None:
    print_table(
        [
            "at once",
            "hours of footage per hour",
            "s to first tokens",
            "s in all",
            "prompt tokens/s",
            "vision tokens/s",
            "reply tokens/s",
        ],
        [
            [
                str(row.calls),
                f"{row.hours_per_hour:,.2f}",
                f"{row.first_s:.2f}",
                f"{row.whole_s:.2f}",
                *(f"{rate:,.0f}" for rate in row.tokens_per_s().values()),
            ]
            for row in rows
        ],
    )


def _shape(name: str) -> "Subject":
    from vidindex.adapters.checkpoints.device import this_device
    from vidindex.bench.model.subjects import random_weights

    return random_weights(name, this_device().kind)


def _checkpoint(name: str) -> "tuple[Subject, ModelLimits]":
    from vidindex.adapters.vision.checkpoints.catalog import resolve
    from vidindex.adapters.vision.qwen.limits import read_limits
    from vidindex.bench.model.subjects import checkpoint, require_stages
    from vidindex.core.families import family_named

    found = resolve(name)
    if found is None:
        raise ModelNotFound(f"no model for {name!r} on this machine", "use --model bundled")
    limits = read_limits(found)
    require_stages(family_named(limits.family))
    return checkpoint(found.folder, limits.identity, found.device.kind), limits


def _within(work: "Workload", limits: "ModelLimits") -> "Workload":
    """As much of each clip as the model takes in one call."""
    from vidindex.core.families import family_named
    from vidindex.core.sampling.grid import smart_resize, vision_tokens

    family = family_named(limits.family)
    least, most = limits.min_pixels, limits.max_pixels
    height, width = smart_resize(work.height, work.width, least, most, family.factor_px)
    fitting = 2 * (limits.max_video_tokens // vision_tokens(2, width, height, family))
    frames = min(work.frames, limits.max_frames, fitting)
    return replace(work, frames=frames, width=width, height=height)
