"""Turn the subtitles of a video, embedded or beside it, into timed events.

Text streams are demuxed by PyAV, files beside the video are read by `sidecars`. Times are
media time. What cannot be read costs that track only, and is reported.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import av

from vidindex.adapters.media.sidecars import (
    Line,
    PictureSubtitles,
    leads_out,
    on_one_line,
    plain_text,
    sidecar_lines,
)
from vidindex.adapters.media.verified_open import opened_source
from vidindex.core.timing.clock_map import retimed
from vidindex.errors import MediaError
from vidindex.types import (
    Event,
    Location,
    Source,
    Span,
    SubtitleEvents,
    SubtitleStream,
    VideoInfo,
)

_SHOWN_UNTIL_NEXT_S = 5.0
"""A line whose stream gives no end lasts this long, or until the next one."""


@dataclass(slots=True)
class _Tracks:
    """What was gathered from all tracks of one video."""

    video: VideoInfo
    events: list[Event] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    sidecars: set[tuple[str, tuple[Line, ...]]] = field(default_factory=set)

    def add(self, lines: Sequence[Line], source: str) -> None:
        """Add lines as events, clipped to the video; those outside it are counted."""
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
            "are outside the video and left out": outside,
            "do not end after they begin and are left out": reversed_,
            "reach beyond the video and are cut": clipped,
        }
        for what, count in counted.items():
            if count:
                self.notes.append(f"{source}: {count} of {len(lines)} lines {what}")


def read_subtitles(
    video: VideoInfo,
    file: Path | Location,
    sidecars: Sequence[Path],
    *,
    follow_links: bool = False,
) -> SubtitleEvents:
    """Every line of every subtitle track, in order of time.

    file: of the video; see `VideoInfo.source`.
    sidecars: subtitle files beside the video, or beside copies of it; of two with the
    same name and lines, one counts. One that is a link out of its folder is noted and not
    followed, unless `follow_links`.

    An event's source is "stream:2:en" (the language where it is known) or
    "sidecar:film.en.srt". A track that cannot be read is among the problems;
    lines that were cut or left out, and subtitles that are pictures, are noted.
    """
    tracks = _Tracks(video)
    for stream in video.subtitles:
        _read_stream(tracks, video.source(file), stream)
    for sidecar in sidecars:
        if follow_links or not leads_out(sidecar):
            _read_sidecar(tracks, sidecar, follow_links)
        else:
            what = "a link that leads out of its folder, not followed (--follow-links)"
            tracks.notes.append(f"sidecar:{sidecar.name}: {what}")
    tracks.events.sort(key=lambda event: (event.span, event.source))
    return SubtitleEvents(tuple(tracks.events), tuple(tracks.problems), tuple(tracks.notes))


# Embedded streams


def _read_stream(tracks: _Tracks, file: Source, stream: SubtitleStream) -> None:
    source = f"stream:{stream.index}" + (f":{stream.language}" if stream.language else "")
    if not stream.is_text:
        tracks.notes.append(f"{source}: {stream.codec} subtitles are pictures, not text")
        return
    try:
        tracks.add(_embedded_lines(file, stream.index), source)
    except MediaError as error:
        tracks.problems.append(f"{source}: {error}")


def _embedded_lines(file: Source, index: int) -> list[Line]:
    """The lines of one stream; FFmpeg hands every text format over as ASS dialogue."""
    lines: list[Line] = []
    with opened_source(file) as container:
        stream = container.streams[index]
        for packet in retimed(container.demux(stream), file.clock, file.start_s):
            if packet.pts is None or packet.time_base is None:
                continue
            start_s = float(packet.pts * packet.time_base) - file.start_s
            lasts_s = float((packet.duration or 0) * packet.time_base)
            spoken = (
                one for one in packet.decode() if isinstance(one, av.subtitles.subtitle.AssSubtitle)
            )
            text = "\n".join(plain_text(one.dialogue.decode("utf-8", "replace")) for one in spoken)
            lines.append((start_s, start_s + lasts_s, text))
    return on_one_line(_with_ends(lines))


def _with_ends(lines: Sequence[Line]) -> Iterator[Line]:
    """Lines with text; one without an end lasts until the next begins, if only an empty one."""
    for i, (start_s, end_s, text) in enumerate(lines):
        until_s = start_s + _SHOWN_UNTIL_NEXT_S
        if i + 1 < len(lines):
            until_s = min(until_s, lines[i + 1][0])
        if text:
            yield start_s, end_s if end_s > start_s else until_s, text


# Sidecar files


def _read_sidecar(tracks: _Tracks, path: Path, follow_links: bool) -> None:
    source = f"sidecar:{path.name}"
    try:
        lines, guessed = sidecar_lines(path, tracks.video.average_fps, follow_links=follow_links)
    except PictureSubtitles:
        tracks.notes.append(f"{source}: VobSub subtitles are pictures, not text")
        return
    except MediaError as error:
        tracks.problems.append(f"{source}: {error}")
        return
    if (content := (path.name, tuple(lines))) in tracks.sidecars:
        return  # beside a copy of the video is a copy of the file
    tracks.sidecars.add(content)
    if guessed:
        tracks.notes.append(f"{source}: not UTF-8; read as {guessed}, which may be wrong")
    tracks.add(lines, source)
