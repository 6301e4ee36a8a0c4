"""Decode moments of several videos into one clip for a model."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from store.library import Library
from vidindex.core.sampling.montage import Montage, MontagePart, plan_montage
from vidindex.errors import MediaError
from vidindex.ports import Decoder
from vidindex.types import Frame, FrameBatch, ModelLimits, Source, Span
from vidindex.types.plan import Picture


@dataclass(frozen=True, slots=True)
class Shown:
    """A clip, and what of it is which moment, in order; None for one that cannot be decoded."""

    frames: FrameBatch
    parts: tuple[MontagePart | None, ...]


def show(
    library: Library,
    decoder: Decoder,
    moments: Sequence[tuple[str, Span]],
    limits: ModelLimits,
) -> Shown | None:
    """The clip of these moments, each (video_id, span); None where none can be decoded."""
    opened = [library.open_source(video_id) for video_id, _ in moments]
    usable = [place for place, one in enumerate(opened) if one is not None]
    if not usable:
        return None
    first = opened[usable[0]]
    assert first
    plan = plan_montage([moments[place][1] for place in usable], first[0], limits)
    parts: list[MontagePart | None] = [None] * len(moments)
    frames: list[Frame] = []
    for place, part in zip(usable, plan.parts, strict=True):
        source = opened[place]
        assert source
        try:
            frames += _decoded(decoder, source[1], part, plan)
            parts[place] = part
        except MediaError:
            continue
    return Shown(_batch(frames, plan), _placed(parts, plan)) if frames else None


def _decoded(decoder: Decoder, source: Source, part: MontagePart, plan: Montage) -> list[Frame]:
    """The frames of one moment, fitted into the montage's picture."""
    width, height = plan.size
    scale = min(width / source.width, height / source.height)
    fit = (
        max(2, round(source.width * scale)),
        max(2, round(source.height * scale)),
    )
    near = abs(fit[0] - width) <= 0.05 * width and abs(fit[1] - height) <= 0.05 * height
    size = plan.size if near else (min(fit[0], width), min(fit[1], height))
    return list(decoder.frames(source, part.times_s, size))


def _batch(frames: Sequence[Frame], plan: Montage) -> FrameBatch:
    pictures = np.stack([_padded(frame.picture, plan.size) for frame in frames])
    times_s = tuple(i / plan.fps for i in range(len(frames)))
    return FrameBatch(times_s, tuple(frame.pts_s for frame in frames), pictures, plan.fps)


def _padded(picture: Picture, size: tuple[int, int]) -> Picture:
    """The picture in the middle of a black one of this size."""
    width, height = size
    if picture.shape[:2] == (height, width):
        return picture
    whole = np.zeros((height, width, 3), np.uint8)
    top, left = (height - picture.shape[0]) // 2, (width - picture.shape[1]) // 2
    whole[top : top + picture.shape[0], left : left + picture.shape[1]] = picture
    return whole


def _placed(parts: Sequence[MontagePart | None], plan: Montage) -> tuple[MontagePart | None, ...]:
    """The parts where they are once those that cannot be decoded are left out."""
    placed: list[MontagePart | None] = []
    at_s = 0.0
    for part in parts:
        if part is None:
            placed.append(None)
            continue
        end_s = at_s + len(part.times_s) / plan.fps
        placed.append(MontagePart(part.span, part.times_s, Span(at_s, end_s)))
        at_s = end_s
    return tuple(placed)
