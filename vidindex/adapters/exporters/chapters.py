"""Write one video's timeline as a YouTube chapter list.

YouTube takes a list only if it begins at 0:00 and every chapter lasts ten seconds, so
events nearer than that share a line: `1:02:45 a man opens the gate / a dog barks`. It
wants three chapters at least; a shorter list is written all the same.
"""

from typing import TextIO

from vidindex.adapters.exporters.escaping import line
from vidindex.adapters.exporters.record import in_order, only_video
from vidindex.types import Timeline, VideoTimeline

SUFFIX = ".txt"

MIN_CHAPTER_S = 10


def write(timeline: Timeline, stream: TextIO) -> None:
    """Write `m:ss title` lines, in whole seconds. Raises InputError unless there is one video."""
    for second, texts in _chapters(only_video(timeline, "chapters")):
        # A description may hold no angle brackets.
        title = " / ".join(line(text, also="[<>]") for text in texts)
        stream.write(f"{_time(second)} {title}\n")


def _chapters(video: VideoTimeline) -> list[tuple[int, list[str]]]:
    """(second, texts) of each chapter; one at 0 that nothing happens in is named by the file."""
    found: list[tuple[int, list[str]]] = [(0, [])]
    last_start_s = video.video.duration_s - MIN_CHAPTER_S
    for event in in_order(video):
        second = int(event.span.start_s)
        if second - found[-1][0] >= MIN_CHAPTER_S and second <= last_start_s:
            found.append((second, []))
        found[-1][1].append(event.text)
    if not found[0][1]:
        found[0] = (0, [video.name])
    return found


def _time(second: int) -> str:
    minutes, seconds = divmod(second, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{seconds:02d}" if hours else f"{minutes}:{seconds:02d}"
