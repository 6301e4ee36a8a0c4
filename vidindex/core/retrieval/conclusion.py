"""Conclude what a search may say: found, not there, not found, or not looked at.

Something is reported as absent only where all of the filtered footage was looked at for this
very question, or where it was measured how often a search misses what is there.
"""

from collections.abc import Collection

from vidindex.core.formatting.counts import counted
from vidindex.core.formatting.terminal import one_line
from vidindex.core.formatting.time_format import format_duration
from vidindex.types import Conclusion, Looks, Misses
from vidindex.types.record import Channel
from vidindex.types.search import Answer, ConclusionKind

MIN_LOOKS = 10
"""Looks that are made, where the footage has as many stretches, before nothing was found."""

MAX_MISSES = 0.5
"""If misses may be this frequent, that nothing was found does not yet mean that it is absent."""


def conclude(
    what: str, answers: Collection[Answer], looks: Looks, channels: Collection[Channel] = ()
) -> Conclusion:
    """The conclusion of a search for `what`. answers, channels: of all hits that are shown."""
    if answers:
        of_hits = _of_hits(answers)
        sentence = _unchecked(channels) if of_hits == "unchecked" else _HITS[of_hits]
        return Conclusion(of_hits, sentence, looks)
    quoted = f"“{one_line(what)}”"
    if not looks.looked_at:
        why = looks.why_none or "no frame could be shown to the model"
        return Conclusion("not looked at", f"{why}, so nothing can be said of {quoted}", looks)
    if _all(looks):
        known = misses_in_words(looks.misses)
        sentence = f"{_whole(looks)} looked at, and nothing shows {quoted}; {known}"
        return Conclusion("not there", sentence, looks)
    sentence = (
        f"{quoted} was not found in {looks.looked_at:,} of "
        f"{counted(looks.stretches, 'stretch', 'stretches')} "
        f"{looks.sense}"
    )
    if looks.sense != "looked at":
        return Conclusion("not found", sentence, looks)
    kind: ConclusionKind = "not there" if _misses_little(looks) else "not found"
    return Conclusion(kind, f"{sentence}; {misses_in_words(looks.misses)}", looks)


def misses_in_words(misses: Misses | None) -> str:
    """`misses 6 %, 2 to 13`: the measured share and its 95 % interval."""
    if misses is None:
        return "misses are not known"
    low, high = (round(100 * share) for share in (misses.low, misses.high))
    return f"misses {round(100 * misses.share)} %, {low} to {high}"


def _of_hits(answers: Collection[Answer]) -> ConclusionKind:
    if "verified" in answers:
        return "found"
    return "unchecked" if "unchecked" in answers else "unsure"


_HITS: dict[ConclusionKind, str] = {
    "found": "fresh frames show it",
    "unsure": "the frames did not settle it",
}


def _unchecked(channels: Collection[Channel]) -> str:
    """What hits rest on that no model looked at."""
    if "frame" not in channels:
        return "it fits by its text; no frame was looked at"
    others = "its text or " if set(channels) != {"frame"} else ""
    return f"it fits by {others}the vectors of its frames alone; no model looked at a frame"


def _misses_little(looks: Looks) -> bool:
    """Whether it is known that a search seldom misses what is there."""
    if looks.misses is None or looks.looked_at < MIN_LOOKS:
        return False
    return looks.misses.high <= MAX_MISSES


def _all(looks: Looks) -> bool:
    return looks.sense == "looked at" and looks.looked_at >= looks.stretches


def _whole(looks: Looks) -> str:
    length = format_duration(looks.duration_s)
    if looks.stretches == 1:
        return f"the only stretch ({length}) was"
    return f"all {looks.stretches:,} stretches ({length}) were"
