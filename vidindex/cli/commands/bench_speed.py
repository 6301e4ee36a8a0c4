"""`vidindex bench decode`, `bookkeeping` and `cold`: time everything but the model."""

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import click

from vidindex.cli.options import json_option
from vidindex.cli.output.echo import echo
from vidindex.cli.output.tables import print_json, print_table

if TYPE_CHECKING:
    from vidindex.bench.speed.decode import Planned, Sampled
    from vidindex.bench.speed.file_to_frames import Prepared


@click.command("decode")
@click.option("--rounds", default=5, show_default=True, help="Rounds, of which the median counts.")
@click.option("--seconds", default=40, show_default=True, help="Length of each made file.")
@click.option("--file", "names", multiple=True, help="Only this of the made files (repeatable).")
@json_option
def decode_command(rounds: int, seconds: int, names: tuple[str, ...], as_json: bool) -> None:
    """Planning and sampling, on files of many codecs, against the usual ways of doing it.

    The files are made; every round runs every way once, and ratios are taken within a round.
    """
    from vidindex.bench.speed.decode import measure
    from vidindex.bench.speed.sample_files import RECORDINGS
    from vidindex.errors import InputError

    chosen = [one for one in RECORDINGS if not names or one.name in names]
    if not chosen:
        known = ", ".join(one.name for one in RECORDINGS)
        raise InputError(f"no such file among those made: {', '.join(names)}", f"one of {known}")
    figures = measure(chosen, seconds, rounds, lambda text: echo(text, err=True))
    if as_json:
        print_json(figures)
        return
    _print_planned(figures.planning)
    echo("")
    _print_sampled(figures.sampling)
    echo("")
    _print_prepared(figures.preparing)


def _print_planned(planned: "list[Planned]") -> None:
    print_table(
        ["planning", "x realtime", "to a bare decode of the same keyframes"],
        [[one.about, f"{one.speed:.0f}", one.ratio.line()] for one in planned],
    )


def _print_sampled(sampled: "list[Sampled]") -> None:
    ways = list(dict.fromkeys(way for one in sampled for way in one.ratios))
    print_table(
        ["sampling", "fps", "x realtime", "to the best other way", *(f"to {way}" for way in ways)],
        [
            [
                one.about,
                f"{one.sample_fps:g}",
                f"{one.speed:.0f}",
                f"{one.ratio.line()} {one.best}",
                *(f"{one.ratios[way].median:.2f}" if way in one.ratios else "-" for way in ways),
            ]
            for one in sampled
        ],
    )


def _print_prepared(prepared: "list[Prepared]") -> None:
    ways = list(prepared[0].seconds)
    print_table(
        ["file to frames", *(f"{way}, s (frames)" for way in ways)]
        + [f"ratio to {way}" for way in prepared[0].ratios],
        [
            [
                one.about,
                *(f"{one.seconds[way]:.2f} ({one.num_frames[way]})" for way in ways),
                *(ratio.line() for ratio in one.ratios.values()),
            ]
            for one in prepared
        ],
    )


@click.command("bookkeeping")
@click.option("--files", default=1000, show_default=True, help="New files.")
@click.option("--unchanged", default=100_000, show_default=True, help="Files of the rescan.")
@json_option
def bookkeeping_command(files: int, unchanged: int, as_json: bool) -> None:
    """What a new file, an event, unchanged files, `--help` and an unchecked search take.

    Nothing is decoded and no model looks at any frame; the text model is the real one.
    """
    from vidindex.bench.speed import bookkeeping, waiting

    books, wait = bookkeeping.measure(files, unchanged), waiting.measure()
    if as_json:
        print_json({"books": books, "waiting": wait})
        return
    print_table(
        ["what", "takes"],
        [
            [f"a new file (of {books.num_files:,})", f"{books.file_ms:.2f} ms"],
            ["an event of it, with words and vector", f"{books.event_ms:.3f} ms"],
            [f"a rescan of {books.num_unchanged:,} unchanged files", f"{books.rescan_s:.1f} s"],
            ["vidindex --help", f"{wait.help_ms.line(0)} ms"],
            [
                f"a warm search of {wait.num_events:,} events, not verified",
                f"{wait.search_ms.line(0)} ms",
            ],
        ],
    )


@click.command("cold")
@click.option("--rounds", default=5, show_default=True, help="Rounds, of which the median counts.")
@json_option
def cold_command(rounds: int, as_json: bool) -> None:
    """What a search typed in a shell takes, from the start of its process to its end.

    By words, clock and meaning without verification; with text read again in fresh frames; and
    with a caption looked at by the bundled model, which loads PyTorch.
    """
    from vidindex.bench import cold_search

    with tempfile.TemporaryDirectory() as folder:
        waited = cold_search.measure(Path(folder), rounds, lambda text: echo(text, err=True))
    if as_json:
        print_json(waited)
        return
    print_table(
        ["a search in a new process", "takes"],
        [[one.about, f"{one.seconds.line()} s"] for one in waited],
    )
