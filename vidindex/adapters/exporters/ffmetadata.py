"""Write one video's timeline as FFmpeg metadata with chapters.

`ffmpeg -i film.mp4 -i chapters.ffmetadata -map_chapters 1 -c copy with-chapters.mp4`.
Chapters follow each other: one ends where the next begins, and events that begin in the
same millisecond are one.
"""

import re
from itertools import groupby, zip_longest
from typing import TextIO

from vidindex.adapters.exporters.record import in_order, only_video
from vidindex.core.formatting.escaping import escape
from vidindex.types import Event, Timeline

SUFFIX = ".ffmetadata"

_SPECIAL = re.compile(r"[=;#\\\n]")


def write(timeline: Timeline, stream: TextIO) -> None:
    """Write the heading, the title and a section for each chapter, in milliseconds.

    Raises InputError unless there is one video.
    """
    video = only_video(timeline, "chapters")
    stream.write(f";FFMETADATA1\ntitle={_value(video.name)}\n")
    groups = [list(events) for _, events in groupby(in_order(video), _start_ms)]
    for events, following in zip_longest(groups, groups[1:]):
        start_ms = _start_ms(events[0])
        end_ms = max(start_ms + 1, *(round(event.span.end_s * 1000) for event in events))
        if following:
            end_ms = min(end_ms, _start_ms(following[0]))
        title = " / ".join(_value(event.text) for event in events)
        stream.write(
            f"\n[CHAPTER]\nTIMEBASE=1/1000\nSTART={start_ms}\nEND={end_ms}\ntitle={title}\n"
        )


def _start_ms(event: Event) -> int:
    return round(event.span.start_s * 1000)


def _value(text: str) -> str:
    return _SPECIAL.sub(r"\\\g<0>", escape(text))
