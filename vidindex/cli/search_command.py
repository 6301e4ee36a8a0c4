"""`vidindex search`: moments in plain words, checked against fresh frames."""

from datetime import datetime
from pathlib import Path
from typing import Any

import click

from vidindex.cli.main import EXIT_DONE, EXIT_NOTHING_FOUND, EXIT_UNSURE
from vidindex.cli.options import filter_options, json_option, library_option, model_option
from vidindex.cli.output import print_json
from vidindex.types import Filters, Moment, Query, SearchResult


@click.command("search")
@click.argument("words", nargs=-1, required=True)
@library_option
@model_option
@filter_options
@click.option("-k", "--limit", default=10, show_default=True, help="At most this many moments.")
@click.option("--thorough", is_flag=True, help="Check more candidates.")
@click.option("--no-verify", is_flag=True, help="Show candidates without checking them.")
@click.option("--rejected", is_flag=True, help="Show what was checked and rejected, too.")
@json_option
def command(
    words: tuple[str, ...],
    library: Path,
    model: str,
    limit: int,
    thorough: bool,
    no_verify: bool,
    rejected: bool,
    as_json: bool,
    **filters: Any,
) -> int:
    """Find moments that match WORDS: what was seen, read on screen, or said.

    A clock time such as 01:23 finds the moment at which a burned-in clock shows it.
    Marks: ✓ verified against the frames, ? unsure, · not checked, ✗ rejected.
    """
    from vidindex.app import Settings, open_library

    query = Query(" ".join(words), _filters(**filters), limit)
    with open_library(library, Settings(model=model), write=False) as app:
        result = app.search(query, verify=not no_verify, thorough=thorough)
    for note in result.notes:
        click.echo(f"note: {note}", err=True)
    if as_json:
        print_json(result)
    else:
        _print(result, show_rejected=rejected)
    return exit_code(result)


def exit_code(result: SearchResult) -> int:
    """0 verified or unchecked hits, 3 nothing found, 4 only unsure ones."""
    answers = {moment.verdict.answer for moment in result.moments}
    if not answers:
        return EXIT_NOTHING_FOUND
    return EXIT_UNSURE if answers == {"unsure"} else EXIT_DONE


def _filters(
    globs: tuple[str, ...],
    cameras: tuple[str, ...],
    days: tuple[datetime, ...],
    start_s: float | None,
    end_s: float | None,
    channels: tuple[Any, ...],
) -> Filters:
    return Filters(globs, start_s, end_s, cameras, tuple(day.date() for day in days), channels)


def _print(result: SearchResult, *, show_rejected: bool) -> None:
    _print_moments(result.moments)
    if not result.moments:
        click.echo(f"nothing found for {result.query.text!r}")
    if show_rejected and result.rejected:
        click.echo("looked at and rejected:")
        _print_moments(result.rejected)
    from vidindex.display import coverage_line

    click.echo(coverage_line(result.coverage))


def _print_moments(moments: tuple[Moment, ...]) -> None:
    from vidindex.display import hit_line

    for rank, moment in enumerate(moments, start=1):
        click.echo(hit_line(rank, moment))
