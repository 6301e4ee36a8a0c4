"""Verify a clip's length, and its pictures against those of the source.

The picture that the clip begins with must be the one that the source shows then, and be no
more like the one before or after.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from vidindex.ports import Decoder
from vidindex.types import Frame, Source, Span, VideoInfo
from vidindex.types.clip import Canvas, Cut
from vidindex.types.plan import Picture

MAX_DIFFERENCE = 10.0
"""Mean over all pixels, of 255. Encoding noise stays far below, another picture rarely does."""

NEARER = 0.5
"""How much more like the source's neighbouring picture a clip's may be, of 255."""

EDGE_S = 0.0006
"""Containers round times to a millisecond: pictures are looked at beside an edge, not at it."""

MAX_COMPARED_PX = 2048
"""The longer side of the pictures that are compared."""

MAX_FRAME_S = 0.1
"""How far off the length may be where a frame is shown for longer."""


@dataclass(frozen=True, slots=True)
class Looks:
    """What the source shows around one moment, at the size that the clip shows it.

    frame: on screen at the moment; before, after: `usual_s`, a usual frame's length, away.
    """

    usual_s: float
    before: Frame
    frame: Frame
    after: Frame


def look(
    decoder: Decoder, video: VideoInfo, source: Source, span: Span, size: tuple[int, int]
) -> tuple[Looks, Looks]:
    """The source at the first and at the last picture of the span. Raises MediaError."""
    usual_s = video.frame_s
    first_s = span.start_s + EDGE_S
    last_s = max(first_s, min(span.end_s, video.duration_s) - EDGE_S)
    times_s = [
        max(0.0, min(at_s + step_s, video.duration_s - EDGE_S))
        for at_s in (first_s, last_s)
        for step_s in (-usual_s, 0.0, usual_s)
    ]
    ascending = sorted(set(times_s))
    frames = dict(zip(ascending, decoder.frames(source, ascending, size), strict=True))
    first, last = ([frames[at_s] for at_s in half] for half in (times_s[:3], times_s[3:]))
    return Looks(usual_s, *first), Looks(usual_s, *last)


def compared_on(canvas: Canvas) -> Canvas:
    """The canvas that pictures are compared on: that of the clip, or a smaller one of its shape.

    Six pictures of a source are held at once, and a hostile file may have huge ones.
    """
    scale = min(1.0, MAX_COMPARED_PX / max(canvas.width, canvas.height))
    return Canvas(max(1, round(canvas.width * scale)), max(1, round(canvas.height * scale)))


def wrong_length(made: VideoInfo, wanted_s: float, frame_s: float) -> str:
    """What is wrong with how long a clip is; "" where it is right to a frame."""
    if abs(made.picture_end_s - wanted_s) <= min(frame_s, MAX_FRAME_S):
        return ""
    return f"the clip lasts {made.picture_end_s:.3f} s, not {wanted_s:.3f} s"


def wrong_picture(decoder: Decoder, made: Source, wanted: Cut, looks: Sequence[Looks]) -> str:
    """What is wrong with a clip's first picture, and its last where `looks` has two; or ""."""
    times_s = (EDGE_S, max(EDGE_S, made.picture_end_s - EDGE_S))[: len(looks)]
    canvas = compared_on(wanted.canvas)
    size = canvas.width, canvas.height
    for which, shown, one in zip(
        ("first", "last"), decoder.frames(made, times_s, size), looks, strict=False
    ):
        off = _off(shown.picture, wanted, one)
        if off is not None:
            at_s = one.frame.pts_s
            return f"its {which} picture is not that of {at_s:.3f} s: {off:.1f} of 255 differ"
    return ""


def _off(shown: Picture, wanted: Cut, looks: Looks) -> float | None:
    """By how much a picture of a clip is another than the source's; None where it is the same."""
    source, canvas = wanted.source, compared_on(wanted.canvas)
    x, y, width, height = canvas.place(source.width, source.height)
    text_px = wanted.stamp.foot_px(canvas) if wanted.stamp else 0
    rows = max(1, min(height, canvas.height - text_px - y))
    seen = shown[y : y + rows, x : x + width].astype(np.int16)
    before, here, after = (
        float(np.abs(seen - one.picture[:rows]).mean())
        for one in (looks.before, looks.frame, looks.after)
    )
    right = here <= MAX_DIFFERENCE and here <= min(before, after) + NEARER
    return None if right else here
