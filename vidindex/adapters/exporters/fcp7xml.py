"""Write timelines as Final Cut Pro 7 XML (xmeml 5), events as markers.

In and out points and markers count frames of the media file from its first one; its
timecode is written with the file. Sound is the first audio track, linked to the picture.
"""

from fractions import Fraction
from typing import TextIO
from xml.etree import ElementTree as ET

from vidindex.adapters.exporters.edit_track import Asset, Clip, Marker, Track, lay_out
from vidindex.adapters.exporters.xml_document import write_document
from vidindex.core.formatting.path_maps import as_path, file_url
from vidindex.core.timing.timecode import Timebase
from vidindex.errors import InputError
from vidindex.types import Timeline

SUFFIX = ".xml"

VERSION = "5"


def write(timeline: Timeline, stream: TextIO) -> None:
    """Write one sequence. Raises InputError for a rate that is neither whole nor NTSC's."""
    track = lay_out(timeline)
    root = ET.Element("xmeml", version=VERSION)
    sequence = ET.SubElement(root, "sequence", id="sequence-1")
    _add(sequence, "name", track.title)
    _add(sequence, "duration", track.length)
    sequence.append(_rate(track.base.rate))
    sequence.append(_timecode(track.base, track.first))
    media = _add(sequence, "media")
    video, audio = _add(media, "video"), _add(media, "audio")
    _add(video, "format").append(_picture(track.clips[0].asset, track.base.rate))
    _add_clips(track, _add(video, "track"), _add(audio, "track"))
    write_document(root, stream)


def _add_clips(track: Track, pictures: ET.Element, sounds: ET.Element) -> None:
    """A picture for every clip and, linked to it, the sound of those that have any."""
    files: dict[str, str] = {}
    for index, clip in enumerate(track.clips, start=1):
        known = len(files)
        file_id = files.setdefault(clip.asset.video.video_id, f"file-{known + 1}")
        picture = _clip_item(f"clipitem-{index}", clip)
        picture.append(_file(file_id, clip.asset, whole=len(files) > known))
        picture.extend([_marker(marker) for marker in clip.markers])
        pictures.append(picture)
        if clip.asset.video.audio:
            sound = _clip_item(f"clipitem-{index}-audio", clip)
            ET.SubElement(sound, "file", id=file_id)
            source = _add(sound, "sourcetrack")
            _add(source, "mediatype", "audio")
            _add(source, "trackindex", 1)
            sounds.append(sound)
            for item in (picture, sound):
                item.append(_link(picture, "video", len(pictures)))
                item.append(_link(sound, "audio", len(sounds)))


def _clip_item(item_id: str, clip: Clip) -> ET.Element:
    item = ET.Element("clipitem", id=item_id)
    _add(item, "name", clip.asset.name)
    _add(item, "duration", clip.asset.num_frames)
    item.append(_rate(clip.asset.rate))
    _add(item, "start", clip.start)
    _add(item, "end", clip.end)
    _add(item, "in", clip.source_start)
    _add(item, "out", clip.source_start + clip.source_length)
    return item


def _marker(marker: Marker) -> ET.Element:
    element = ET.Element("marker")
    _add(element, "name", marker.text)
    _add(element, "comment", marker.note)
    _add(element, "in", marker.start)
    _add(element, "out", marker.start + marker.length)
    return element


def _link(item: ET.Element, kind: str, clip_index: int) -> ET.Element:
    """To a clip item that moves along, the `clip_index`th on its track."""
    link = ET.Element("link")
    _add(link, "linkclipref", item.attrib["id"])
    _add(link, "mediatype", kind)
    _add(link, "trackindex", 1)
    _add(link, "clipindex", clip_index)
    return link


def _file(file_id: str, asset: Asset, *, whole: bool) -> ET.Element:
    """A media file; described in full once, then named by its id."""
    file = ET.Element("file", id=file_id)
    if whole:
        _add(file, "name", asset.name)
        _add(file, "pathurl", file_url(as_path(asset.path), host="localhost"))
        file.append(_rate(asset.rate))
        _add(file, "duration", asset.num_frames)
        file.append(_timecode(asset.clock.base, asset.clock.start))
        media = _add(file, "media")
        _add(media, "video").append(_picture(asset, asset.rate))
        if asset.video.audio:
            _add(media, "audio")
    return file


def _picture(asset: Asset, rate: Fraction) -> ET.Element:
    element = ET.Element("samplecharacteristics")
    element.append(_rate(rate))
    _add(element, "width", asset.video.width)
    _add(element, "height", asset.video.height)
    _add(element, "pixelaspectratio", "square")
    return element


def _timecode(base: Timebase, frame: int) -> ET.Element:
    element = ET.Element("timecode")
    element.append(_rate(base.rate))
    _add(element, "string", base.label(frame))
    _add(element, "frame", frame)
    _add(element, "displayformat", "DF" if base.drop else "NDF")
    return element


def _rate(rate: Fraction) -> ET.Element:
    if rate.denominator not in (1, 1001):
        raise InputError(
            f"Final Cut Pro 7 XML has no rate of {float(rate):g} frames per second",
            "use --format fcpxml or otio",
        )
    element = ET.Element("rate")
    _add(element, "timebase", -(-rate.numerator // rate.denominator))
    _add(element, "ntsc", "TRUE" if rate.denominator == 1001 else "FALSE")
    return element


def _add(parent: ET.Element, tag: str, value: str | int | None = None) -> ET.Element:
    element = ET.SubElement(parent, tag)
    if value is not None:
        element.text = str(value)
    return element
