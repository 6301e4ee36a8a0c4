"""`vidindex audit`: who searched, and took what out."""

import json
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from vidindex.cli.options import WallTime, json_option, library_option
from vidindex.cli.output.echo import echo
from vidindex.cli.output.tables import print_json
from vidindex.core.formatting.counts import counted

_SHOWN = ("at", "who", "what")


@click.command("audit")
@library_option
@click.option("--who", help="Only lines of this user, as `local`, `mcp` or a token's name.")
@click.option("--what", help="Only lines of this kind: search, found, ask, export, login, ...")
@click.option("--since", type=WallTime(), help="Only lines from then on.")
@click.option("--last", type=click.IntRange(min=1), help="Only so many, the latest.")
@json_option
def command(
    library: Path,
    who: str | None,
    what: str | None,
    since: datetime | None,
    last: int | None,
    as_json: bool,
) -> None:
    """Show the audit log: who searched for what, and who took what out, the oldest first.

    The page, the REST interface, agents and the shell all write to it. It names videos by their
    ids (`vidindex list`), and holds the words of searches.
    """
    from vidindex.app import Settings, open_library
    from vidindex.core.timing.wall_window import instant

    with open_library(library, Settings(model="none"), write=False) as app:
        entries, num_broken = app.audit_log.read()
    begins = instant(since) if since else None
    found = [
        entry
        for entry in entries
        if who in (None, entry["who"])
        and what in (None, entry["what"])
        and (begins is None or datetime.fromisoformat(entry["at"]) >= begins)
    ][-last if last else 0 :]
    if num_broken:
        echo(f"note: {counted(num_broken, 'line')} of the log cannot be read", err=True)
    if as_json:
        print_json(found)
        return
    for entry in found:
        echo(_line(entry))
    if not found:
        echo("nothing is logged")


def _line(entry: Mapping[str, Any]) -> str:
    """`2026-11-29 13:04:05  ann  search  text="a red car"`."""
    at = datetime.fromisoformat(entry["at"]).astimezone()
    details = [
        f"{name}={json.dumps(value, ensure_ascii=False)}"
        for name, value in entry.items()
        if name not in _SHOWN and value not in (None, [], {}, "", False)
    ]
    return "  ".join([f"{at:%Y-%m-%d %H:%M:%S}", entry["who"] or "-", entry["what"], *details])
