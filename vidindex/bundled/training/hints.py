"""Derive class labels of what frame pairs show, as training hints.

Training pays linear heads for naming these, so that the eyes learn before the words do.
"""

from dataclasses import dataclass

import torch

from vidindex.synthetic.clips import COLOURS, MOTIONS, SHAPES, ClipEvent, ClipSpec

IGNORED = -100


@dataclass(slots=True)
class Hints:
    """What each temporal group (clips, groups) shows: 0 is nothing, motion -100 unknown."""

    colour: torch.Tensor
    shape: torch.Tensor
    motion: torch.Tensor
    shown: torch.Tensor
    pose: torch.Tensor


def hints_of(specs: list[ClipSpec], times: list[list[float]]) -> Hints:
    """The hints of scenes (clips) seen at `times` (clips, frames)."""
    per_frame = [
        [spec.event_at(time_s) for time_s in times_s]
        for spec, times_s in zip(specs, times, strict=True)
    ]
    pairs = [list(zip(row[::2], row[1::2], strict=True)) for row in per_frame]
    event = [[a or b for a, b in row] for row in pairs]
    motion = [[_motion_class(a, b) for a, b in row] for row in pairs]
    poses = [
        [
            _pose(one, times_s[2 * index] if pairs[r][index][0] else times_s[2 * index + 1])
            for index, one in enumerate(row)
        ]
        for r, (row, times_s) in enumerate(zip(event, times, strict=True))
    ]
    return Hints(
        colour=torch.tensor(
            [[_class(list(COLOURS), e.colour if e else None) for e in row] for row in event]
        ),
        shape=torch.tensor(
            [[_class(list(SHAPES), e.shape if e else None) for e in row] for row in event]
        ),
        motion=torch.tensor(motion),
        shown=torch.tensor(
            [[e is not None for e in row] for row in per_frame], dtype=torch.float32
        ),
        pose=torch.tensor(poses),
    )


def _class(names: list[str], name: str | None) -> int:
    return 0 if name is None else names.index(name) + 1


def _motion_class(first: ClipEvent | None, second: ClipEvent | None) -> int:
    """A group with one frame of the event cannot show how it moves."""
    if first is None and second is None:
        return 0
    if first is None or second is None:
        return IGNORED
    return _class(list(MOTIONS), first.motion)


def _pose(event: ClipEvent | None, time_s: float) -> list[float]:
    if event is None:
        return [0.0, 0.0, 0.0]
    pose = event.pose_at(time_s)
    return [pose.x, pose.y, pose.size]
