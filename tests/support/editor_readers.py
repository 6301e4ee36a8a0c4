"""Second readers of what the exporters write for editing programs; they share no line with them.

FCP7 XML and EDL are read by OpenTimelineIO's adapters, `.otio` as the JSON that it is,
FCPXML by the rules of Apple's reference. All give seconds, source times from 00:00:00:00.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from io import StringIO
from typing import Any
from xml.etree import ElementTree as ET

import lxml.etree
import opentimelineio as otio
from opentimelineio import opentime

Seconds = float | Fraction


@dataclass(frozen=True, slots=True)
class ReadClip:
    """A clip as a second program has it; markers are (start_s, end_s, text) of source time."""

    name: str
    url: str
    media_starts_s: Seconds
    source_s: tuple[Seconds, Seconds]
    begins_s: Seconds
    markers: tuple[tuple[Seconds, Seconds, str], ...]


def read_fcp7xml(text: str) -> list[ReadClip]:
    timeline = otio.adapters.read_from_string(text, "fcp_xml")
    return [_fcp7_clip(clip) for clip in timeline.video_tracks()[0].find_clips()]


def _fcp7_clip(clip: Any) -> ReadClip:
    media = clip.media_reference.available_range.start_time
    # In this format markers count from the media's first frame; the adapter leaves them so.
    markers = [
        (_s(m.marked_range.start_time + media), _s(_end(m.marked_range) + media), m.name)
        for m in clip.markers
    ]
    return ReadClip(
        clip.name,
        clip.media_reference.target_url,
        _s(media),
        (_s(clip.source_range.start_time), _s(_end(clip.source_range))),
        _s(clip.range_in_parent().start_time),
        tuple(markers),
    )


def _end(span: Any) -> Any:
    return span.start_time + span.duration


def _s(time: Any) -> Fraction:
    rates = (Fraction(n * 1000, 1001) for n in (24, 30, 60))
    rate = next((r for r in rates if abs(float(r) - time.rate) < 1e-6), Fraction(time.rate))
    return Fraction(time.value) / rate


def read_otio(text: str) -> list[ReadClip]:
    document = json.loads(text)
    assert document["OTIO_SCHEMA"] == "Timeline.1"
    track = document["tracks"]["children"][0]
    clips, at_s = [], 0.0
    for item in track["children"]:
        start_s, end_s = _range(item["source_range"])
        if item["OTIO_SCHEMA"] == "Clip.2":
            media = item["media_references"]["DEFAULT_MEDIA"]
            markers = [(*_range(m["marked_range"]), m["name"]) for m in item["markers"]]
            media_start_s = _range(media["available_range"])[0]
            times = ((start_s, end_s), at_s, tuple(markers))
            clips.append(ReadClip(item["name"], media["target_url"], media_start_s, *times))
        at_s += end_s - start_s
    return clips


def _range(span: dict[str, dict[str, float]]) -> tuple[float, float]:
    start, duration = span["start_time"], span["duration"]
    start_s = start["value"] / start["rate"]
    return start_s, start_s + duration["value"] / duration["rate"]


def read_fcpxml(text: str) -> list[ReadClip]:
    """By Apple's reference: offsets are of the parent's time, markers of the clip's own."""
    root = ET.fromstring(text)
    assets = {asset.attrib["id"]: asset for asset in root.iter("asset")}
    (sequence,) = root.iter("sequence")
    clips = []
    for item in sequence.iter("asset-clip"):
        asset = assets[item.attrib["ref"]]
        start_s = _fcpx(item.attrib["start"])
        markers = [
            (_fcpx(m.attrib["start"]), _fcpx(m.attrib["start"]) + _fcpx(m.attrib["duration"]),
             m.attrib["value"])
            for m in item.iter("marker")
        ]  # fmt: skip
        clips.append(
            ReadClip(
                item.attrib["name"],
                asset[0].attrib["src"],
                _fcpx(asset.attrib["start"]),
                (start_s, start_s + _fcpx(item.attrib["duration"])),
                _fcpx(item.attrib["offset"]) - _fcpx(sequence.attrib["tcStart"]),
                tuple(markers),
            )
        )
    return clips


def _fcpx(time: str) -> Fraction:
    assert time.endswith("s")
    return Fraction(time.removesuffix("s"))


def read_edl(text: str, rate: Fraction) -> list[ReadClip]:
    timeline = otio.adapters.read_from_string(text, "cmx_3600", rate=float(rate))
    events = [part for part in text.split("\n\n") if " AX " in part]
    clips = list(timeline.find_clips())
    return [
        ReadClip(
            clip.name,
            "",
            0,
            source := (_s(clip.source_range.start_time), _s(_end(clip.source_range))),
            _s(clip.range_in_parent().start_time),
            tuple(_locators(event, source[0], rate)),
        )
        for clip, event in zip(clips, events, strict=True)
    ]


def _locators(
    event: str, source_in_s: Seconds, rate: Fraction
) -> Iterator[tuple[Seconds, Seconds, str]]:
    """Locators are points on the timeline, and have no length."""
    record_in = _label_s(event.split("\n* ", maxsplit=1)[0].split()[-2], rate)
    for label, text in re.findall(r"^\* LOC: (\S+) [A-Z]+ +(.*)$", event, re.MULTILINE):
        at_s = source_in_s + _label_s(label, rate) - record_in
        yield at_s, at_s, text


def read_resolve_markers(text: str, rate: Fraction) -> list[tuple[Seconds, Seconds, str, str]]:
    """(start_s on the timeline's own timecode, end_s, colour, text) of every marker."""
    found = re.findall(
        r"^\d{3,}  001      V     C        (\S+) \S+ (\S+) \S+ *\n"
        r"(?:[^|\n]*) \|C:ResolveColor(\w+) \|M:([^|\n]*) \|D:(\d+)$",
        text,
        re.MULTILINE,
    )
    assert all(source == record for source, record, *_ in found)
    return [
        (_label_s(at, rate), _label_s(at, rate) + int(length) / rate, colour, text)
        for _, at, colour, text, length in found
    ]


def _label_s(label: str, rate: Fraction) -> Fraction:
    time = opentime.from_timecode(label, float(rate))
    return Fraction(time.value) / rate


def fcpxml_faults(text: str, dtd: str) -> list[str]:
    """What a document type definition has against the document."""
    definition = lxml.etree.DTD(StringIO(dtd))
    definition.validate(lxml.etree.fromstring(text.encode()))
    return [f"line {error.line}: {error.message}" for error in definition.error_log]


OUR_PART_OF_FCPXML = """
<!-- FCPXML 1.9 as far as vidindex writes it. Each model here lets through only what Apple's
     FCPXMLv1_9.dtd lets through for that element, so what fits this fits that. -->
<!ELEMENT fcpxml (resources, library)>
<!ATTLIST fcpxml version (1.9) #REQUIRED>
<!ELEMENT resources (format | asset)+>
<!ELEMENT format EMPTY>
<!ATTLIST format id ID #REQUIRED frameDuration CDATA #REQUIRED
                 width CDATA #REQUIRED height CDATA #REQUIRED>
<!ELEMENT asset (media-rep)>
<!ATTLIST asset id ID #REQUIRED name CDATA #REQUIRED start CDATA #REQUIRED
                duration CDATA #REQUIRED hasVideo (1) #REQUIRED format IDREF #REQUIRED
                hasAudio (1) #IMPLIED audioSources CDATA #IMPLIED>
<!ELEMENT media-rep EMPTY>
<!ATTLIST media-rep kind (original-media) #REQUIRED src CDATA #REQUIRED>
<!ELEMENT library (event)>
<!ELEMENT event (project)>
<!ATTLIST event name CDATA #REQUIRED>
<!ELEMENT project (sequence)>
<!ATTLIST project name CDATA #REQUIRED>
<!ELEMENT sequence (spine)>
<!ATTLIST sequence format IDREF #REQUIRED duration CDATA #REQUIRED tcStart CDATA #REQUIRED
                   tcFormat (DF | NDF) #REQUIRED>
<!ELEMENT spine (asset-clip | gap)*>
<!ELEMENT asset-clip (note?, conform-rate?, marker*)>
<!ATTLIST asset-clip ref IDREF #REQUIRED name CDATA #REQUIRED offset CDATA #REQUIRED
                     start CDATA #REQUIRED duration CDATA #REQUIRED format IDREF #REQUIRED
                     tcFormat (DF | NDF) #REQUIRED>
<!ELEMENT gap EMPTY>
<!ATTLIST gap name CDATA #REQUIRED offset CDATA #REQUIRED start CDATA #REQUIRED
              duration CDATA #REQUIRED>
<!ELEMENT note (#PCDATA)>
<!ELEMENT conform-rate EMPTY>
<!ATTLIST conform-rate scaleEnabled (0 | 1) #REQUIRED
                       srcFrameRate (23.98 | 24 | 25 | 29.97 | 30 | 60 | 47.95 | 48 | 50 | 59.94)
                       #IMPLIED>
<!ELEMENT marker EMPTY>
<!ATTLIST marker start CDATA #REQUIRED duration CDATA #REQUIRED value CDATA #REQUIRED
                 note CDATA #IMPLIED>
"""
