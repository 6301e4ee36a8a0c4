"""`vidindex export`: event timelines for people, programs and editing software."""

from datetime import datetime, time
from pathlib import Path
from typing import Any

import click

from vidindex.cli.options import WallTime, library_option, path_map_option
from vidindex.cli.output.echo import echo
from vidindex.types import Filters


@click.command("export")
@click.argument("videos", nargs=-1)
@library_option
@click.option(
    "--format",
    "format_name",
    help="html (a page with pictures); json, jsonl, csv; srt, vtt; chapters (YouTube), ffmetadata; "
    "otio, fcpxml, fcp7xml (Premiere), edl (CMX3600), resolve-markers. Without it the suffix of "
    "-o says: .edl is edl, .xml is fcp7xml, .txt is chapters.",
)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    help="A file, or a folder (one file per video); without it, or as -, standard output.",
)
@click.option(
    "--recording", is_flag=True, help="The whole recordings that VIDEOS are part of, end to end."
)
@click.option(
    "--camera",
    help="All of one camera by wall clock: the timeline shows the time of day, and where "
    "nothing was recorded there is a gap.",
)
@click.option(
    "days",
    "--day",
    multiple=True,
    type=click.DateTime(["%Y-%m-%d"]),
    help="With --camera: only this day, YYYY-MM-DD.",
)
@click.option("--since", type=WallTime(hours=True), help="With --camera: not before.")
@click.option("--until", type=WallTime(hours=True), help="With --camera: not after.")
@click.option("--marks", is_flag=True, help="What was kept with `vidindex mark`, clip by clip.")
@click.option("label_set", "--set", help="With --marks: only this set.")
@click.option(
    "channels",
    "--channel",
    multiple=True,
    type=click.Choice(["caption", "screen", "subtitle", "speech", "clock"]),
    help="Only events of this kind.",
)
@path_map_option
@click.option(
    "--clock",
    type=click.Choice(["wall", "source"]),
    help="Begin every text with the wall clock or the source timecode. The times of subtitles "
    "and chapters are media time, by what these formats are; JSON and CSV hold all three "
    "clocks; editing formats count in source timecode.",
)
def command(
    videos: tuple[str, ...],
    library: Path,
    format_name: str | None,
    output: Path | None,
    recording: bool,
    camera: str | None,
    days: tuple[datetime, ...],
    since: datetime | time | None,
    until: datetime | time | None,
    marks: bool,
    label_set: str | None,
    channels: tuple[Any, ...],
    path_maps: tuple[str, ...],
    clock: Any,
) -> None:
    """Write the timelines of VIDEOS (paths, names, globs or ids; all without one).

    In editing formats every file is a clip, every event a marker on it, and a proxy is
    replaced by its original. Subtitles and chapters are of one video: give a folder with -o
    for several.

    All videos as jsonl, in one file, are the whole library with all that was paid for, marks
    and holds: `vidindex import` restores it.
    """
    from pipelines.export.timelines import Timelines
    from vidindex.app import open_library
    from vidindex.cli.output.audit import log
    from vidindex.cli.output.progress import TerminalProgress
    from vidindex.core.formatting.path_maps import parse_path_map

    output = None if str(output) == "-" else output
    if camera is None and (days or since or until):
        raise click.UsageError("--day, --since and --until go with --camera")
    if camera and (videos or recording):
        raise click.UsageError("--camera takes all of a camera: leave VIDEOS and --recording out")
    if marks and (videos or recording or camera):
        raise click.UsageError("--marks takes what was kept: leave VIDEOS and --camera out")
    if label_set is not None and not marks:
        raise click.UsageError("--set goes with --marks")
    maps = [parse_path_map(text) for text in path_maps]
    with open_library(library, write=False) as app:
        timelines = Timelines(app.library, channels)
        if not (videos or camera or marks or recording or channels):
            timeline = None
        elif camera:
            dates = tuple(day.date() for day in days)
            wanted = app.narrowed(Filters(cameras=(camera,), days=dates), since, until)
            timeline = timelines.of_camera(wanted)
        elif marks:
            timeline = timelines.of_marks(app.kept(label_set), label_set or "marks")
        else:
            timeline = (timelines.of_recordings if recording else timelines.of_videos)(videos)
        ids = [one.video.video_id for one in timeline.videos] if timeline else "all"
        log(app, "export", format=format_name, of="marks" if marks else "video", which=ids)
        written = app.export(
            output,
            timeline=timeline,
            format_name=format_name,
            path_maps=maps,
            clock=clock,
            progress=TerminalProgress(),
        )
    for path in written:
        echo(f"wrote {path}", err=True)
