"""Summarize events in lines, by rule.

Events in the same words, but for articles, are one line with its count, and each line
cites where it happened. Dated footage is summarized hour by hour, the rest file by file.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from vidindex.core.answering.citations import (
    Citation,
    Footage,
    Occasion,
    Sentence,
    cited,
    how_often,
    numbered,
    occasions,
)
from vidindex.core.answering.rephrase import Rephrased
from vidindex.core.formatting.terminal import (
    LOCAL_CHARACTERS,
    coverage_line,
    format_stretch,
    format_wall,
    one_line,
)
from vidindex.core.formatting.time_format import format_duration, format_time
from vidindex.types import Channel, Coverage, Event, Gap, Span

KINDS: dict[Channel, str] = {
    "caption": "seen",
    "screen": "on screen",
    "speech": "said",
    "subtitle": "said",
}
"""The heading of each channel; what runs like a clock happens at every second and is left out."""

MIN_QUIET_S, MAX_QUIET_S, QUIET_SHARE = 5.0, 600.0, 0.05
"""A stretch without events is named from this share of the footage on, between these bounds."""

_ARTICLES = re.compile(r"\b(?:a|an|the)\b\s*")


@dataclass(frozen=True, slots=True)
class Told:
    """The events of one video. captioned: whether a model was shown all of it."""

    video_id: str
    footage: Footage
    events: tuple[Event, ...]
    captioned: bool


@dataclass(frozen=True, slots=True)
class Part:
    """One hour, or one file, in one channel: its lines in order of time.

    left_out: how many more lines there would be, and of how many occasions.
    """

    title: str
    kind: str
    lines: tuple[Sentence, ...]
    left_out: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Summary:
    """What happened. num_events: as stored; quiet: stretches without events, and gaps.

    caution: what the lines are worth. basis: what they rest on, in one line.
    """

    title: str
    num_events: int
    parts: tuple[Part, ...]
    citations: tuple[Citation, ...]
    quiet: tuple[str, ...]
    caution: str
    basis: str
    coverage: Coverage
    rephrased: Rephrased | None = None

    @property
    def sentences(self) -> tuple[Sentence, ...]:
        return tuple(line for part in self.parts for line in part.lines)


def summarised(
    title: str, listed: Sequence[Told], coverage: Coverage, most: int, *, by_hour: bool = True
) -> Summary:
    """The summary; at most `most` lines for each heading, the most frequent ones.

    by_hour: headings are hours where those are known, else all are files.
    """
    pieces = [piece for one in listed for piece in _pieces(one)]
    parts: list[Part] = []
    citations: list[Citation] = []
    for heading, lines in _headed(_lines(pieces), by_hour=by_hour).items():
        shown, rest = _most_frequent(lines, most)
        sentences = []
        for line in shown:
            with_numbers = numbered(line, len(citations) + 1)
            citations += (one for occasion in with_numbers for one in occasion.citations)
            sentences.append(_sentence(with_numbers, by_hour=by_hour))
        left_out = len(rest), sum(len(line) for line in rest)
        parts.append(Part(heading.title, heading.kind, tuple(sentences), left_out))
    return Summary(
        title=title,
        num_events=sum(len(one.events) for one in listed),
        parts=tuple(parts),
        citations=tuple(citations),
        quiet=(*_quiet(listed), *map(_gap, coverage.gaps)),
        caution=_caution(listed),
        basis=coverage_line(replace(coverage, gaps=())),
        coverage=coverage,
    )


@dataclass(frozen=True, slots=True, order=True)
class _Heading:
    """What lines are grouped by: in order of time, then of channel."""

    at_s: float
    title: str
    order: int
    kind: str


_Line = list[Occasion]


def _pieces(footage_events: Told) -> Iterator[Citation]:
    """The part of each event in the windows that are asked about."""
    for event in footage_events.events:
        if event.channel not in KINDS:
            continue
        for window in footage_events.footage.windows:
            if inside := event.span.within(window):
                yield cited(replace(event, span=inside), footage_events.footage)


def _lines(pieces: Iterable[Citation]) -> list[_Line]:
    """Occasions of the same words, in order of their first; each line is of one heading's kind."""
    alike: dict[tuple[str, str, str], list[Citation]] = {}
    for piece in pieces:
        place = piece.camera if piece.camera and piece.starts_at else piece.video_id
        key = (KINDS[piece.channel], place, bare_words(piece.text))
        alike.setdefault(key, []).append(piece)
    return [occasions(those) for those in alike.values()]


def bare_words(text: str) -> str:
    """What two captions share that say the same: no case, no articles, no marks."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return " ".join(re.findall(r"[\w:]+", _ARTICLES.sub("", folded))) or folded


def _headed(lines: Sequence[_Line], *, by_hour: bool) -> dict[_Heading, list[_Line]]:
    """Lines under their headings; one that continues over hours has its share in each."""
    headed: dict[_Heading, list[_Line]] = {}
    for line in lines:
        shares: dict[_Heading, _Line] = {}
        for occasion in line:
            shares.setdefault(_heading(occasion.first, by_hour=by_hour), []).append(occasion)
        for heading, share in shares.items():
            headed.setdefault(heading, []).append(share)
    for share_of_all in headed.values():
        share_of_all.sort(key=lambda line: _moment(line[0].first))
    return dict(sorted(headed.items()))


def _heading(citation: Citation, *, by_hour: bool) -> _Heading:
    kind = KINDS[citation.channel]
    order = list(dict.fromkeys(KINDS.values())).index(kind)
    if not by_hour or citation.starts_at is None:
        return _Heading(0.0, one_line(citation.name), order, kind)
    hour = citation.starts_at.replace(minute=0, second=0, microsecond=0)
    camera = f"camera {one_line(citation.camera)}, " if citation.camera else ""
    offset = format_wall(hour)[LOCAL_CHARACTERS:]
    title = f"{camera}{hour:%Y-%m-%d %H:00} – {hour.hour + 1:02d}:00{offset}"
    return _Heading(hour.timestamp(), title, order, kind)


def _moment(citation: Citation) -> tuple[float, str, Span]:
    at_s = citation.starts_at.timestamp() if citation.starts_at else 0.0
    return at_s, citation.name, citation.span


def _most_frequent(lines: Sequence[_Line], most: int) -> tuple[list[_Line], list[_Line]]:
    """(the `most` lines that occur most often, then longest; the others), both in order."""

    def weight(index: int) -> tuple[int, float]:
        return len(lines[index]), sum(one.duration_s for one in lines[index])

    often = set(sorted(range(len(lines)), key=weight, reverse=True)[:most])
    shown = [line for place, line in enumerate(lines) if place in often]
    return shown, [line for place, line in enumerate(lines) if place not in often]


def _sentence(line: _Line, *, by_hour: bool) -> Sentence:
    lasts = format_duration(sum(one.duration_s for one in line))
    first, last = (_clock(one.first, by_hour=by_hour) for one in (line[0], line[-1]))
    described = f"{one_line(line[0].first.text).rstrip('.。')}: {how_often(len(line))}"
    cites = tuple(number for one in line for number in one.numbers)
    if len(line) == 1:
        return Sentence(f"{described}, for {lasts}, at {first}", cites)
    return Sentence(f"{described}, {lasts} in all, first at {first}, last at {last}", cites)


def _clock(citation: Citation, *, by_hour: bool) -> str:
    """The time of day, whose day and offset are in the heading; else the time of the file."""
    if by_hour and citation.starts_at:
        return f"{citation.starts_at:%H:%M:%S}"
    return format_time(citation.span.start_s)


def _quiet(listed: Sequence[Told]) -> Iterator[str]:
    """Long stretches of captioned footage without an event, in order of time."""
    whole_s = sum(window.duration_s for one in listed for window in one.footage.windows)
    least_s = min(MAX_QUIET_S, max(MIN_QUIET_S, QUIET_SHARE * whole_s))
    for one in occasions(piece for video in listed if video.captioned for piece in _holes(video)):
        if one.duration_s >= least_s:
            first = one.first
            at = f"from {format_time(first.span.start_s)} of {one_line(first.name)}"
            if first.starts_at:
                camera = f" in camera {one_line(first.camera)}" if first.camera else ""
                at = f"from {format_wall(first.starts_at)}{camera}"
            yield f"quiet for {format_duration(one.duration_s)} {at}"


def _holes(footage_events: Told) -> Iterator[Citation]:
    """The stretches of one video that no event covers, as what there is to cite: nothing."""
    spans = sorted(event.span for event in footage_events.events if event.channel in KINDS)
    for window in footage_events.footage.windows:
        at_s = window.start_s
        for span in [*spans, Span(window.end_s, window.end_s + 1.0)]:
            hole_end_s = min(span.start_s, window.end_s)
            if hole_end_s > at_s:
                nothing = Event(footage_events.video_id, Span(at_s, hole_end_s), "", "caption", "")
                yield cited(nothing, footage_events.footage)
            at_s = max(at_s, span.end_s)


def _gap(gap: Gap) -> str:
    return f"camera {one_line(gap.camera)} has no recording {format_stretch(gap)}"


def _caution(listed: Sequence[Told]) -> str:
    """Whose word the captions are; on-screen text and speech are readings of their own."""
    models = sorted({e.source for one in listed for e in one.events if e.channel == "caption"})
    if not models:
        return ""
    return (
        f"What was seen is what {' and '.join(map(one_line, models))} said of the frames. "
        "Nothing of it was verified; vidindex ask looks again."
    )
