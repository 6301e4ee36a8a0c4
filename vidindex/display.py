"""One line for a person to read, from a moment or a coverage; prints nothing, knows no colours.

Captions and file names are data: what a terminal would obey or reorder is shown
as `visible.protect` writes it, line breaks as spaces.
"""

import re
import unicodedata
from collections.abc import Sequence

from vidindex.times import format_duration, format_time
from vidindex.types import Coverage, Moment, Span
from vidindex.visible import protect

MARKS = {"verified": "✓", "unsure": "?", "rejected": "✗", "unchecked": "·"}

_BLANKS = re.compile(r"[ \t\r\n]+")


def hit_line(number: int, moment: Moment, columns: int | None = None) -> str:
    """`1  0.93 ✓  cam3/0412.mp4  00:02:15.2 – 00:02:45.0  a man opens the gate`.

    The times are those of the verdict, which is where fresh frames put the moment.
    columns: cut to this display width.
    """
    span = moment.verdict.span
    line = "  ".join(
        (
            str(number),
            f"{moment.score:.2f} {MARKS[moment.verdict.answer]}",
            one_line(moment.path),
            f"{format_time(span.start_s)} – {format_time(span.end_s)}{_also(moment.verdict.also)}",
            one_line(moment.text),
        )
    )
    return line if columns is None else truncate(line, columns)


def _also(spans: Sequence[Span]) -> str:
    """Further spans of the same look, as `, 00:02:50.0 – 00:02:52.0`."""
    return "".join(f", {format_time(s.start_s)} – {format_time(s.end_s)}" for s in spans)


def coverage_line(coverage: Coverage) -> str:
    """`61 files, 0.7 h searched; 2 files failed; 0.7 h not heard, not seen`: what was left out."""
    parts = [f"{_files(coverage.num_files)}, {format_duration(coverage.duration_s)} searched"]
    if coverage.candidates:
        parts.append(f"{coverage.checked:,} of {coverage.candidates:,} candidates checked")
    if coverage.failed:
        parts.append(f"{_files(coverage.failed)} failed")
    if coverage.missing:
        parts.append(f"{_files(coverage.missing)} missing")
    return "; ".join(parts + _gaps(coverage))


def _files(count: int) -> str:
    return "1 file" if count == 1 else f"{count:,} files"


def _gaps(coverage: Coverage) -> list[str]:
    """What was not looked at; senses that missed the same length share one part."""
    missed = {
        "not heard": coverage.not_heard_s,
        "not seen": coverage.not_seen_s,
        "not read": coverage.not_read_s,
    }
    by_length: dict[str, list[str]] = {}
    for sense, duration_s in missed.items():
        if duration_s > 0:
            by_length.setdefault(format_duration(duration_s), []).append(sense)
    return [f"{length} {', '.join(senses)}" for length, senses in by_length.items()]


def one_line(text: str) -> str:
    """`text` with blanks and line breaks as single spaces and hidden characters as \\uXXXX."""
    return protect(_BLANKS.sub(" ", text).strip())


def display_width(text: str) -> int:
    """Terminal columns: two for East Asian wide characters, none for combining ones (UAX #11)."""
    return sum(_columns(character) for character in text)


def _columns(character: str) -> int:
    if unicodedata.category(character) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def truncate(text: str, columns: int) -> str:
    """`text`, cut and ended with … where it is wider than `columns`."""
    if display_width(text) <= columns:
        return text
    width, kept = 1, 0  # the ellipsis takes one column
    for character in text:
        width += _columns(character)
        if width > columns:
            break
        kept += 1
    return text[:kept] + "…" if columns > 0 else ""
