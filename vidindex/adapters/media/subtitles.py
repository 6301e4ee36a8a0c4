"""Subtitles of a video, embedded or beside it, as timed events; judges no content.

Text streams are demuxed by PyAV, files are read by pysubs2. Times are media time.
What cannot be read costs that track only, and is said.
"""

import html
import re
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

import av
import pysubs2

from vidindex.adapters.media.container import opened
from vidindex.errors import MediaError, ProbeError
from vidindex.types import Event, Span, SubtitleEvents, SubtitleStream, VideoInfo

SIDECAR_SUFFIXES = (".srt", ".vtt", ".ass", ".ssa", ".sub")
_SETTLED_NS = 2_000_000_000  # as coarse as file times get
_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")
_SHOWN_UNTIL_NEXT_S = 5.0
"""A line whose stream gives no end stands this long, or until the next one."""

_WORD_TIME = re.compile(r"<[\d:.]+>")
_Line = tuple[float, float, str]


@dataclass(slots=True)
class _Tracks:
    """What was gathered from all tracks of one video."""

    video: VideoInfo
    events: list[Event] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def add(self, lines: Sequence[_Line], source: str) -> None:
        """Lines as events, clipped to the video; what lies outside or ends too early is counted."""
        whole = Span(0.0, self.video.duration_s)
        reversed_, outside, clipped = 0, 0, 0
        for start_s, end_s, text in lines:
            if start_s >= end_s:
                reversed_ += 1
                continue
            inside = Span(start_s, end_s).within(whole)
            if inside is None:
                outside += 1
                continue
            clipped += inside.duration_s < end_s - start_s
            self.events.append(Event(self.video.video_id, inside, text, "subtitle", source))
        counted = {
            "lie outside the video and are left out": outside,
            "do not end after they begin and are left out": reversed_,
            "reach beyond the video and are cut": clipped,
        }
        for what, count in counted.items():
            if count:
                self.notes.append(f"{source}: {count} of {len(lines)} lines {what}")


def find_sidecars(path: Path) -> list[Path]:
    """Subtitle files beside `path` that carry its stem: film.srt, film.en.srt, film.mp4.vtt.

    film.part2.srt belongs to film.part2.mp4 where that lies beside them, not to film.mp4.
    """
    try:
        changed_ns = path.parent.stat().st_mtime_ns
        # What changed just now may change again at what the file system calls the same time.
        settled = time.time_ns() - changed_ns > _SETTLED_NS
        sidecars, stems = (_beside if settled else _beside.__wrapped__)(path.parent, changed_ns)
    except OSError:
        return []
    return [
        path.parent / name
        for name in sidecars.get(path.stem, ())
        if not any(len(stem) > len(path.stem) and stem in stems for stem in _prefixes(name))
    ]


@lru_cache(maxsize=8)
def _beside(folder: Path, _changed_ns: int) -> tuple[dict[str, list[str]], set[str]]:
    """Names of subtitle files by each beginning they have, and the stems of all other files.

    A folder is listed once, not once for each of its files.
    """
    sidecars: dict[str, list[str]] = {}
    stems = set()
    for file in sorted(folder.iterdir()):
        if file.suffix.lower() in SIDECAR_SUFFIXES:
            for prefix in _prefixes(file.name):
                sidecars.setdefault(prefix, []).append(file.name)
        else:
            stems.add(file.stem)
    return sidecars, stems


def _prefixes(name: str) -> list[str]:
    """What stands before each dot of a name."""
    return [name[:i] for i, character in enumerate(name) if character == "."]


def read_subtitles(video: VideoInfo, path: Path) -> SubtitleEvents:
    """Every line of every subtitle track, in order of time.

    An event's source is "stream:2:en" (the language where it is known) or
    "sidecar:film.en.srt". A track that cannot be read is among the problems;
    lines that were cut or left out, and subtitles that are pictures, are noted.
    """
    tracks = _Tracks(video)
    for stream in video.subtitles:
        _read_stream(tracks, path, stream)
    for sidecar in find_sidecars(path):
        _read_sidecar(tracks, sidecar)
    tracks.events.sort(key=lambda event: (event.span, event.source))
    return SubtitleEvents(tuple(tracks.events), tuple(tracks.problems), tuple(tracks.notes))


# Embedded streams


def _read_stream(tracks: _Tracks, path: Path, stream: SubtitleStream) -> None:
    source = f"stream:{stream.index}" + (f":{stream.language}" if stream.language else "")
    if not stream.is_text:
        tracks.notes.append(f"{source}: {stream.codec} subtitles are pictures, not text")
        return
    try:
        tracks.add(_embedded_lines(path, stream.index, tracks.video.start_s), source)
    except ProbeError as error:
        tracks.problems.append(f"{source}: {error}")


def _embedded_lines(path: Path, index: int, container_start_s: float) -> list[_Line]:
    """The lines of one stream; FFmpeg hands every text format over as ASS dialogue."""
    lines: list[_Line] = []
    with opened(path) as container:
        stream = container.streams[index]
        for packet in container.demux(stream):
            if packet.pts is None or packet.time_base is None:
                continue
            start_s = float(packet.pts * packet.time_base) - container_start_s
            lasts_s = float((packet.duration or 0) * packet.time_base)
            spoken = (
                one for one in packet.decode() if isinstance(one, av.subtitles.subtitle.AssSubtitle)
            )
            text = " ".join(_plain(one.dialogue.decode("utf-8", "replace")) for one in spoken)
            lines.append((start_s, start_s + lasts_s, text))
    return list(_with_ends(lines))


def _with_ends(lines: Sequence[_Line]) -> Iterator[_Line]:
    """Lines with text; one without an end lasts until the next begins, if only an empty one."""
    for i, (start_s, end_s, text) in enumerate(lines):
        until_s = start_s + _SHOWN_UNTIL_NEXT_S
        if i + 1 < len(lines):
            until_s = min(until_s, lines[i + 1][0])
        if text:
            yield start_s, end_s if end_s > start_s else until_s, text


# Sidecar files


def _read_sidecar(tracks: _Tracks, path: Path) -> None:
    source = f"sidecar:{path.name}"
    try:
        lines, encoding = _sidecar_lines(path, tracks.video.average_fps)
    except MediaError as error:
        tracks.problems.append(f"{source}: {error}")
        return
    if encoding == "cp1252":
        tracks.notes.append(f"{source}: not UTF-8; read as Windows-1252, which may be wrong")
    tracks.add(lines, source)


def _sidecar_lines(path: Path, average_fps: float) -> tuple[list[_Line], str]:
    """The lines of a file and its encoding. Raises MediaError where there are none to be had."""
    try:
        content, encoding = _decoded(path.read_bytes())
        # Formats that count frames (MicroDVD) may not say how many there are in a second.
        subtitles = pysubs2.SSAFile.from_string(content, fps=average_fps or None)
    except (OSError, ValueError, pysubs2.exceptions.Pysubs2Error) as error:
        hint = "check that it holds subtitles as text, in UTF-8"
        raise MediaError(f"it cannot be read ({error})", hint) from error
    spoken = [line for line in subtitles if not (line.is_comment or line.is_drawing)]
    lines = [(line.start / 1000, line.end / 1000, _plain(line.text)) for line in spoken]
    lines = [line for line in lines if line[2]]
    if not lines:
        raise MediaError("there is no line in it", "delete it, or save it anew as .srt")
    return lines, encoding


def _decoded(content: bytes) -> tuple[str, str]:
    """The text of a file and its encoding: UTF-8, UTF-16 (by its mark) or Windows-1252.

    Raises ValueError for what is no text, or another encoding for certain.
    """
    encodings = ("utf-16",) if content.startswith(_UTF16_MARKS) else ("utf-8-sig", "cp1252")
    for encoding in encodings:
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text, encoding
    raise ValueError("it is no text in UTF-8, UTF-16 or Windows-1252")


def _plain(text: str) -> str:
    """The words of a line: no override tags, no HTML, on one line."""
    words = pysubs2.SSAEvent(text=_WORD_TIME.sub("", text)).plaintext
    return " ".join(html.unescape(words).replace("\u200b", "").split())
