"""Subtitles of a video, embedded or beside it, as timed events; judges no content.

Text streams are demuxed by PyAV, files are read by pysubs2. Times are media time.
What cannot be read costs that track only, and is said.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import av
import pysubs2
from av.subtitles.stream import SubtitleStream as AVSubtitleStream

from vidindex.types import Event, Span, SubtitleEvents, SubtitleStream, VideoInfo

SIDECAR_SUFFIXES = (".srt", ".vtt", ".ass", ".ssa", ".sub")
_ENCODINGS = ("utf-8-sig", "utf-16", "cp1252")
_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")
_SHOWN_UNTIL_NEXT_S = 5.0
"""A line whose stream gives no end stands this long, or until the next one."""

_Line = tuple[float, float, str]


@dataclass(slots=True)
class _Tracks:
    """What was gathered from all tracks of one video."""

    video: VideoInfo
    events: list[Event] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    def add(self, lines: Sequence[_Line], source: str) -> None:
        """Lines as events, clipped to the video; those wholly outside are counted."""
        whole = Span(0.0, self.video.duration_s)
        num_outside = 0
        for start_s, end_s, text in lines:
            inside = Span(start_s, end_s).within(whole) if start_s < end_s else None
            if inside is None:
                num_outside += 1
            elif text:
                event = Event(self.video.video_id, inside, text, "subtitle", source)
                self.events.append(event)
        if num_outside:
            self.problems.append(f"{source}: {num_outside} lines lie outside the video")


def find_sidecars(path: Path) -> list[Path]:
    """Subtitle files beside `path` that carry its stem: film.srt, film.en.srt, film.mp4.vtt."""
    try:
        files = sorted(path.parent.iterdir())
    except OSError:
        return []
    return [
        file
        for file in files
        if file.suffix.lower() in SIDECAR_SUFFIXES
        and (file.stem == path.stem or file.name.startswith((f"{path.stem}.", f"{path.name}.")))
    ]


def read_subtitles(video: VideoInfo, path: Path) -> SubtitleEvents:
    """Every line of every subtitle track, in order of time."""
    tracks = _Tracks(video)
    for stream in video.subtitles:
        _read_stream(tracks, path, stream)
    for sidecar in find_sidecars(path):
        _read_sidecar(tracks, sidecar)
    tracks.events.sort(key=lambda event: (event.span, event.source))
    return SubtitleEvents(tuple(tracks.events), tuple(tracks.problems))


def _read_stream(tracks: _Tracks, path: Path, stream: SubtitleStream) -> None:
    source = f"stream:{stream.index}" + (f":{stream.language}" if stream.language else "")
    if not stream.is_text:
        tracks.problems.append(f"{source}: {stream.codec} subtitles are pictures, not text")
        return
    try:
        tracks.add(_embedded_lines(path, stream.index, tracks.video.start_s), source)
    except (av.FFmpegError, OSError) as error:
        tracks.problems.append(f"{source}: cannot be read ({error})")


def _embedded_lines(path: Path, index: int, container_start_s: float) -> list[_Line]:
    lines: list[_Line] = []
    with av.open(str(path)) as container:
        stream = container.streams[index]
        assert isinstance(stream, AVSubtitleStream)
        for packet in container.demux(stream):
            if packet.pts is None or packet.time_base is None:
                continue
            start_s = float(packet.pts * packet.time_base) - container_start_s
            lasts_s = float((packet.duration or 0) * packet.time_base)
            text = " ".join(_text(line) for line in packet.decode())
            lines.append((start_s, start_s + lasts_s, " ".join(text.split())))
    return list(_with_ends(lines))


def _with_ends(lines: Sequence[_Line]) -> Iterator[_Line]:
    """Lines with text; one without an end lasts until the next begins."""
    for i, (start_s, end_s, text) in enumerate(lines):
        until_s = start_s + _SHOWN_UNTIL_NEXT_S
        if i + 1 < len(lines):
            until_s = min(until_s, lines[i + 1][0])
        if text:
            yield start_s, end_s if end_s > start_s else until_s, text


def _text(line: object) -> str:
    """FFmpeg hands every text subtitle over as an ASS dialogue line; tags are dropped."""
    dialogue = getattr(line, "dialogue", b"") or getattr(line, "ass", b"")
    words = dialogue.decode("utf-8", "replace") if isinstance(dialogue, bytes) else str(dialogue)
    return _plain(pysubs2.SSAEvent(text=words))


def _read_sidecar(tracks: _Tracks, path: Path) -> None:
    source = f"sidecar:{path.name}"
    try:
        subtitles = pysubs2.SSAFile.from_string(_decoded(path.read_bytes()))
    except (OSError, ValueError, pysubs2.exceptions.Pysubs2Error) as error:
        tracks.problems.append(f"{source}: cannot be read ({type(error).__name__}: {error})")
        return
    lines = [
        (line.start / 1000, line.end / 1000, _plain(line))
        for line in subtitles
        if not line.is_comment
    ]
    if not lines:
        tracks.problems.append(f"{source}: no line in it")
    tracks.add(lines, source)


def _plain(line: pysubs2.SSAEvent) -> str:
    """The words of a line: no override tags, no HTML, one line."""
    return " ".join(line.plaintext.replace("\u200b", "").split())


def _decoded(content: bytes) -> str:
    """The text of a file in UTF-8, UTF-16 (by its mark) or Windows-1252; raises ValueError."""
    for encoding in _ENCODINGS:
        if encoding == "utf-16" and not content.startswith(_UTF16_MARKS):
            continue
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise ValueError("neither UTF-8, UTF-16 nor Windows-1252; save it as UTF-8")
