"""Write spoken lines as plain text, SubRip or WebVTT."""

import html
from collections.abc import Sequence

from vidindex.core.formatting.time_format import format_time
from vidindex.types import Span

Lines = Sequence[tuple[Span, str]]


def as_text(lines: Lines) -> str:
    """One line each, with the time at which it begins."""
    return "".join(f"{format_time(span.start_s, 1)}  {text}\n" for span, text in lines)


def as_srt(lines: Lines) -> str:
    """Numbered cues in milliseconds."""
    return "".join(
        f"{number}\n{_times(span, ',')}\n{text.replace('-->', '->')}\n\n"
        for number, (span, text) in enumerate(lines, start=1)
    )


def as_vtt(lines: Lines) -> str:
    """Cues in milliseconds under their header; signs of WebVTT are escaped."""
    cues = (f"{_times(span, '.')}\n{html.escape(text, quote=False)}\n\n" for span, text in lines)
    return "WEBVTT\n\n" + "".join(cues)


def _times(span: Span, mark: str) -> str:
    return " --> ".join(format_time(time_s, 3, mark) for time_s in (span.start_s, span.end_s))
