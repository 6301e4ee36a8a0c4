"""Write the markers of a timeline as an EDL for DaVinci Resolve.

In Resolve: Media Pool, the timeline's menu, Timelines, Import, Timeline Markers from EDL.
The times are those of the timeline that the other formats here make of the same clips,
which begins at 01:00:00:00.
"""

from collections.abc import Mapping
from typing import TextIO

from vidindex.adapters.exporters.edit_track import lay_out
from vidindex.adapters.exporters.edl import check_day, fcm
from vidindex.adapters.exporters.escaping import line
from vidindex.types import Channel, Timeline

SUFFIX = ".edl"

_COLOURS: Mapping[Channel, str] = {
    "caption": "Blue", "screen": "Yellow", "subtitle": "Green", "speech": "Cyan",
    "clock": "Purple", "frame": "Sand", "mark": "Red",
}  # fmt: skip


def write(timeline: Timeline, stream: TextIO) -> None:
    """Write one event of one frame per marker, its colour, text and length behind it.

    Raises InputError where the timeline goes past midnight.
    """
    track = lay_out(timeline)
    check_day(track)
    stream.write(f"TITLE: {line(track.title)}\n{fcm(drop=track.base.drop)}\n")
    number = 0
    for clip in track.clips:
        for marker in clip.markers:
            number += 1
            start = track.frame_of(clip, marker.start)
            length = max(1, track.frame_of(clip, marker.start + marker.length) - start)
            begins, ends = (track.base.label(track.first + at) for at in (start, start + 1))
            text = line(marker.text, also=r"\|")
            stream.write(
                f"{number:03d}  001      V     C        {begins} {ends} {begins} {ends}\n"
                f"{marker.note} |C:ResolveColor{_COLOURS[marker.channel]} |M:{text} |D:{length}\n\n"
            )
