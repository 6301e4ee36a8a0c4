"""`vidindex cameras`: who filmed, in which zone, and how far each clock is off."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from vidindex.cli.options import MediaTime, WallTime, json_option, library_option
from vidindex.cli.output.echo import echo
from vidindex.cli.output.tables import print_json, print_table
from vidindex.core.formatting.time_format import format_duration
from vidindex.core.timing.wall_window import instant
from vidindex.errors import InputError

if TYPE_CHECKING:
    from pipelines.cameras import ListedCamera
    from vidindex.types import Camera

SECONDS_PER_DAY = 86_400


class SignedTime(click.ParamType[Any, Any]):
    """A time with a sign: 115, -90, +1m55s, -01:00:00."""

    name = "time"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        written = str(value).strip()
        sign = -1 if written.startswith("-") else 1
        return sign * MediaTime().convert(written.removeprefix("-").removeprefix("+"), param, ctx)


@click.group("cameras", invoke_without_command=True)
@library_option
@json_option
@click.pass_context
def command(context: click.Context, library: Path, as_json: bool) -> None:
    """List the cameras of a library: their files, hours, zones, and what their clocks are off.

    Cameras are known by the names of their files, and by what `vidindex cameras set` says.
    """
    context.obj = library
    if context.invoked_subcommand:
        return
    from vidindex.app import open_library

    with open_library(library, write=False) as app:
        cameras = app.cameras()
    if as_json:
        print_json(cameras)
    else:
        _print(cameras)


def _own_library(context: click.Context, _: click.Parameter, value: Path | None) -> Path:
    """`--library` may come before or after the subcommand."""
    return value or context.find_object(Path) or Path()


library_again = click.option(
    "--library",
    type=click.Path(path_type=Path, file_okay=False),
    callback=_own_library,
    help="The library directory, as for vidindex cameras.",
)


@command.command("set")
@click.argument("name")
@library_again
@click.option("--pattern", help="Files whose path or name fits this GLOB are of this camera.")
@click.option("--zone", help="Its time zone, e.g. Europe/Berlin.")
@click.option("--offset", type=SignedTime(), help="What to add to its clock: 115, 1m55s, -90.")
@click.option("--shows", type=WallTime(hours=True), help="What its clock showed, e.g. 14:00:05 …")
@click.option("--truth", type=WallTime(hours=True), help="… when it was, e.g. 14:02:00.")
@click.option("--drift", type=float, help="Seconds to add for each day since --drift-from.")
@click.option("--drift-from", type=WallTime(), help="When the offset was right.")
@click.option(
    "--speech/--no-speech",
    default=None,
    help="Transcribe its sound in every ingest, or in none, whatever the ingest says.",
)
@json_option
def set_(
    name: str,
    library: Path,
    pattern: str | None,
    zone: str | None,
    offset: float | None,
    shows: datetime | time | None,
    truth: datetime | time | None,
    drift: float | None,
    drift_from: datetime | None,
    speech: bool | None,
    as_json: bool,
) -> None:
    """Say what is known of camera NAME; what is not given stays as it was.

    \b
    Its clock was 115 seconds slow:  --offset 115, or --shows 14:00:05 --truth 14:02:00
    It loses 2 seconds a day more:   --drift 2 --drift-from "2024-03-01 14:02"
    Names that say no camera:        --pattern "gate/*"

    The pattern wins over what a file name says; of two patterns the longer one wins. The
    zone says how times in file names without one are read, what a day is, and how hours
    are shown; without it they are this machine's. Empty ("") takes a pattern or zone away.
    All of it holds at once, also for what is indexed already. Files that were dated by
    `vidindex ingest --recorded-at` are believed as they are.
    """
    from vidindex.app import open_library

    if shows is not None or truth is not None:
        offset = _offset_s(shows, truth)
    if drift_from is None and isinstance(truth, datetime):
        drift_from = truth
    with open_library(library) as app:
        camera = _with_names(app.camera(name), pattern, zone)
        camera = camera if speech is None else replace(camera, speech=speech)
        listed = app.set_camera(_with_clock(camera, offset, drift, drift_from))
    if as_json:
        print_json(listed)
    else:
        _print([listed])


@command.command("remove")
@click.argument("name")
@library_again
@json_option
def remove(name: str, library: Path, as_json: bool) -> None:
    """Delete what was entered for camera NAME; its files stay, by their own names and clocks."""
    from vidindex.app import open_library

    with open_library(library) as app:
        app.remove_camera(name)
    if as_json:
        print_json({"removed": name})
    else:
        echo(f"forgot what was said of camera {name}")


def _with_names(camera: "Camera", pattern: str | None, zone: str | None) -> "Camera":
    """An empty word takes away, None leaves as it was."""
    if pattern is not None:
        camera = replace(camera, pattern=pattern or None)
    return camera if zone is None else replace(camera, zone=zone or None)


def _with_clock(
    camera: "Camera", offset_s: float | None, drift: float | None, drift_from: datetime | None
) -> "Camera":
    """drift: in seconds a day, as people know it."""
    from vidindex.core.timing.wall_clock import zone_of

    if offset_s is not None:
        camera = replace(camera, offset_s=offset_s)
    if drift is not None:
        camera = replace(camera, drift=drift / SECONDS_PER_DAY)
    if drift_from is not None:
        camera = replace(camera, drift_from=instant(drift_from, zone_of(camera)))
    return camera


def _offset_s(shows: datetime | time | None, truth: datetime | time | None) -> float:
    """What to add to a clock that showed `shows` at `truth`; hours alone are at most 12 apart."""
    if isinstance(shows, time) and isinstance(truth, time):
        today = datetime.now().date()
        apart = datetime.combine(today, truth) - datetime.combine(today, shows)
        half_day = timedelta(hours=12)
        return ((apart + half_day) % (2 * half_day) - half_day).total_seconds()
    if isinstance(shows, datetime) and isinstance(truth, datetime):
        return (instant(truth) - instant(shows)).total_seconds()
    raise InputError("--shows and --truth go together", "write both alike: 14:00:05 and 14:02:00")


def _print(cameras: "Sequence[ListedCamera]") -> None:
    from vidindex.core.formatting.terminal import format_wall, one_line

    rows = [
        [
            one_line(each.camera.name),
            str(each.num_files),
            format_duration(each.duration_s),
            format_wall(each.first_at) if each.first_at else "",
            format_wall(each.last_at) if each.last_at else "",
            str(each.undated),
            each.camera.zone or "",
            _correction(each.camera),
            {None: "", True: "yes", False: "no"}[each.camera.speech],
            one_line(each.camera.pattern or ""),
        ]
        for each in cameras
    ]
    header = [
        "camera",
        "files",
        "length",
        "first",
        "last",
        "undated",
        "zone",
        "clock",
        "speech",
        "pattern",
    ]
    print_table(header, rows)


def _correction(camera: "Camera") -> str:
    """`+115 s, +2 s a day`: what is added to its clock."""
    parts = [f"{camera.offset_s:+g} s"] if camera.offset_s else []
    if camera.drift:
        parts.append(f"{camera.drift * SECONDS_PER_DAY:+g} s a day")
    return ", ".join(parts)
