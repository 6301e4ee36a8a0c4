"""`vidindex plan`: what an ingest would cost, before anything is spent."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from vidindex.cli.main import EXIT_DONE, EXIT_SOME_FAILED
from vidindex.cli.options import (
    backend_option,
    frames_option,
    json_option,
    model_option,
    policy_option,
)
from vidindex.cli.output.progress import TerminalProgress
from vidindex.cli.output.tables import print_json

if TYPE_CHECKING:
    from vidindex.core.sampling.planner import Policy
    from vidindex.settings import Backend


@click.command("plan")
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
@model_option
@backend_option
@frames_option
@policy_option
@click.option("--chunks", is_flag=True, help="Show every chunk of every file.")
@click.option("-q", "--quiet", is_flag=True, help="No progress.")
@json_option
def command(
    paths: tuple[Path, ...],
    model: str,
    backend: "Backend",
    frames: str,
    policy: "Policy",
    chunks: bool,
    quiet: bool,
    as_json: bool,
) -> int:
    """Print the frame plan of PATHS and its cost: hours, chunks, frames, tokens, disk.

    Reads packets and at most one keyframe a second; asks no model and writes nothing.
    """
    from vidindex.app import Settings, plan

    progress = TerminalProgress(quiet=quiet or as_json)
    settings = Settings(model=model, backend=backend, frames=frames, policy=policy)
    result = plan(paths, settings, progress)
    if as_json:
        print_json(result)
    else:
        from vidindex.cli.output.plan import print_plan

        print_plan(result, show_chunks=chunks)
    return EXIT_SOME_FAILED if result.failures else EXIT_DONE
