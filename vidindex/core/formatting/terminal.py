"""Format a moment or a coverage as one line for a terminal.

Captions and file names are data: what a terminal would obey or reorder is shown
as `escaping.escape` writes it, line breaks as spaces.
"""

import re
import unicodedata
from collections.abc import Sequence
from datetime import datetime

from vidindex.core.formatting.counts import counted
from vidindex.core.formatting.escaping import escape
from vidindex.core.formatting.time_format import format_duration, format_time
from vidindex.types import Coverage, Gap, Moment, Span, Verdict

MARKS = {"verified": "✓", "unsure": "?", "rejected": "✗", "unchecked": "·"}

GAPS_SHOWN = 3

LOCAL_CHARACTERS = len("2024-03-01 14:02:15")
"""Of a wall clock as `format_wall` writes it; behind them is its offset."""

_BLANKS = re.compile(r"[ \t\r\n]+")


def hit_line(number: int, moment: Moment, columns: int | None = None) -> str:
    """`1  0.93 ✓  cam3/0412.mp4  00:02:15.2 – 00:02:45.0  a man opens the gate`.

    The times are those of the verdict, which is where fresh frames put the moment. The wall
    clock of its start follows them where it is known. columns: cut to this display width.
    """
    span = moment.verdict.span
    line = "  ".join(
        (
            str(number),
            f"{confidence(moment)} {_marks(moment.verdict)}",
            one_line(moment.path),
            f"{format_time(span.start_s)} – {format_time(span.end_s)}{_also(moment.verdict.also)}",
            *([format_wall(moment.starts_at)] if moment.starts_at else []),
            one_line(moment.text),
        )
    )
    return line if columns is None else truncate(line, columns)


def confidence(moment: Moment) -> str:
    """`93%`: how likely it is right, where that was measured; else `0.93`, a score.

    The score is that of the check, or, where nothing was checked, of the retrieval.
    """
    verdict = moment.verdict
    if verdict.probability is not None:
        return f"{verdict.probability:.0%}"
    return f"{moment.score if verdict.score is None else verdict.score:.2f}"


def _marks(verdict: Verdict) -> str:
    """The answer, followed by that of a second model, where one was asked."""
    return MARKS[verdict.answer] + (MARKS[verdict.second.answer] if verdict.second else "")


def _also(spans: Sequence[Span]) -> str:
    """Further spans of the same look, as `, 00:02:50.0 – 00:02:52.0`."""
    return "".join(f", {format_time(s.start_s)} – {format_time(s.end_s)}" for s in spans)


def format_wall(at: datetime) -> str:
    """`2024-03-01 14:02:15+01:00`, cut to the second; with the UTC offset that it has."""
    return at.isoformat(" ", "seconds")


def coverage_line(coverage: Coverage) -> str:
    """`61 files, 0.7 h searched; 2 files failed; 0.7 h not heard, not seen`: what was left out."""
    parts = [f"{_files(coverage.num_files)}, {format_duration(coverage.duration_s)} searched"]
    if coverage.candidates:
        parts.append(f"{coverage.checked:,} of {coverage.candidates:,} candidates checked")
    if coverage.failed:
        parts.append(f"{_files(coverage.failed)} failed")
    if coverage.missing:
        parts.append(f"{_files(coverage.missing)} missing")
    if coverage.undated:
        parts.append(f"{_files(coverage.undated)} of unknown hour left out")
    return "; ".join(parts + _not_looked_at(coverage) + _gaps(coverage.gaps))


def _files(count: int) -> str:
    return counted(count, "file")


def _not_looked_at(coverage: Coverage) -> list[str]:
    """What was not looked at; senses that missed the same length share one part."""
    missed = {
        "not heard": coverage.not_heard_s,
        "not seen": coverage.not_seen_s - coverage.frames_only_s,
        "seen by frame vectors only": coverage.frames_only_s,
        "not read": coverage.not_read_s,
    }
    by_length: dict[str, list[str]] = {}
    for sense, duration_s in missed.items():
        if duration_s > 0:
            by_length.setdefault(format_duration(duration_s), []).append(sense)
    return [f"{length} {', '.join(senses)}" for length, senses in by_length.items()]


def _gaps(gaps: Sequence[Gap]) -> list[str]:
    """The longest gaps by name and hour, and how many more there are."""
    longest = sorted(gaps, key=lambda g: g.since.timestamp() - g.until.timestamp())[:GAPS_SHOWN]
    shown = [f"{one_line(g.camera)} has no recording {format_stretch(g)}" for g in longest]
    more = len(gaps) - len(shown)
    return shown + ([f"and {more:,} more {'gap' if more == 1 else 'gaps'}"] if more else [])


def format_stretch(gap: Gap) -> str:
    """`2024-03-01 14:02:00 – 14:31:00+01:00`; day and offset are repeated where they differ."""
    since, until = format_wall(gap.since), format_wall(gap.until)
    if gap.since.utcoffset() == gap.until.utcoffset():
        since = since[:LOCAL_CHARACTERS]
    same_day = gap.since.date() == gap.until.date()
    return f"{since} – {until.partition(' ')[2] if same_day else until}"


def one_line(text: str) -> str:
    """`text` with blanks and line breaks as single spaces and hidden characters as \\uXXXX."""
    return escape(_BLANKS.sub(" ", text).strip())


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
