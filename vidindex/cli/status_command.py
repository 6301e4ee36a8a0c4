"""`vidindex status`: what is indexed, what failed, what is left to do."""

from pathlib import Path

import click

from vidindex.cli.options import json_option, library_option
from vidindex.cli.output import print_json


@click.command("status")
@library_option
@json_option
def command(library: Path, as_json: bool) -> None:
    """Show what the library holds, every file that failed and why, and the last run."""
    from vidindex.app import open_library
    from vidindex.display import coverage_line

    with open_library(library, write=False) as app:
        status = app.status()
    if as_json:
        print_json(status)
        return
    click.echo(f"library  {status.library}")
    click.echo(f"covers   {coverage_line(status.coverage)}")
    click.echo("events   " + ", ".join(f"{n} {channel}" for channel, n in status.events.items()))
    for failure in status.failures:
        click.echo(f"failed   {failure.place.path} ({failure.stage}): {failure.message}")
    if status.last_run:
        run = status.last_run
        ended = "interrupted" if run.finished_at is None else f"ended {run.finished_at:%H:%M}"
        seconds = ", ".join(f"{stage} {s:.1f} s" for stage, s in run.seconds.items() if s >= 0.05)
        click.echo(f"last run {run.command} {run.started_at:%Y-%m-%d %H:%M}, {ended}; {seconds}")
