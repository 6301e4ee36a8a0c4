"""`vidindex export`: event timelines for people and programs."""

from pathlib import Path

import click

from vidindex.cli.options import library_option


@click.command("export")
@click.argument("videos", nargs=-1)
@library_option
@click.option("--format", "format_name", help="json, jsonl, csv, srt or vtt; else by the suffix.")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    help="A file, or a folder (one file per video); without it, standard output.",
)
def command(
    videos: tuple[str, ...], library: Path, format_name: str | None, output: Path | None
) -> None:
    """Write the timelines of VIDEOS (paths, names, globs or ids; all without one).

    SRT and VTT hold one video each: give a folder with -o for several.
    """
    from vidindex.app import open_library

    with open_library(library, write=False) as app:
        written = app.export(output, videos=videos, format_name=format_name)
    for path in written:
        click.echo(f"wrote {path}", err=True)
