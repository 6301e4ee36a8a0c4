"""Write one video's timeline as SubRip subtitles."""

from typing import TextIO

from vidindex.adapters.exporters.cues import cues
from vidindex.adapters.exporters.escaping import srt_cue
from vidindex.types import Timeline

SUFFIX = ".srt"


def write(timeline: Timeline, stream: TextIO) -> None:
    """Write one numbered cue per event. Raises InputError unless there is one video."""
    for number, (timing, event) in enumerate(cues(timeline, ","), start=1):
        stream.write(f"{number}\n{timing}\n{srt_cue(event.text)}\n\n")
