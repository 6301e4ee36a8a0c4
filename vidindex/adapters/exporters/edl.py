"""Write timelines as a CMX3600 edit decision list; events as locators (`* LOC:`).

An EDL knows one track of pictures, one frame rate and one day of timecode. Each event is
counted as its source counts, drop-frame or not, which the FCM line before it says. Files
are known by name (`FROM CLIP NAME`) and place (`SOURCE FILE`); the reel is AX, as it is
for files that came from no tape.
"""

from collections.abc import Iterator, Mapping
from typing import TextIO

from vidindex.adapters.exporters.edit_track import Clip, Track, lay_out
from vidindex.adapters.exporters.escaping import line
from vidindex.core.formatting.escaping import escape
from vidindex.errors import InputError
from vidindex.types import Channel, Timeline

SUFFIX = ".edl"

MAX_EVENTS = 999
NEW_LINE = r"\n"
"""All that is escaped in a name besides hidden characters: blanks in a row are part of it."""

_COLOURS: Mapping[Channel, str] = {
    "caption": "BLUE", "screen": "YELLOW", "subtitle": "GREEN", "speech": "CYAN",
    "clock": "MAGENTA", "frame": "WHITE", "mark": "RED",
}  # fmt: skip


def write(timeline: Timeline, stream: TextIO) -> None:
    """Write the title and one event per clip. Raises InputError where an EDL cannot hold it."""
    track = lay_out(timeline)
    _check(track)
    stream.write(f"TITLE: {line(track.title)}\n{fcm(drop=track.base.drop)}\n")
    drop = track.base.drop
    for number, clip in enumerate(track.clips, start=1):
        if clip.asset.clock.base.drop != drop:
            drop = clip.asset.clock.base.drop
            stream.write(fcm(drop=drop))
        stream.writelines(f"{text}\n" for text in _event(number, clip, track))


def _check(track: Track) -> None:
    """Raises InputError for what no EDL holds: several rates, more than 999 events or a day."""
    rates = {clip.asset.rate for clip in track.clips} | {track.base.rate}
    if len(rates) > 1:
        found = ", ".join(f"{float(rate):.3f}" for rate in sorted(rates))
        raise InputError(
            f"an EDL has one frame rate; here are {found}", "use --format fcpxml or otio"
        )
    if len(track.clips) > MAX_EVENTS:
        raise InputError(
            f"an EDL holds {MAX_EVENTS} events, not {len(track.clips):,}",
            "use --format fcpxml or otio, or export fewer",
        )
    check_day(track)


def check_day(track: Track) -> None:
    """Raises InputError where the track's timecode would pass midnight."""
    if track.first + track.length > track.base.frames_per_day:
        raise InputError(
            "an EDL's timecode ends at midnight; this timeline goes past it",
            "export one --day at a time, or use --format fcpxml or otio",
        )


def fcm(*, drop: bool) -> str:
    """The line that says how the timecodes after it count."""
    return f"FCM: {'DROP FRAME' if drop else 'NON-DROP FRAME'}\n"


def _event(number: int, clip: Clip, track: Track) -> Iterator[str]:
    source, first = clip.asset.clock, clip.asset.clock.start + clip.source_start
    times = " ".join(
        (
            source.base.label(first),
            source.base.label(first + clip.source_length),
            track.base.label(track.first + clip.start),
            track.base.label(track.first + clip.end),
        )
    )
    yield f"{number:03d}  AX       V     C        {times}"
    yield f"* FROM CLIP NAME: {escape(clip.asset.name, also=NEW_LINE)}"
    yield f"* SOURCE FILE: {escape(clip.asset.path, also=NEW_LINE)}"
    if clip.note:
        yield f"* RECORDED AT: {clip.note}"
    for marker in clip.markers:
        at = track.base.label(track.first + track.frame_of(clip, marker.start))
        yield f"* LOC: {at} {_COLOURS[marker.channel]:<7} {line(marker.text)}"
    yield ""
