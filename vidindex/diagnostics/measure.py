"""Compute figures from replies about known clips.

Events are read as an ingest reads them, but not cut to the clip: a time beyond its end
is what shows that a model's clock runs too fast.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import product

import numpy as np

from vidindex.core.prompts import PromptProfile
from vidindex.core.replies import SaidEvent, parse_events
from vidindex.core.replies.stitching import coverage
from vidindex.diagnostics.delayed_clips import DelayedClip, change_on_grey, delay_followed
from vidindex.diagnostics.known_clips import KnownClip
from vidindex.diagnostics.results import AtRate
from vidindex.types import Reply, Span

_KEYS = {"start_time", "end_time", "description"}


def at_rate(
    clips: Sequence[KnownClip],
    delayed: Sequence[DelayedClip],
    replies: Mapping[str, Reply],
    profile: PromptProfile,
) -> AtRate:
    """Figures of clips of one rate, asked about with these prompts."""
    reported = [
        parse_events(replies[clip.key].text, None, profile.segment, describes=True).events
        for clip in clips
    ]
    pairs = list(zip(clips, reported, strict=True))
    return AtRate(
        fps=clips[0].fps,
        num_clips=len(clips),
        time_error_s=float(
            np.median([e for clip, events in pairs for e in _time_errors(clip, events)])
        ),
        valid_json=float(np.mean([is_valid(replies[clip.key]) for clip in clips])),
        coverage=float(
            np.median([coverage(events, clip.spec.duration_s) for clip, events in pairs])
        ),
        auc=_auc(clips, replies),
        delay_followed=delay_followed(delayed, replies, profile),
        change_on_grey=change_on_grey(delayed, replies),
    )


def is_valid(reply: Reply) -> bool:
    """Whether it is the list of objects that was asked for, in a fence or not."""
    text = reply.text.strip().removeprefix("```json").removesuffix("```")
    try:
        items = json.loads(text)
    except ValueError:
        return False
    is_list = isinstance(items, list) and all(isinstance(item, dict) for item in items)
    return reply.finish_reason == "stop" and is_list and all(item.keys() >= _KEYS for item in items)


def auc(true: Sequence[float], false: Sequence[float]) -> float:
    """Chance that one of `true` is above one of `false`; equal ones count half."""
    return float(np.mean([(yes > no) + 0.5 * (yes == no) for yes, no in product(true, false)]))


def _time_errors(clip: KnownClip, events: Sequence[SaidEvent]) -> Iterator[float]:
    """Of each true start and end within the clip, how far off the event that meets it most is.

    Edges of the clip itself do not count: an answer "all of it" has them right.
    """
    duration_s = clip.spec.duration_s
    for event in clip.spec.events:
        span = Span(event.start_s, event.end_s)
        met = [one.span for one in events if span.overlap(one.span) > 0]
        best = max(met, key=span.iou, default=None)
        for edge in ("start_s", "end_s"):
            true_s = getattr(span, edge)
            if 0 < true_s < duration_s:
                yield abs(getattr(best, edge) - true_s) if best else duration_s


def _auc(clips: Sequence[KnownClip], replies: Mapping[str, Reply]) -> float | None:
    """Of all answers that are no refusal; None if one has no P(Yes), or none is left."""
    p_yes: dict[bool, list[float]] = {True: [], False: []}
    for clip in clips:
        for index, (_, is_true) in enumerate(clip.statements):
            reply = replies[clip.statement_key(index)]
            if reply.finish_reason == "error":
                continue
            if reply.p_yes is None:
                return None
            p_yes[is_true].append(reply.p_yes)
    return auc(p_yes[True], p_yes[False]) if all(p_yes.values()) else None
