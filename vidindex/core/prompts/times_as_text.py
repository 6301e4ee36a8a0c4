"""Show frames as pictures with their times as text, for models without a frame rate.

A way of asking of its own (`--times-as-text`), beside the wording of `profile`: its name is
part of a model's identity, since the same words about the same frames get other replies.
Endpoints that take pictures only need it. Qwen3-VL and later write times this way by themselves,
one before each group of frames (`group_times_s`).
"""

from typing import Final

TIMES_AS_TEXT: Final = "times-as-text/1"


def group_times_s(num_frames: int, fps: float, frames_per_group: int) -> list[float]:
    """The middle of each group's times, in seconds from the first frame, as Qwen3-VL has them.

    An incomplete last group ends with its last frame again.
    """
    indices = [*range(num_frames)]
    indices += indices[-1:] * (-num_frames % frames_per_group)
    times_s = [index / fps for index in indices]
    last = frames_per_group - 1
    return [
        (times_s[first] + times_s[first + last]) / 2
        for first in range(0, len(times_s), frames_per_group)
    ]


def time_before(time_s: float) -> str:
    """The text before the picture of that time, in seconds from the beginning of the clip."""
    return f"<{time_s:.1f} seconds>"
