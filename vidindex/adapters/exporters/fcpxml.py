"""Write timelines as FCPXML 1.9 for Final Cut Pro and DaVinci Resolve, events as markers.

Every time is a fraction of a second at a frame's edge, as Apple's reference asks for. An
asset starts at its source timecode, and everything inside its clips is given in that time. Clips
of another rate than the project's play at their own speed.
"""

from collections.abc import Iterator
from fractions import Fraction
from typing import TextIO
from xml.etree import ElementTree as ET

from vidindex.adapters.exporters.edit_track import Asset, Clip, Marker, Track, lay_out
from vidindex.adapters.exporters.xml_document import write_document
from vidindex.core.formatting.path_maps import as_path, file_url
from vidindex.types import Timeline

SUFFIX = ".fcpxml"

VERSION = "1.9"

_CONFORMED = {
    Fraction(24000, 1001): "23.98", Fraction(24): "24", Fraction(25): "25",
    Fraction(30000, 1001): "29.97", Fraction(30): "30", Fraction(48000, 1001): "47.95",
    Fraction(48): "48", Fraction(50): "50", Fraction(60000, 1001): "59.94", Fraction(60): "60",
}  # fmt: skip
"""The rates of clips that the format has a name for."""


def write(timeline: Timeline, stream: TextIO) -> None:
    """Write resources, and one project whose spine holds clips and gaps."""
    track = lay_out(timeline)
    root = ET.Element("fcpxml", version=VERSION)
    resources = _Resources(ET.SubElement(root, "resources"))
    event = ET.SubElement(ET.SubElement(root, "library"), "event", name=track.title)
    sequence = ET.SubElement(
        ET.SubElement(event, "project", name=track.title),
        "sequence",
        format=resources.format_id(track.base.rate, track.clips[0].asset),
        duration=_time(track.length, track.base.rate),
        tcStart=_time(track.first, track.base.rate),
        tcFormat=_label_format(drop=track.base.drop),
    )
    ET.SubElement(sequence, "spine").extend(list(_items(track, resources)))
    write_document(root, stream)


class _Resources:
    """The formats and assets of a document, each declared once, at its first use."""

    def __init__(self, element: ET.Element) -> None:
        self._element = element
        self._ids: dict[object, str] = {}

    def format_id(self, rate: Fraction, asset: Asset) -> str:
        """The id of the format with this rate and the picture of this asset."""
        picture = (asset.video.width, asset.video.height)
        if (rate, picture) not in self._ids:
            self._ids[rate, picture] = self._add(
                "format",
                frameDuration=_time(1, rate),
                width=str(picture[0]),
                height=str(picture[1]),
            ).attrib["id"]
        return self._ids[rate, picture]

    def asset_id(self, asset: Asset) -> str:
        """The id of this media file."""
        key = asset.video.video_id
        if key not in self._ids:
            format_id = self.format_id(asset.rate, asset)
            element = self._add(
                "asset",
                name=asset.name,
                start=_time(asset.clock.start, asset.rate),
                duration=_time(asset.num_frames, asset.rate),
                hasVideo="1",
                format=format_id,
            )
            if asset.video.audio:
                element.set("hasAudio", "1")
                element.set("audioSources", str(len(asset.video.audio)))
            source = file_url(as_path(asset.path))
            ET.SubElement(element, "media-rep", kind="original-media", src=source)
            self._ids[key] = element.attrib["id"]
        return self._ids[key]

    def _add(self, tag: str, **attributes: str) -> ET.Element:
        return ET.SubElement(self._element, tag, {"id": f"r{len(self._element) + 1}", **attributes})


def _items(track: Track, resources: _Resources) -> Iterator[ET.Element]:
    """Clips, and gaps between them."""
    behind = 0
    for clip in track.clips:
        if clip.start > behind:
            yield ET.Element(
                "gap",
                name="Gap",
                offset=_time(track.first + behind, track.base.rate),
                start="0s",
                duration=_time(clip.start - behind, track.base.rate),
            )
        yield _clip(clip, track, resources)
        behind = clip.end


def _clip(clip: Clip, track: Track, resources: _Resources) -> ET.Element:
    asset = clip.asset
    element = ET.Element(
        "asset-clip",
        ref=resources.asset_id(asset),
        name=asset.name,
        offset=_time(track.first + clip.start, track.base.rate),
        start=_time(asset.clock.start + clip.source_start, asset.rate),
        duration=_time(clip.length, track.base.rate),
        format=resources.format_id(asset.rate, asset),
        tcFormat=_label_format(drop=asset.clock.base.drop),
    )
    element.extend(list(_inside(clip, track.base.rate)))
    return element


def _inside(clip: Clip, rate: Fraction) -> Iterator[ET.Element]:
    """What a clip holds, in the order of the document type: note, rate, markers."""
    if clip.note:
        note = ET.Element("note")
        note.text = clip.note
        yield note
    if clip.asset.rate != rate:
        conform = ET.Element("conform-rate", scaleEnabled="0")
        if clip.asset.rate in _CONFORMED:
            conform.set("srcFrameRate", _CONFORMED[clip.asset.rate])
        yield conform
    for marker in clip.markers:
        yield _marker(marker, clip.asset)


def _marker(marker: Marker, asset: Asset) -> ET.Element:
    element = ET.Element(
        "marker",
        start=_time(asset.clock.start + marker.start, asset.rate),
        duration=_time(marker.length, asset.rate),
        value=marker.text,
    )
    if marker.note:
        element.set("note", marker.note)
    return element


def _time(frames: int, rate: Fraction) -> str:
    """`1001/24000s`, `5s`."""
    return f"{frames / rate}s"


def _label_format(*, drop: bool) -> str:
    return "DF" if drop else "NDF"
