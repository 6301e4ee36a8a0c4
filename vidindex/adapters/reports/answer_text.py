"""Phrase the contents of an answer sheet."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from vidindex.core.formatting.counts import counted
from vidindex.core.formatting.time_format import format_duration, format_time
from vidindex.types import Coverage, Filters, Moment, SearchResult, Standard

ANSWERS = {
    "verified": "✓ Verified",
    "unsure": "? Unsure",
    "unchecked": "· Not checked",
    "rejected": "✗ Rejected",
}
CHANNELS = {
    "caption": "a caption: what the model saw",
    "screen": "on-screen text",
    "clock": "a clock in the picture",
    "subtitle": "subtitles",
    "speech": "speech",
    "frame": "frames that look like it",
    "mark": "somebody named or marked it",
}


def title(result: SearchResult) -> str:
    """Found, Unsure, or, without a hit: Not there, Not found or Not looked at."""
    kind = result.conclusion.kind
    return "Unsure" if kind == "unchecked" else kind.capitalize()


def summary(result: SearchResult) -> str:
    """The answer in a sentence or two, with what it does not say."""
    parts = list(_counts(result.moments))
    if not parts:
        sentence = result.conclusion.sentence
        return (
            f"{sentence[:1].upper()}{sentence[1:]}. That does not prove that it never happened: "
            "this sheet says what was searched, how, and what was left out."
        )
    sentence = f"{_listed(parts)}."
    if all(moment.verdict.answer == "unchecked" for moment in result.moments):
        return f"{sentence} {_rests_on_no_look(result.moments)}"
    return sentence


def _rests_on_no_look(moments: Sequence[Moment]) -> str:
    if any(moment.hits[0].event.channel == "frame" for moment in moments):
        return "Vectors of frames only rank: no model said of any of these that it shows it."
    return "Nothing here was compared with the pictures."


def _counts(moments: Sequence[Moment]) -> Iterator[str]:
    for answer, words in (
        ("verified", "verified against fresh frames"),
        ("unsure", "unsure"),
        ("unchecked", "not checked against frames"),
    ):
        count = sum(moment.verdict.answer == answer for moment in moments)
        if count:
            yield f"{counted(count, 'moment')} {words}"


def filters(asked: Filters) -> list[tuple[str, str]]:
    """(filter name, the values that it accepts) for those that were set."""
    values = {
        "Files": ", ".join(asked.globs),
        "Cameras": ", ".join(asked.cameras),
        "Days": ", ".join(day.isoformat() for day in asked.days),
        "From": _wall(asked.since),
        "Until before": _wall(asked.until),
        "From media time": format_time(asked.start_s) if asked.start_s is not None else "",
        "Until media time": format_time(asked.end_s) if asked.end_s is not None else "",
        "Found in": ", ".join(CHANNELS[channel] for channel in asked.channels),
    }
    return [(name, value) for name, value in values.items() if value]


def _wall(at: datetime | None) -> str:
    if at is None:
        return ""
    return at.isoformat(" ", "seconds") + ("" if at.tzinfo else " by each camera's clock")


def searched(coverage: Coverage) -> str:
    return f"{counted(coverage.num_files, 'file')}, {format_duration(coverage.duration_s)}"


def left_out(coverage: Coverage) -> list[str]:
    """What of the footage was not looked at, listened to or read; empty where all was."""
    parts = [
        (coverage.not_seen_s - coverage.frames_only_s, "seen by no model"),
        (coverage.frames_only_s, "compared by the vectors of its frames only"),
        (coverage.not_read_s, "not read for on-screen text"),
        (coverage.not_heard_s, "with sound that has no transcript and no subtitles"),
    ]
    lines = [f"{format_duration(length_s)} {words}" for length_s, words in parts if length_s > 0]
    if coverage.undated:
        lines.append(f"{counted(coverage.undated, 'file')} recorded at an unknown time")
    return lines


def candidates(result: SearchResult) -> str:
    """How many were found and looked at, how many were not, and what is not on the sheet."""
    coverage = result.coverage
    line = f"{coverage.candidates:,} retrieved, {coverage.checked:,} checked against frames"
    unchecked = coverage.candidates - coverage.checked
    if unchecked > 0:
        line += f", {unchecked:,} not (--thorough checks more)"
    on_sheet = sum(
        moment.verdict.evidence is not None for moment in (*result.moments, *result.rejected)
    )
    beyond = coverage.checked - on_sheet
    return f"{line}; {beyond:,} checked ones are beyond this sheet (--limit)" if beyond else line


def standard(used: Standard) -> str:
    """From which score on a candidate counts as what, and what that is worth."""
    lines = (
        f"verified from a score of {used.verified_at:.2f} on, "
        f"rejected up to {used.rejected_at:.2f}, unsure between"
    )
    if used.max_false_alarms is None:
        return f"{lines}; a rule of thumb, never measured"
    allowed = f"at most {used.max_false_alarms:.1%} of searches for what is absent show a hit"
    return f"{lines}; chosen so that {allowed}" + (f"; {used.measured}" if used.measured else "")


def score(moment: Moment) -> str:
    """The score, and what it is worth."""
    verdict = moment.verdict
    if verdict.probability is not None:
        return f"{_number(verdict.score)} (right with a probability of {verdict.probability:.0%})"
    if verdict.score is not None:
        return f"{verdict.score:.2f} (not calibrated: no probability)"
    if not moment.score:
        return "none: not checked"
    return f"{moment.score:.2f} (of the search; not checked)"


def spans(moment: Moment) -> str:
    """Media time from and until, and the further stretches of the same look."""
    return "; ".join(
        f"{format_time(span.start_s, 2)} – {format_time(span.end_s, 2)}"
        for span in (moment.verdict.span, *moment.verdict.also)
    )


def stretch(since: datetime, until: datetime, timespec: str = "seconds") -> str:
    """`2026-03-01 14:02:00+01:00 – 14:31:00+01:00`; the day is repeated where it differs."""
    first, last = (at.isoformat(" ", timespec) for at in (since, until))
    return f"{first} – {last.partition(' ')[2] if since.date() == until.date() else last}"


def _number(value: float | None) -> str:
    return "no score" if value is None else f"{value:.2f}"


def _listed(parts: Sequence[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"
