"""`vidindex search`: moments in plain words, checked against fresh frames."""

import itertools
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from vidindex.cli.main import EXIT_CODES
from vidindex.cli.options import (
    backend_option,
    embedder_option,
    filter_options,
    json_option,
    library_option,
    model_option,
    path_map_option,
    read_filters,
)
from vidindex.cli.output.echo import echo
from vidindex.cli.output.progress import TerminalProgress
from vidindex.cli.output.tables import print_json
from vidindex.core.retrieval.query_rewrite import require_short
from vidindex.core.retrieval.regions import parse_region
from vidindex.errors import InputError
from vidindex.types import Moment, Query, SearchResult

if TYPE_CHECKING:
    from pipelines.search.examples import EmbeddedExample
    from vidindex.app import App
    from vidindex.settings import Backend, Embedding


@click.command("search")
@click.argument("words", nargs=-1)
@filter_options
@click.option("-k", "--limit", default=10, show_default=True, help="At most this many moments.")
@click.option(
    "--like",
    multiple=True,
    metavar="FILE@TIME",
    help="Search by what this moment (film.mp4@01:23), or this picture file, looks like; may be "
    "repeated. WORDS beside it say how what is looked for differs. Vectors of frames are compared, "
    "and nothing is checked; where frames have none, the model describes the example.",
)
@click.option(
    "--region",
    multiple=True,
    metavar="X,Y,W,H",
    help="Only this part of the example: shares of the picture where all four are up to 1, else "
    "pixels; whole: all of it. As many as --like, in the same order.",
)
@click.option(
    "--words-weight",
    type=float,
    default=1.0,
    show_default=True,
    help="What the vector of WORDS is multiplied with before it is added to that of the examples "
    "(the mean of their vectors).",
)
@click.option("--thorough", is_flag=True, help="Check more candidates.")
@click.option("--no-verify", is_flag=True, help="Show candidates without checking them.")
@click.option(
    "--max-false-alarms",
    type=float,
    help="Of searches for something absent, at most this share may show a verified hit "
    "(needs: vidindex calibrate).",
)
@click.option(
    "--second-opinion",
    metavar="MODEL",
    help="Ask a reasoning model, such as VL-Rethinker, about what the first lets pass; slow.",
)
@click.option("--rejected", is_flag=True, help="Show what was checked and rejected, too.")
@click.option(
    "--save",
    type=click.Path(path_type=Path, file_okay=False),
    help="Save a picture of each hit in this folder.",
)
@click.option("--box", is_flag=True, help="Outline what was asked for in the pictures.")
@click.option(
    "--report",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write a printable sheet (HTML) of what was found, or not, with its evidence.",
)
@click.option(
    "--export",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write the hits as a timeline: hits.fcpxml, .otio, .edl, .xml (Premiere), .csv, ...",
)
@path_map_option
@library_option
@model_option
@embedder_option
@backend_option
@json_option
def command(
    words: tuple[str, ...],
    library: Path,
    model: str,
    embedder: "Embedding",
    backend: "Backend",
    limit: int,
    like: tuple[str, ...],
    region: tuple[str, ...],
    words_weight: float,
    thorough: bool,
    no_verify: bool,
    max_false_alarms: float | None,
    second_opinion: str | None,
    rejected: bool,
    save: Path | None,
    box: bool,
    report: Path | None,
    export: Path | None,
    path_maps: tuple[str, ...],
    as_json: bool,
    **filters: Any,
) -> int:
    """Find moments that match WORDS: what was seen, read on screen, or spoken.

    A clock time such as 01:23 finds the moment at which a burned-in clock shows it.
    Marks: ✓ verified against the frames, ? unsure, · not checked, ✗ rejected. A number such
    as 0.93 is a score; once the model is calibrated, 93% is the chance that the hit is right.
    Where no hit is left, the nearest stretches of footage are shown to the model.

    Exit codes: 0 found, 3 not there (all was looked at, or misses are calibrated), 4 not found
    in what was looked at, or unsure, 5 nothing was looked at.
    """
    from vidindex.app import Settings, open_library
    from vidindex.cli.output.audit import log

    if not "".join(words).strip() and not like:
        raise InputError("a search wants words, or --like", "say what to look for")
    require_short(" ".join(words))
    if region and len(region) != len(like):
        raise InputError(
            f"{len(region)} regions of {len(like)} examples",
            "give one --region for each --like; whole is all of a picture",
        )
    if box and not (save or report):
        raise InputError("--box draws in pictures, and none are written", "add --save or --report")
    progress = TerminalProgress()
    with open_library(
        library, Settings(model=model, embedder=embedder, backend=backend), write=False
    ) as app:
        filtered = read_filters(app, **filters)
        query, examples = _asked(app, words, like, region)
        query = replace(query, filters=filtered, limit=limit, words_weight=words_weight)
        asked = replace(query, like=tuple(one.example for one in examples)).without_names
        log(app, "search", query=asked, thorough=thorough, verify=not (no_verify or examples))
        result = app.search(
            query,
            like=examples,
            verify=not no_verify,
            thorough=thorough,
            max_false_alarms=max_false_alarms,
            second_opinion=second_opinion,
        )
        log(app, "found", results=len(result.moments), ended="done")
        if export or save or report:
            ids = sorted({moment.video_id for moment in result.moments})
            log(app, "export", format=_written(save, report, export), of="search", which=ids)
        saved = app.save_pictures(result, save, box=box, progress=progress) if save else []
        if report:
            saved.append(app.report(result, report, box=box, progress=progress))
        if export and result.moments:
            saved += app.export_hits(result, export, path_maps=path_maps, progress=progress)
    for note in result.notes:
        echo(f"note: {note}", err=True)
    if as_json:
        print_json(result)
    else:
        _print(result, show_rejected=rejected)
    for path in saved:
        echo(f"wrote {path}", err=as_json)
    return EXIT_CODES[result.conclusion.kind]


def _written(save: Path | None, report: Path | None, export: Path | None) -> list[str]:
    """What is made of the hits, as the audit log has it: no names of files."""
    kind = export.suffix.lstrip(".") if export else ""
    return [name for name in ("pictures" * bool(save), "html" * bool(report), kind) if name]


def _asked(
    app: "App", words: tuple[str, ...], like: tuple[str, ...], region: tuple[str, ...]
) -> "tuple[Query, list[EmbeddedExample]]":
    """The words and the examples to compare with frames; without these, what the example shows."""
    text = " ".join(words).strip()
    if not like or app.has_frames:
        regions = [None if one == "whole" else parse_region(one) for one in region]
        pairs = itertools.zip_longest(like, regions)
        return Query(text), [app.example(one, part) for one, part in pairs]
    if text or region or len(like) > 1:
        raise InputError(
            "no frame of this library has a vector: then --like is one moment or picture, whole, "
            "that the model describes, and there are no words beside it",
            "run: vidindex ingest --frames auto",
        )
    described = app.like(like[0])
    echo(f"looking for: {described}", err=True)
    return Query(described), []


def _print(result: SearchResult, *, show_rejected: bool) -> None:
    _print_moments(result.moments)
    if not result.moments:
        echo(f"{result.conclusion.kind}: {result.conclusion.sentence}")
    if show_rejected and result.rejected:
        echo("looked at and rejected:")
        _print_moments(result.rejected)
    from vidindex.core.formatting.terminal import coverage_line

    echo(coverage_line(result.coverage))
    if result.standard.measured:
        echo(result.standard.measured)


def _print_moments(moments: tuple[Moment, ...]) -> None:
    from vidindex.core.formatting.terminal import hit_line

    for rank, moment in enumerate(moments, start=1):
        echo(hit_line(rank, moment))
