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


@dataclass(frozen=True, slots=True)
class Fused:
    """One event after fusion: score 0 to 1, `why` names the lists that hold it."""

    event_id: int
    score: float
    why: tuple[str, ...]


def fuse(
    lists: Mapping[str, Sequence[int]],
    weights: Mapping[str, float] | None = None,
    rank_constant: int = RANK_CONSTANT,
) -> list[Fused]:
    """Reciprocal rank fusion of ranked event ids, best first (Cormack et al., SIGIR 2009).

    An event scores the sum of weight / (rank_constant + rank) over the lists that
    hold it, ranks from 1, divided by what the first place in every list would score.
    A list not in `weights` weighs 1. An id that is twice in a list counts once.
    """
    weight_of = {name: 1.0 if weights is None else weights.get(name, 1.0) for name in lists}
    scores: dict[int, float] = {}
    why: dict[int, tuple[str, ...]] = {}
    for name, event_ids in lists.items():
        for rank, event_id in enumerate(dict.fromkeys(event_ids), start=1):
            scores[event_id] = scores.get(event_id, 0.0) + weight_of[name] / (rank_constant + rank)
            why[event_id] = (*why.get(event_id, ()), name)
    best = sum(weight_of.values()) / (rank_constant + 1)
    ordered = sorted(scores, key=lambda event_id: (-scores[event_id], event_id))
    return [Fused(event_id, scores[event_id] / best, why[event_id]) for event_id in ordered]


def to_moments(
    hits: Sequence[Hit],
    paths: Mapping[str, str],
    *,
    limit: int,
    gap_s: float = 2.0,
    longest_s: float = 60.0,
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


def _order(hit: Hit) -> tuple[float, bool, str, Span, int]:
    """Best first; of equal scores those with words in common, which are the surer ones."""
    event = hit.event
    return (-hit.score, "words" not in hit.why, event.video_id, event.span, event.event_id or 0)


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
    """The place of the best moment that `hit` may widen, or None."""
    span = hit.event.span
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
