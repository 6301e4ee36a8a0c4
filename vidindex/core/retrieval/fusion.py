"""Fuse ranked lists of events into moments.

Lists of different kinds (words, meaning) are fused by rank, as their scores
cannot be compared. Hits that are close together in one video are one answer.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from vidindex.types import Hit, Moment, Span, Verdict

RANK_CONSTANT = 60
STRONG = 0.8
"""A neighbour widens a moment only if it scores at least this share of its best hit."""

SAME = 0.5
"""Two moments that share at least this much of the shorter one are the same answer."""


LONGEST_S = 60.0
"""A moment is not widened beyond this; what is longer is about more than one moment of it."""


@dataclass(frozen=True, slots=True)
class Fused:
    """One event after fusion: score 0 to 1, `why` names the lists that hold it.

    ranks: its place in each list that speaks for it, from 1; of a list that does not hold it,
    that of what the list has at the same time.
    """

    event_id: int
    score: float
    why: tuple[str, ...]
    ranks: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Place:
    """Where an event is. kind: events of one kind are joined by their ids, others on time."""

    video_id: str
    span: Span
    kind: str = ""


def fuse(
    lists: Mapping[str, Sequence[int]],
    weights: Mapping[str, float] | None = None,
    rank_constant: int = RANK_CONSTANT,
    places: Mapping[int, Place] | None = None,
) -> list[Fused]:
    """Reciprocal rank fusion of ranked event ids, best first (Cormack et al., SIGIR 2009).

    An event scores the sum of weight / (rank_constant + rank) over the lists that
    speak for it, ranks from 1, divided by what the first place in every list would score.
    A list not in `weights` weighs 1. An id that is twice in a list counts once. places: of
    the events that are joined on time with those of other kinds; see `_joined`.
    """
    own = {name: _ranks(event_ids) for name, event_ids in lists.items()}
    joined = _joined(own, places or {})
    weight_of = {name: 1.0 if weights is None else weights.get(name, 1.0) for name in lists}
    best = sum(weight_of.values()) / (rank_constant + 1)
    fused = [
        Fused(
            event_id,
            sum(weight_of[name] / (rank_constant + rank) for name, rank in ranks.items()) / best,
            tuple(name for name in lists if event_id in own[name]),
            ranks,
        )
        for event_id, ranks in joined.items()
    ]
    return sorted(fused, key=lambda one: (-one.score, one.event_id))


def _ranks(event_ids: Sequence[int]) -> dict[int, int]:
    return {one: rank for rank, one in enumerate(dict.fromkeys(event_ids), start=1)}


def _joined(
    own: Mapping[str, Mapping[int, int]], places: Mapping[int, Place]
) -> dict[int, dict[str, int]]:
    """The ranks of every event by list: its own, else the best of another kind at its time.

    An event that is longer than any moment has its own ranks only: others speak for a part.
    """
    found: dict[int, dict[str, int]] = {}
    for name, ranks in own.items():
        for event_id, rank in ranks.items():
            found.setdefault(event_id, {})[name] = rank
    by_video: dict[str, list[int]] = {}
    for event_id in found:
        if event_id in places:
            by_video.setdefault(places[event_id].video_id, []).append(event_id)
    for ids in by_video.values():
        for event_id in ids:
            if places[event_id].span.duration_s <= LONGEST_S:
                found[event_id] = _with_others(event_id, ids, own, places)
    return found


def _with_others(
    event_id: int,
    ids: Sequence[int],
    own: Mapping[str, Mapping[int, int]],
    places: Mapping[int, Place],
) -> dict[str, int]:
    """The ranks of an event, with those of lists that hold another kind of event at its time."""
    here = places[event_id]
    others = [
        one for one in ids if places[one].kind != here.kind and _same(places[one].span, here.span)
    ]
    ranks = {
        name: min((there[one] for one in others if one in there), default=0)
        for name, there in own.items()
    }
    ranks |= {name: there[event_id] for name, there in own.items() if event_id in there}
    return {name: rank for name, rank in ranks.items() if rank}


def to_moments(
    hits: Sequence[Hit],
    paths: Mapping[str, str],
    *,
    limit: int,
    gap_s: float = 2.0,
    longest_s: float = LONGEST_S,
) -> list[Moment]:
    """At most `limit` moments, best first, unchecked; `paths` maps video_id to a path.

    The best hit leads: its text and its score are the moment's, so that a long run of
    ordinary captions does not outrank one good one. Strong hits that begin or end
    within `gap_s` widen the moment up to `longest_s`. Moments that mostly cover each
    other are then one: the weaker's hits join the stronger, whose span stays. Hits of
    other channels join so too, but widen nothing: a title may be on screen for an hour. An event
    that continues in the next file of its recording is one answer with what it becomes.
    """
    moments: list[Moment] = []
    for hit in sorted(hits, key=_order):
        across = _across_files(hit, moments)
        home = _neighbour(hit, moments, gap_s, longest_s)
        if across is not None:
            moments[across] = replace(moments[across], hits=(*moments[across].hits, hit))
        elif home is None:
            moments.append(lead_moment(hit, paths[hit.event.video_id]))
        else:
            moments[home] = _widen(moments[home], hit)
    return _suppress(moments)[:limit]


def _order(hit: Hit) -> tuple[float, bool, bool, str, Span, int]:
    """Best first; of equal scores those with words in common, which are the surer ones.

    What says something comes before what only looks like it.
    """
    event = hit.event
    is_plain = "words" not in hit.why, event.channel == "frame"
    return (-hit.score, *is_plain, event.video_id, event.span, event.event_id or 0)


def lead_moment(hit: Hit, path: str) -> Moment:
    """A moment of one hit, unchecked."""
    span = hit.event.span
    return Moment(
        video_id=hit.event.video_id,
        path=path,
        span=span,
        text=hit.event.text,
        score=hit.score,
        hits=(hit,),
        verdict=Verdict("unchecked", None, span),
    )


def _across_files(hit: Hit, moments: Sequence[Moment]) -> int | None:
    """The index of the moment that this hit continues, or that continues it, in another file."""
    for index, moment in enumerate(moments):
        for other in moment.hits:
            one, two = other.event, hit.event
            if (one.continued_by and one.continued_by == two.event_id) or (
                two.continued_by and two.continued_by == one.event_id
            ):
                return index
    return None


def _neighbour(hit: Hit, moments: Sequence[Moment], gap_s: float, longest_s: float) -> int | None:
    """The place of the best moment that `hit` may widen, or None; segments end where they end."""
    span = hit.event.span
    if hit.event.channel == "frame":
        return None
    for index, moment in enumerate(moments):
        if (
            moment.video_id == hit.event.video_id
            and moment.hits[0].event.channel == hit.event.channel
            and _gap(moment.span, span) <= gap_s
            and hit.score >= STRONG * moment.score
            and moment.span.hull(span).duration_s <= max(longest_s, moment.span.duration_s)
        ):
            return index
    return None


def _gap(one: Span, other: Span) -> float:
    """Seconds between two spans; negative where they overlap."""
    return max(one.start_s, other.start_s) - min(one.end_s, other.end_s)


def _widen(moment: Moment, hit: Hit) -> Moment:
    span = moment.span.hull(hit.event.span)
    verdict = replace(moment.verdict, span=span)
    return replace(moment, span=span, verdict=verdict, hits=(*moment.hits, hit))


def _suppress(moments: Sequence[Moment]) -> list[Moment]:
    """Non-maximum suppression in time: a moment that a better one covers joins it."""
    kept: list[Moment] = []
    for moment in moments:
        for index, better in enumerate(kept):
            if better.video_id == moment.video_id and _same(better.span, moment.span):
                kept[index] = replace(better, hits=better.hits + moment.hits)
                break
        else:
            kept.append(moment)
    return kept


def _same(one: Span, other: Span) -> bool:
    return one.overlap(other) >= SAME * min(one.duration_s, other.duration_s)
