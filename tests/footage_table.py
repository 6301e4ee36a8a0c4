"""Searches over real footage whose true times are known, as a table; also a command.

`python tests/footage_table.py FOLDER` ingests the whole folder without a vision model,
runs every search and prints what was found, with the seconds of each stage. The test of
the same name in `test_footage.py` holds the part that CI can afford.
"""

import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import click

from vidindex.app import App, Settings, open_library
from vidindex.cli.output.ingest import print_report
from vidindex.cli.output.progress import TerminalProgress
from vidindex.types import Filters, Query

CLOCK_FILM = "wpt_movie_300.mp4"
COMPOSITE = "composite_dev.mp4"
COMPOSITE_STARTS_S = {
    "pdvc_xukun.mp4": 272.32,
    CLOCK_FILM: 354.48,
    "moviepy_doc_example.mp4": 712.32,
}
"""Where the composite shows these films, whole and at their own speed."""


@dataclass(frozen=True, slots=True)
class Known:
    """`query` is to be found in `name` on screen at `time_s`, within `tolerance_s`."""

    query: str
    name: str
    time_s: float
    tolerance_s: float = 1.0


CLOCK_TIMES = (
    "00:07",
    "00:31",
    "00:59",
    "01:00",
    "01:48",
    "02:15",
    "02:42",
    "03:33",
    "04:04",
    "04:51",
)


def _seconds(clock: str) -> float:
    minutes, seconds = clock.split(":")
    return int(minutes) * 60.0 + int(seconds)


CI_TABLE = (
    Known("01:23", CLOCK_FILM, 83.0),
    *(Known(clock, CLOCK_FILM, _seconds(clock)) for clock in CLOCK_TIMES),
    Known("00:00:05:12", "moviepy_doc_example.mp4", 5.48),
    Known("00:00:12:00", "moviepy_doc_example.mp4", 12.0),
    Known("PTS = 1.5s", "pyscenedetect_counter.mp4", 1.5),
    Known("Frame = 25", "pyscenedetect_counter.mp4", 2.4),
    Known("练习时长两年半", "pdvc_xukun.mp4", 4.0),
    Known("篮球", "pdvc_xukun.mp4", 7.0),
    Known("迎面走来的你", "pdvc_xukun.mp4", 43.0),
    Known("今后的节目", "pdvc_xukun.mp4", 51.0),
)
FULL_TABLE = (
    *CI_TABLE,
    *(
        Known(one.query, COMPOSITE, COMPOSITE_STARTS_S[one.name] + one.time_s)
        for one in CI_TABLE
        if one.name in COMPOSITE_STARTS_S
    ),
)


def off_by_s(app: App, known: Known) -> float | None:
    """Seconds between the true time and the best hit in that file; None where none was found."""
    query = Query(known.query, Filters(globs=(known.name,)))
    moments = [m for m in app.search(query).moments if m.verdict.answer == "verified"]
    if not moments:
        return None
    span = moments[0].verdict.span
    return max(span.start_s - known.time_s, known.time_s - span.end_s, 0.0)


def print_results(app: App, table: Sequence[Known]) -> bool:
    """Print a line for each search; whether all were found in time."""
    right = 0
    for known in table:
        off_s = off_by_s(app, known)
        good = off_s is not None and off_s <= known.tolerance_s
        right += good
        found = "not found" if off_s is None else f"off by {off_s:.2f} s"
        place = f"{known.query:<16} {known.name:<28} {known.time_s:8.2f} s"
        click.echo(f"{'ok ' if good else 'BAD'} {place}  {found}")
    click.echo(f"{right} of {len(table)} found within their tolerance")
    return right == len(table)


def main(folder: Path) -> int:
    with tempfile.TemporaryDirectory() as place, open_library(place, Settings(model="none")) as app:
        print_report(app.ingest(folder, progress=TerminalProgress()))
        return 0 if print_results(app, FULL_TABLE) else 1


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
