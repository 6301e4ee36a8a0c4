"""Options and argument types that several commands share; knows no command."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

import click

from vidindex.config import default_library
from vidindex.errors import InputError
from vidindex.times import parse_time

F = TypeVar("F", bound=Callable[..., Any])


class MediaTime(click.ParamType[Any, Any]):
    """A time as people write it: 90, 01:30 or 00:01:30.5."""

    name = "time"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        if isinstance(value, float):
            return value
        try:
            return parse_time(str(value))
        except InputError as error:
            self.fail(str(error), param, ctx)


class ClockTime(click.ParamType[Any, Any]):
    """An hour of the day, HH:MM; the next one that comes."""

    name = "HH:MM"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        try:
            return datetime.strptime(str(value), "%H:%M").time()
        except ValueError:
            self.fail(f"{value!r} is no hour of the day; write it as 07:00", param, ctx)


class Duration(click.ParamType[Any, Any]):
    """A length of time: 90s, 45m, 2h, 1h30m; a bare number is seconds."""

    name = "duration"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        return MediaTime().convert(value, param, ctx)


def model_option(function: F) -> F:
    """`--model`: which Qwen2.5-VL looks at the frames."""
    return click.option(
        "--model",
        envvar="VIDINDEX_MODEL",
        default="auto",
        show_default=True,
        help="A Qwen2.5-VL by name or path; auto: one that is on this machine and fits it; "
        "bundled: the small one for trying things out; none: text channels only (environment: "
        "VIDINDEX_MODEL).",
    )(function)


def policy_option(function: F) -> F:
    """`--policy`: how frames are sampled for the model."""
    return click.option(
        "--policy",
        type=click.Choice(["adaptive", "uniform"]),
        default="adaptive",
        show_default=True,
        help="How frames are sampled for the model: more where more moves, or evenly.",
    )(function)


def library_option(function: F) -> F:
    """`--library`, else VIDINDEX_LIBRARY, else the platform's data folder."""
    return click.option(
        "--library",
        type=click.Path(path_type=Path, file_okay=False),
        envvar="VIDINDEX_LIBRARY",
        default=default_library,
        show_default="the platform's data folder",
        help="The library directory (environment: VIDINDEX_LIBRARY).",
    )(function)


def json_option(function: F) -> F:
    """`--json` for machines."""
    return click.option("as_json", "--json", is_flag=True, help="Print JSON for machines.")(
        function
    )


def filter_options(function: F) -> F:
    """What may be found: files, cameras, days, a stretch of media time, channels."""
    options = [
        click.option("globs", "--file", multiple=True, help="Only files that match this GLOB."),
        click.option("cameras", "--camera", multiple=True, help="Only this camera."),
        click.option(
            "days",
            "--day",
            multiple=True,
            type=click.DateTime(["%Y-%m-%d"]),
            help="Only recordings of this day, YYYY-MM-DD.",
        ),
        click.option("start_s", "--start", type=MediaTime(), help="Not before this media time."),
        click.option("end_s", "--end", type=MediaTime(), help="Not after this media time."),
        click.option(
            "channels",
            "--channel",
            multiple=True,
            type=click.Choice(["caption", "screen", "subtitle", "speech", "clock"]),
            help="Only texts of this kind.",
        ),
    ]
    for option in reversed(options):
        function = option(function)
    return function
