"""`vidindex transcript`: what is said in a video, to read, to save, and to correct."""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

import click

from vidindex.cli.options import embedder_option, library_option
from vidindex.cli.output.echo import echo_lines
from vidindex.errors import InputError

if TYPE_CHECKING:
    from vidindex.app import App
    from vidindex.app.transcripts import TranscriptFormat
    from vidindex.settings import Embedding


@click.command("transcript")
@click.argument("file")
@click.option(
    "--format",
    "written_as",
    type=click.Choice(["text", "srt", "vtt", "json"]),
    default="text",
    show_default=True,
    help="json has the times of all words.",
)
@click.option(
    "--correct",
    "correction",
    type=(click.IntRange(min=1), str),
    metavar="NUMBER TEXT",
    help="Replace line NUMBER, counted from 1, by TEXT. It is kept in later ingests.",
)
@click.option(
    "-o", "--output", type=click.Path(path_type=Path, dir_okay=False), help="Write to this file."
)
@library_option
@embedder_option
def command(
    file: str,
    written_as: "TranscriptFormat",
    correction: tuple[int, str] | None,
    output: Path | None,
    library: Path,
    embedder: "Embedding",
) -> None:
    """Show what is said in FILE, line by line, as `vidindex ingest --speech` transcribed it."""
    from pipelines.atomic_write import write_whole
    from vidindex.app import Settings, open_library

    settings = Settings(model="none", embedder=embedder)
    with open_library(library, settings, write=correction is not None) as app:
        video_id = _one_video(app, file)
        if correction:
            _correct(app, video_id, *correction)
        text = app.transcript_text(video_id, written_as)
    if not text.strip():
        raise InputError(
            f"nothing spoken is known of {file}", "transcribe it: vidindex ingest --speech"
        )
    if output is None:
        echo_lines(text.rstrip("\n"))
    else:
        write_whole(output, partial(_write, text))


def _write(text: str, stream: TextIO) -> None:
    stream.write(text)


def _one_video(app: "App", name: str) -> str:
    found = app.find([name])
    if len(found) != 1:
        raise InputError(f"{len(found)} videos are called {name!r}", "name one of them by its path")
    return next(iter(found))


def _correct(app: "App", video_id: str, number: int, text: str) -> None:
    lines = app.transcript(video_id)
    if number > len(lines):
        raise InputError(f"there is no line {number}, of {len(lines)}", "lines count from 1")
    app.correct_line(lines[number - 1].event_id, text)
