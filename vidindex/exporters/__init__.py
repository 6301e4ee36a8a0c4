"""Exporters: each a module with its `SUFFIX` and one `write`; this is where they are found.

They know no store and no pipeline. A format is added by a module and a line here.
"""

from collections.abc import Mapping
from pathlib import PurePath

from vidindex.errors import InputError
from vidindex.exporters import csv_, json_, jsonl, srt, vtt
from vidindex.ports import Exporter

EXPORTERS: Mapping[str, Exporter] = {
    "json": json_,
    "jsonl": jsonl,
    "csv": csv_,
    "srt": srt,
    "vtt": vtt,
}


def by_name(name: str) -> Exporter:
    """The exporter called `name`. Raises InputError."""
    if name.lower() not in EXPORTERS:
        raise InputError(
            f"there is no export format {name!r}", f"choose one of: {', '.join(EXPORTERS)}"
        )
    return EXPORTERS[name.lower()]


def by_suffix(path: PurePath) -> Exporter:
    """The exporter for a file's suffix. Raises InputError."""
    for exporter in EXPORTERS.values():
        if path.suffix.lower() == exporter.SUFFIX:
            return exporter
    known = ", ".join(exporter.SUFFIX for exporter in EXPORTERS.values())
    raise InputError(
        f"the suffix of {path.name!r} is not one of an export format",
        f"end the name in one of {known}, or name the format",
    )
