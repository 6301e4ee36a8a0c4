"""`vidindex bench`: measure a model and a search on scenes of known truth."""

import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import click

from vidindex.cli.commands.bench_ask import ask_command
from vidindex.cli.commands.bench_frames import frames_command
from vidindex.cli.commands.bench_frames_cost import frames_cost_command
from vidindex.cli.commands.bench_model import model_command
from vidindex.cli.commands.bench_pipeline import pipeline_command
from vidindex.cli.commands.bench_reading import reading_command
from vidindex.cli.commands.bench_retrieval import retrieval_command
from vidindex.cli.commands.bench_speech import speech_command
from vidindex.cli.commands.bench_speed import bookkeeping_command, cold_command, decode_command
from vidindex.cli.options import json_option
from vidindex.cli.output.echo import echo, echo_lines
from vidindex.cli.output.progress import TerminalProgress
from vidindex.cli.output.tables import print_json, print_table

if TYPE_CHECKING:
    from vidindex.bench.search.benchmark import Report


@click.group("bench")
def command() -> None:
    """Measure accuracy and speed, on what is generated for it; its truth is known to the frame."""


command.add_command(ask_command)
command.add_command(model_command)
command.add_command(frames_command)
command.add_command(pipeline_command)
command.add_command(retrieval_command)
command.add_command(decode_command)
command.add_command(frames_cost_command)
command.add_command(bookkeeping_command)
command.add_command(cold_command)
command.add_command(reading_command)
command.add_command(speech_command)


@command.command("accuracy")
@click.option("--model", default="bundled", show_default=True, help="A model by name or path.")
@click.option("--seed", default=1, show_default=True, help="Which unseen clips are drawn.")
@click.option("--clips", default=24, show_default=True, help="Clips per rate and condition.")
@click.option(
    "--world",
    type=click.Choice(["easy", "rich"]),
    default="easy",
    show_default=True,
    help="One object on grey ground, or several on textured backgrounds.",
)
@json_option
def accuracy(model: str, seed: int, clips: int, world: str, as_json: bool) -> None:
    """Segments, captions, yes/no, grounding and boxes per frame rate, with controls.

    Figures of the bundled model prove that the machinery is right; they say nothing of
    accuracy on footage.
    """
    from vidindex.composition import build_model
    from vidindex.errors import ModelNotFound
    from vidindex.synthetic.accuracy import measure
    from vidindex.synthetic.world import answer_accuracy

    asked = build_model(model)
    if asked is None:
        raise ModelNotFound(f"no model for {model!r} on this machine", "use --model bundled")
    if world == "rich":
        rows = answer_accuracy.measure(asked, seed, clips)
        if as_json:
            print_json(rows)
        else:
            echo(f"model {asked.limits.identity}, seed {seed}, rich world")
            echo_lines(answer_accuracy.as_table(rows))
        return
    report = measure(asked, seed, clips)
    if as_json:
        print_json(report.as_json())
    else:
        echo(f"model {asked.limits.identity}, seed {seed}")
        echo_lines(report.as_table())


@command.command("sampling")
@click.option("--model", default="bundled", show_default=True, help="A model by name or path.")
@click.option("--seed", default=1, show_default=True, help="Which unseen films are drawn.")
@click.option("--grain", default=3.0, show_default=True, help="Noise, in levels of 255.")
@click.option("--films", default=2, show_default=True, help="Films of each kind, a minute each.")
@json_option
def sampling(model: str, seed: int, films: int, grain: float, as_json: bool) -> None:
    """Adaptive sampling against uniform at every rate, on films half of them still, half fast."""
    from vidindex.bench.sampling import compare

    rows = compare(model, seed, films, grain)
    if as_json:
        print_json(rows)
        return
    print_table(
        ["policy", "tokens", "IoU still", "IoU fast", "IoU", "right still", "right fast", "right"],
        [
            [
                row.policy,
                str(row.tokens),
                *(f"{one.mean_iou:.3f}" for one in (row.still, row.fast, row.both)),
                *(f"{one.right:.3f}" for one in (row.still, row.fast, row.both)),
            ]
            for row in rows
        ],
    )


@command.command("search")
@click.option("--model", default="bundled", show_default=True, help="A model by name or path.")
@click.option("--seed", default=1, show_default=True, help="Which unseen library is drawn.")
@click.option("--reels", default=30, show_default=True, help="Files, of three cameras.")
@click.option("--reel-seconds", default=125.0, show_default=True, help="Length of each file.")
@click.option("--present", default=240, show_default=True, help="Searches for what is shown.")
@click.option("--absent", default=500, show_default=True, help="Searches for what is not.")
@click.option("--keep", type=click.Path(path_type=Path), help="Leave footage and library here.")
@click.option("-q", "--quiet", is_flag=True, help="No progress.")
@json_option
def search(
    model: str,
    seed: int,
    reels: int,
    reel_seconds: float,
    present: int,
    absent: int,
    keep: Path | None,
    quiet: bool,
    as_json: bool,
) -> None:
    """How often search is right, wrong and silent, whole and without each of its steps.

    Makes a library of known truth, calibrates on part of the searches, reports on others.
    The rates hold for generated clips only; `vidindex calibrate` measures yours.
    """
    from vidindex.bench.search.benchmark import Size, run

    size = Size(reels, reel_seconds, present, absent)
    with ExitStack() as stack:
        folder = keep or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        report = run(folder, model, seed, size, TerminalProgress(quiet=quiet))
    if as_json:
        print_json(report)
    else:
        _print_search(report)


def _print_search(report: "Report") -> None:
    echo(
        f"seed {report.seed}: {report.num_files} files, {report.duration_s / 60:.1f} min, "
        f"{report.num_events} events; {report.calibration.judge}"
    )
    for depth, rates in report.calibration.measured.items():
        echo(
            f"{depth}: {rates.line(report.calibration.measured_at)} "
            f"({rates.not_retrieved:.1%} not retrieved); {rates.unsure:.1%} of absent only unsure; "
            f"ECE {rates.expected_error:.3f} ({rates.expected_error_shown:.3f} of what is shown), "
            f"Brier {rates.brier:.3f}"
        )
    echo("")
    print_table(
        [
            "search",
            "R1@0.5",
            "R1@0.7",
            "mIoU",
            "misses",
            "false alarms",
            "at equal recall",
            "edge s",
        ],
        [
            [
                name,
                f"{one.recall_at_5:.3f}",
                f"{one.recall_at_7:.3f}",
                f"{one.mean_iou:.3f}",
                f"{one.misses:.3f}",
                f"{one.false_alarms:.3f}",
                "never" if one.at_equal_recall is None else f"{one.at_equal_recall:.3f}",
                f"{one.edge_error_s:.2f}",
            ]
            for name, one in report.systems.items()
        ],
    )
    echo("")
    print_table(
        ["absent because of", "searches", "false alarms"],
        [[kind, str(n), f"{share:.3f}"] for kind, (n, share) in report.by_kind.items()],
    )
    echo("")
    print_table(
        ["candidates", "checked", "verified"],
        [[kind, str(n), f"{share:.3f}"] for kind, (n, share) in report.candidates.items()],
    )
    spent = ", ".join(f"{step} {seconds:.0f}" for step, seconds in report.seconds.items())
    echo(f"one sampling interval is {report.interval_s:g} s; seconds: {spent}")
