"""Write one video's timeline as WebVTT subtitles."""

from typing import TextIO

from vidindex.adapters.exporters.cues import cues
from vidindex.adapters.exporters.escaping import vtt_cue
from vidindex.types import Timeline

SUFFIX = ".vtt"


def write(timeline: Timeline, stream: TextIO) -> None:
    """Write the heading and one cue per event. Raises InputError unless there is one video."""
    stream.write("WEBVTT\n\n")
    for timing, event in cues(timeline, "."):
        stream.write(f"{timing}\n{vtt_cue(event.text)}\n\n")
