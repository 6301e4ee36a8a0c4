"""Decide which frames verify a candidate, and the verdict of the reply.

Pure decisions; asks no model. Frames are fresh (off the grid that made the caption) and
as dense as the model can take for so short a stretch.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from vidindex.core.families import family_named
from vidindex.core.sampling.grid import LADDER_FPS, even_grid, size_for_model, vision_tokens
from vidindex.types import ModelLimits, Span, Standard, VideoInfo
from vidindex.types.search import Answer

MARGIN_SHARE, MIN_MARGIN_S = 0.25, 1.0
MAX_FRAMES, MAX_TOKENS = 64, 8_192
FRAME_BUDGET = f"{MAX_FRAMES} frames, {MAX_TOKENS} tokens"
"""Part of what a score means: fewer frames, another calibration."""

MIN_MASS = 0.5
"""Below this P(Yes) + P(No) the model answered something else, and its p means nothing."""

RULE = Standard()
"""The rule of thumb, until a calibration says better."""

MIN_MOVE_IOU = 0.3
"""A grounded span that shares less with the candidate is another event, not its true edges."""

_WORD = re.compile(r"\w+")

FRESH_SHIFT = 0.37
"""Where fresh frames are between two grid points, as a share of their distance."""


@dataclass(frozen=True, slots=True)
class FrameRequest:
    """The frames of one check. size: (width, height)."""

    span: Span
    fps: float
    times_s: tuple[float, ...]
    size: tuple[int, int]

    @property
    def shown_s(self) -> tuple[float, ...]:
        """Media times to decode: fresh ones, none beyond the span."""
        shift_s = FRESH_SHIFT / self.fps
        last_s = max(self.span.start_s, self.span.end_s - 1e-3)
        return tuple(min(time_s + shift_s, last_s) for time_s in self.times_s)


def frames_to_check(candidate: Span, video: VideoInfo, limits: ModelLimits) -> FrameRequest:
    """The candidate with a margin, at the highest rate of the ladder that one call holds.

    A stretch that is too long even for the lowest rate is cut around its middle.
    """
    max_frames = min(MAX_FRAMES, limits.max_frames)
    span = _window(candidate, video.duration_s, max_frames / LADDER_FPS[0])
    fits = [fps for fps in LADDER_FPS if len(even_grid(span, fps)) <= max_frames]
    fps = fits[-1] if fits else LADDER_FPS[0]
    times_s = even_grid(span, fps)
    budget = min(MAX_TOKENS, limits.max_video_tokens)
    family = family_named(limits.family)
    pixels = budget * family.factor_px**2 // (len(times_s) // family.frames_per_group)
    most = min(pixels, video.width * video.height)
    width, height = size_for_model(video.width, video.height, limits, most)
    assert vision_tokens(len(times_s), width, height, family) <= limits.context_tokens
    return FrameRequest(span, fps, times_s, (width, height))


def _window(candidate: Span, duration_s: float, longest_s: float) -> Span:
    margin_s = max(MIN_MARGIN_S, MARGIN_SHARE * candidate.duration_s)
    start_s = max(0.0, candidate.start_s - margin_s)
    end_s = min(duration_s, candidate.end_s + margin_s)
    if end_s - start_s > longest_s:
        start_s = max(0.0, candidate.middle_s - longest_s / 2)
        end_s = min(duration_s, start_s + longest_s)
    return Span(start_s, end_s)


def verdict_from_yes_no(
    p_yes: float | None, mass: float | None, standard: Standard = RULE, *, understood: bool = True
) -> Answer:
    """What a first-token Yes/No says: unsure between the lines, or where it was no answer.

    understood: the model learned every word of the question; else its Yes is no more than unsure.
    """
    if p_yes is None or mass is None or mass < MIN_MASS:
        return "unsure"
    if p_yes >= standard.verified_at:
        return "verified" if understood else "unsure"
    return "rejected" if p_yes <= standard.rejected_at else "unsure"


def unknown_words(caption: str, limits: ModelLimits) -> tuple[str, ...]:
    """The words of `caption` that the model never learned, each once; none of an open one."""
    if not limits.query_words:
        return ()
    words = dict.fromkeys(_WORD.findall(caption.lower()))
    return tuple(word for word in words if word not in limits.query_words)


def moved(candidate: Span, grounded: Sequence[Span]) -> tuple[Span, tuple[Span, ...]]:
    """(the candidate as the frames have it, the other spans in which they show it too).

    The candidate moves to the grounded span that shares most with it. Where none shares
    enough it stays as it is, its score decides, and no other span is believed.
    """
    best = max(grounded, key=candidate.iou, default=None)
    if best is None or candidate.iou(best) < MIN_MOVE_IOU:
        return candidate, ()
    return best, tuple(span for span in grounded if not span.overlap(best))
