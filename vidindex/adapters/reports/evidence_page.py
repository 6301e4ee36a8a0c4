"""Render the sheet of an evidence package as one HTML file, pictures inside."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import TextIO

from markupsafe import Markup

from vidindex.adapters.reports import answer_text as words
from vidindex.adapters.reports.templating import data_url, render
from vidindex.core.evidence.manifest import MANIFEST, SUMS
from vidindex.core.timing.event_timestamps import source_text, wall_at
from vidindex.core.timing.wall_clock import wall_clock
from vidindex.types import Camera, Frame, VideoTimeline
from vidindex.types.package import Original, Package, PackedHit
from vidindex.types.sheet import Encode, Outline


def write_evidence(package: Package, encode: Encode, stream: TextIO) -> None:
    """Write the sheet; the pictures make most of its size, some 20 to 200 kB each."""

    def picture(frame: Frame, outlines: Sequence[Outline] = ()) -> Markup:
        return data_url(encode(frame.picture, outlines))

    values = {
        "package": package,
        "words": words,
        "picture": picture,
        "more": more,
        "modified": modified,
        "manifest": MANIFEST,
        "sums": SUMS,
    }
    render("evidence.html", values, stream)


def more(one: PackedHit, package: Package) -> list[tuple[str, str | list[str]]]:
    """What a package says of a hit beyond its verdict."""
    hit, video = one.hit, one.video
    asked = f"“{hit.query.text}”, hit {hit.rank} of the answer" if hit.query.text else ""
    values: dict[str, str | list[str]] = {
        "Search": asked,
        "Timecode": _timecode(one),
        "Recorded": _recorded(one),
        "Clock": clock(video),
        "Standard": words.standard(one.standard) if one.standard else "",
        "Gaps": [words.stretch(gap.since, gap.until) for gap in one.gaps],
        "File": list(_files(one, package.originals)),
        "Clip": _clip(one),
        "Derived": [file.path for file in one.files if file.kind != "clip"],
    }
    return [(name, value) for name, value in values.items() if value]


def _clip(one: PackedHit) -> str:
    """The path of the hit's clip, and the note that a clip is not an original."""
    if one.clip is None:
        return ""
    if one.clip.file is None:
        return f"not in this package: {one.clip.clip.problem}"
    notes = "".join(f"; {note}" for note in one.clip.clip.notes)
    return f"{one.clip.file.path}: a derivative, cut and re-encoded, not the original{notes}"


def _timecode(one: PackedHit) -> str:
    span = one.hit.span
    start, end = (source_text(one.video, at_s) for at_s in (span.start_s, span.end_s))
    return f"{start} – {end}" if start and end else ""


def _recorded(one: PackedHit) -> str:
    """The wall clock of the hit; "" where it is unknown."""
    span = one.hit.span
    start, end = (wall_at(one.video, at_s) for at_s in (span.start_s, span.end_s))
    return words.stretch(start, end, "milliseconds") if start and end else ""


def _files(one: PackedHit, originals: Sequence[Original]) -> Iterator[str]:
    """Where the hit's file is in the package; of a proxy also where its original is."""
    for original in originals:
        if original.video.video_id in (one.hit.video_id, one.original):
            role = "the original of this proxy: " if original.video.video_id == one.original else ""
            missing = f"not in this package: {original.problem}"
            yield role + (original.file.path if original.file else missing)


def clock(video: VideoTimeline) -> str:
    """Whose clock the wall clock is, and how it was put right."""
    info = video.video
    known = wall_clock(info.recorded_at, info.recorded_at_from, video.camera)
    if known is None:
        return ""
    by = f"first frame at {known.recorded_at.isoformat(' ', 'milliseconds')}"
    source = f", by the {info.recorded_at_from}" if info.recorded_at_from else ""
    return f"{by}{source}; {_correction(known.camera)}"


def _correction(camera: Camera | None) -> str:
    if camera is None or not (camera.offset_s or camera.drift):
        return "not corrected"
    fact = f"the clock of {camera.name} corrected by {camera.offset_s:+.3f} s"
    if not camera.drift or camera.drift_from is None:
        return fact
    since = camera.drift_from.isoformat(" ", "seconds")
    return f"{fact} and {camera.drift * 86_400:+.3f} s a day since {since}"


def modified(one: Original) -> str:
    """When the original was last written to, in UTC."""
    if one.mtime_ns is None:
        return ""
    return datetime.fromtimestamp(one.mtime_ns / 1e9, UTC).isoformat(" ", "seconds")
