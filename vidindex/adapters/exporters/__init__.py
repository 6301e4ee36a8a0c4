"""Find exporters: each is a module with its `SUFFIX` and one `write`.

They import no store and no pipeline. A format is added by a module and a line here. "html" is
none of them: its pictures are decoded, so `composition` builds it.
"""

from collections.abc import Mapping
from pathlib import PurePath

from vidindex.adapters.exporters import (
    chapters,
    csv_,
    edl,
    fcp7xml,
    fcpxml,
    ffmetadata,
    json_,
    jsonl,
    resolve_markers,
    srt,
    vtt,
)
from vidindex.adapters.exporters import otio as otio_
from vidindex.errors import InputError
from vidindex.ports import Exporter

EXPORTERS: Mapping[str, Exporter] = {
    "json": json_,
    "jsonl": jsonl,
    "csv": csv_,
    "srt": srt,
    "vtt": vtt,
    "chapters": chapters,
    "ffmetadata": ffmetadata,
    "otio": otio_,
    "fcpxml": fcpxml,
    "fcp7xml": fcp7xml,
    "edl": edl,
    "resolve-markers": resolve_markers,
}


def by_name(name: str) -> Exporter:
    """The exporter called `name`. Raises InputError."""
    if name.lower() not in EXPORTERS:
        known = ", ".join((*EXPORTERS, "html"))
        raise InputError(f"unknown export format {name!r}", f"choose one of: {known}")
    return EXPORTERS[name.lower()]


def by_suffix(path: PurePath) -> Exporter:
    """The exporter of a file's suffix, the first in the list of several. Raises InputError.

    So `.edl` is a CMX3600 list, and Resolve's markers, which share it, must be asked for by name.
    """
    for exporter in EXPORTERS.values():
        if path.suffix.lower() == exporter.SUFFIX:
            return exporter
    suffixes = dict.fromkeys(exporter.SUFFIX for exporter in EXPORTERS.values())
    known = ", ".join((*suffixes, ".html"))
    raise InputError(
        f"the suffix of {path.name!r} is not one of an export format",
        f"end the name in one of {known}, or name the format",
    )
