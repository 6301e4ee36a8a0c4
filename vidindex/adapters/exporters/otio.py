"""Write timelines as OpenTimelineIO files; events as markers.

Ranges of clips and markers are given in source timecode, in frames at the file's rate.
"""

from collections.abc import Mapping
from fractions import Fraction
from typing import TYPE_CHECKING, TextIO

from vidindex.adapters.exporters.edit_track import Asset, Clip, Track, lay_out
from vidindex.core.formatting.escaping import escape
from vidindex.core.formatting.path_maps import as_path, file_url
from vidindex.types import Channel, Timeline

if TYPE_CHECKING:
    from opentimelineio import opentime, schema

SUFFIX = ".otio"

_COLOURS: Mapping[Channel, str] = {
    "caption": "BLUE", "screen": "YELLOW", "subtitle": "GREEN", "speech": "CYAN",
    "clock": "PURPLE", "frame": "ORANGE", "mark": "RED",
}  # fmt: skip


def write(timeline: Timeline, stream: TextIO) -> None:
    """Write one timeline: a track of pictures with the markers, and one of their sound."""
    from opentimelineio import adapters, opentime, schema

    track = lay_out(timeline)
    document = schema.Timeline(
        name=escape(track.title),
        global_start_time=opentime.RationalTime(track.first, float(track.base.rate)),
        metadata={"vidindex": {"drop_frame": track.base.drop}},
    )
    document.tracks.append(_track(track, sound=False))
    if any(clip.asset.video.audio for clip in track.clips):
        document.tracks.append(_track(track, sound=True))
    stream.write(adapters.write_to_string(document, "otio_json") + "\n")


def _track(track: Track, *, sound: bool) -> "schema.Track":
    """The clips and gaps in order; of the sound, files without any are gaps."""
    from opentimelineio import schema

    kind = schema.TrackKind.Audio if sound else schema.TrackKind.Video
    made = schema.Track(name="A1" if sound else "V1", kind=kind)
    behind = 0
    for clip in track.clips:
        if sound and not clip.asset.video.audio:
            continue
        if clip.start > behind:
            gap = _range(0, clip.start - behind, track.base.rate)
            made.append(schema.Gap(source_range=gap))
        made.append(_clip(clip, sound=sound))
        behind = clip.end
    return made


def _clip(clip: Clip, *, sound: bool) -> "schema.Clip":
    from opentimelineio import schema

    asset = clip.asset
    first = asset.clock.start + clip.source_start
    made = schema.Clip(
        name=escape(asset.name),
        media_reference=_reference(asset),
        source_range=_range(first, clip.source_length, asset.rate),
        metadata={"vidindex": {"starts_at": clip.note}} if clip.note else {},
    )
    for marker in () if sound else clip.markers:
        marked = _range(asset.clock.start + marker.start, marker.length, asset.rate)
        made.markers.append(
            schema.Marker(
                name=escape(marker.text),
                marked_range=marked,
                color=_COLOURS[marker.channel],
                comment=marker.note,
            )
        )
    return made


def _reference(asset: Asset) -> "schema.ExternalReference":
    from opentimelineio import schema

    reference = schema.ExternalReference(
        target_url=file_url(as_path(asset.path)),
        available_range=_range(asset.clock.start, asset.num_frames, asset.rate),
        metadata={"vidindex": {"drop_frame": asset.clock.base.drop}},
    )
    reference.name = escape(asset.name)
    return reference


def _range(first: int, length: int, rate: Fraction) -> "opentime.TimeRange":
    from opentimelineio import opentime

    per_second = float(rate)
    return opentime.TimeRange(
        opentime.RationalTime(first, per_second), opentime.RationalTime(length, per_second)
    )
