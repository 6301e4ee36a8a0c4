"""`vidindex clip`: hits as files of their own, cut exactly and checked."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from vidindex.cli.main import EXIT_DONE, EXIT_SOME_FAILED
from vidindex.cli.options import Duration, json_option, library_option
from vidindex.cli.output.echo import echo
from vidindex.cli.output.tables import print_json

if TYPE_CHECKING:
    from vidindex.types.clip import Clip


@click.command("clip")
@click.argument("hits", nargs=-1, required=True, metavar="HIT...")
@library_option
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    required=True,
    metavar="FILE_OR_FOLDER",
    help="A file for one HIT or a --reel (clip.mp4), else a folder.",
)
@click.option(
    "--copy",
    is_flag=True,
    help="Copy the streams instead of encoding: fast, and from the keyframe before HIT on; says "
    "what the clip truly shows.",
)
@click.option(
    "--handles",
    "handles_s",
    type=Duration(),
    default=0.0,
    metavar="DURATION",
    help="This much more before and after each HIT: 2s.",
)
@click.option("--reel", is_flag=True, help="All HITs after each other in one file, as chapters.")
@click.option(
    "--burn-in",
    is_flag=True,
    help="Write each frame's time into the picture: media time, and wall clock and source "
    "timecode where they are known.",
)
@click.option("--force", is_flag=True, help="Overwrite clips that are there already.")
@json_option
def command(
    hits: tuple[str, ...],
    library: Path,
    output: Path,
    copy: bool,
    handles_s: float,
    reel: bool,
    burn_in: bool,
    force: bool,
    as_json: bool,
) -> int:
    """Cut HITs out of their files.

    HIT is a number in the last answer (3), some of them (1-3), all, or a stretch of a file
    (film.mp4@01:23-01:40). A clip begins with the frame on screen at HIT's start and lasts as
    long as HIT, with all its sound, re-encoded (H.264, AAC); subtitles are left out. Length,
    first and last picture are checked against the source; a clip that fails is not kept.
    """
    from vidindex.app import Settings, open_library
    from vidindex.cli.output.audit import log_hits
    from vidindex.cli.output.progress import TerminalProgress

    with open_library(library, Settings(model="none"), write=False) as app:
        log_hits(app, "mp4", hits)
        made = app.clip(
            hits,
            output,
            copy=copy,
            handles_s=handles_s,
            reel=reel,
            burn_in=burn_in,
            force=force,
            progress=TerminalProgress(),
        )
    if as_json:
        print_json({"clips": made})
    else:
        for clip in made:
            echo(_line(clip, reel=reel))
    return EXIT_SOME_FAILED if any(clip.problem for clip in made) else EXIT_DONE


def _line(clip: "Clip", *, reel: bool) -> str:
    """`hits/01_film.mp4  film.mp4  00:02:15.200 – 00:02:45.000`; of a reel, from where on."""
    from vidindex.core.formatting.terminal import one_line
    from vidindex.core.formatting.time_format import format_time

    if clip.path is None or clip.holds is None:
        return f"no clip: {one_line(clip.name)}: {one_line(clip.problem)}"
    start, end = (format_time(at, 3) for at in (clip.holds.start_s, clip.holds.end_s))
    location = format_time(clip.begins_s, 3) if reel else str(clip.path)
    notes = [*clip.notes]
    if clip.holds != clip.span:
        asked = (format_time(at, 3) for at in (clip.span.start_s, clip.span.end_s))
        notes.insert(0, f"asked for {' – '.join(asked)}")
    behind = f"  ({'; '.join(map(one_line, notes))})" if notes else ""
    return f"{one_line(location)}  {one_line(clip.name)}  {start} – {end}{behind}"
