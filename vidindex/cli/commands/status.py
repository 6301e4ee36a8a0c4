"""`vidindex status`: what is indexed, what failed, what is left to do."""

from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import click

from vidindex.cli.options import json_option, library_option
from vidindex.cli.output.echo import echo
from vidindex.cli.output.run import run_lines, state
from vidindex.cli.output.tables import print_json

if TYPE_CHECKING:
    from store.progress_file import Doing
    from store.tables.runs import Run


class RunNumber(click.ParamType[Any, Any]):
    """The number of a run, or "last"."""

    name = "number"

    def convert(self, value: Any, param: Any, ctx: Any) -> Any:
        if value == "last" or isinstance(value, int):
            return value
        if not str(value).isdigit():
            self.fail(f"{value!r} is not a run number", param, ctx)
        return int(value)


@click.command("status")
@library_option
@click.option(
    "--run",
    type=RunNumber(),
    is_flag=False,
    flag_value="last",
    help="All that is known of the last run, or of the one with this NUMBER: where the time "
    "went, sizes of the model's calls against its limits, latencies, replies cut or refused.",
)
@json_option
def command(library: Path, run: "Literal['last'] | int | None", as_json: bool) -> None:
    """Show what the library holds, every file that failed and why, and the last run."""
    from vidindex.app import open_library
    from vidindex.core.formatting.counts import counted
    from vidindex.core.formatting.terminal import coverage_line, format_wall

    with open_library(library, write=False) as app:
        if run is not None:
            chosen = app.run(None if run == "last" else run)
            _print_run(chosen, app.doing(), as_json=as_json)
            return
        status = app.status()
    if as_json:
        print_json(status)
        return
    echo(f"library  {status.library}")
    echo(f"covers   {coverage_line(status.coverage)}")
    echo("events   " + ", ".join(f"{n} {channel}" for channel, n in status.events.items()))
    echo(f"text     {_text_model(status.text_model)}")
    if status.picture_model:
        echo(f"frames   {status.frames:,} of {status.picture_model}")
    if status.scanned_before:
        videos = counted(status.scanned_before, "video")
        echo(f"older    {videos} scanned by an older release; read again: vidindex ingest FOLDER")
    if status.embedder:
        echo(f"meaning  asked in {status.languages} ({status.embedder}); words in any language")
    for failure in status.failures:
        echo(f"failed   {failure.location.path} ({failure.stage}): {failure.message}")
    if status.last_run:
        last = status.last_run
        spent = "".join(f", {stage} {s:.1f} s" for stage, s in last.seconds.items() if s >= 0.05)
        began = format_wall(last.started_at.astimezone())
        echo(f"last run {last.command} {began}, {state(last, status.doing)}{spent}")


def _text_model(path: str | None) -> str:
    """What reads on-screen text in this library, and which scripts it knows."""
    from vidindex.diagnostics.machine import scripts_read
    from vidindex.errors import VidindexError

    try:
        return f"{path or 'the bundled model'} {scripts_read(path)}"
    except VidindexError as error:
        return str(error)


def _print_run(run: "Run", doing: "Doing | None", *, as_json: bool) -> None:
    if as_json:
        print_json(run)
        return
    for line in run_lines(run, doing):
        echo(line)
