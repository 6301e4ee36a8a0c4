"""`vidindex prune`: erase the videos that a rule of retention meets."""

import re
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from vidindex.cli.confirm import confirmed, require_yes
from vidindex.cli.main import EXIT_DECLINED, EXIT_DONE
from vidindex.cli.options import json_option, library_option
from vidindex.cli.output.echo import echo
from vidindex.cli.output.tables import print_json
from vidindex.core.formatting.counts import counted
from vidindex.core.formatting.to_json import jsonable

if TYPE_CHECKING:
    from pipelines.retention import Prunable
    from store.library import Removal

_UNITS = {"h": "hours", "d": "days", "w": "weeks"}


class Age(click.ParamType[Any, Any]):
    """How long ago: 30d, 2w, 36h."""

    name = "age"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> timedelta:
        if isinstance(value, timedelta):
            return value
        match = re.fullmatch(r"(\d{1,5})([hdw])", str(value).strip().lower())
        if match is None:
            self.fail(f"{value!r} is not a valid age; write it as 30d, 2w or 36h", param, ctx)
        return timedelta(**{_UNITS[match[2]]: int(match[1])})


@click.command("prune")
@library_option
@click.option("--missing", is_flag=True, help="Videos whose files are gone from every location.")
@click.option("--older-than", type=Age(), help="Videos recorded longer ago than this: 30d, 2w.")
@click.option("--dry-run", is_flag=True, help="Show what would be erased, and erase nothing.")
@click.option("-y", "--yes", is_flag=True, help="Do not ask.")
@json_option
def command(
    library: Path,
    missing: bool,
    older_than: timedelta | None,
    dry_run: bool,
    yes: bool,
    as_json: bool,
) -> int:
    """Erase everything about videos that are gone or old, with all its traces.

    The footage itself is not touched. What is held (`vidindex hold`) is kept, and shown. Age
    counts from the end of the recording, by its camera's clock set right; where no one knows
    when it was recorded, from when its file was changed last. A video is missing once an ingest
    did not find it; where its whole folder is gone or empty, it is kept, for its disk may only
    be disconnected. The end of input is a no: nothing is erased, and the exit code is 1.
    """
    from vidindex.app import open_library

    with open_library(library, write=not dry_run) as app:
        found = app.prunable(missing=missing, older_than=older_than)
        wanted = [one for one in found if not one.kept]
        if wanted and not (dry_run or yes):
            require_yes(yes=yes, as_json=as_json)
            _show(wanted, "to erase", err=True)
            if not confirmed(f"Erase {counted(len(wanted), 'video')} from {library}?"):
                return EXIT_DECLINED
        removed = [] if dry_run else app.remove([one.video_id for one in wanted])
    if as_json:
        print_json(_document(found, removed))
        return EXIT_DONE
    _show(wanted, "would erase" if dry_run else "erased")
    _show([one for one in found if one.kept], "kept")
    if not found:
        echo("nothing to erase")
    if not all(one.clean for one in removed):
        echo("old pages are left; they go with the next removal without other readers")
    return EXIT_DONE


def _show(found: "Sequence[Prunable]", what: str, *, err: bool = False) -> None:
    from vidindex.core.formatting.terminal import one_line

    for one in found:
        because = f"{one.why}; {one.kept}" if one.kept else one.why
        echo(f"{what} {one_line(one.name)} ({one_line(because)})", err=err)


def _document(found: "Sequence[Prunable]", removed: "Sequence[Removal]") -> list[dict[str, Any]]:
    """Every video that the rule meets, with what became of it."""
    erased = {one.video_id: one for one in removed}
    return [
        {
            **jsonable(one),
            "erased": one.video_id in erased,
            "num_events": erased[one.video_id].num_events if one.video_id in erased else None,
            "clean": erased[one.video_id].clean if one.video_id in erased else None,
        }
        for one in found
    ]
