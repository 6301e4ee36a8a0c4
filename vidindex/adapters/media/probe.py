"""Probe a video file: streams, times, size, rotation.

Media time 0 is the container's start, the earliest of its streams, as FFmpeg counts.
Edit lists are obeyed as FFmpeg does by default. A file that cannot be used is refused
here, with one line that says what it is, before anything is spent on it.
"""

import math
import struct
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import cast

import av
from av.buffer import Buffer
from av.container import InputContainer
from av.packet import Packet
from av.stream import Stream
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from vidindex.adapters.media.container import opened, video_index
from vidindex.adapters.media.frame_times import Extent, measure
from vidindex.core.timing.timecode import camera_rate
from vidindex.errors import ProbeError
from vidindex.types import AudioStream, SubtitleStream, VideoInfo
from vidindex.types.media import GENERATED_COMMENT

# A decoder that gives no picture for this many packets gives none at all.
MAX_PACKETS_TO_FIRST_PICTURE = 300
_PICTURE_SUBTITLES = {"hdmv_pgs_subtitle", "dvd_subtitle", "dvb_subtitle", "xsub"}
# Cameras whose clock was never set write their epoch.
_EARLIEST_YEAR = 1980


def probe(path: Path, video_id: str) -> VideoInfo:
    """Everything there is to know of the file short of its pictures.

    `video_id` is its fingerprint. Raises ProbeError with what is wrong and what to do.
    """
    index = video_index(path)
    with opened(path) as container:
        if index is None:
            raise _no_video(path, container)
        stream = container.streams[index]
        assert isinstance(stream, VideoStream)
        frame = _first_picture(path, container, stream)
        return _info(path, video_id, container, stream, frame, measure(path, index))


def _info(
    path: Path,
    video_id: str,
    container: InputContainer,
    stream: VideoStream,
    frame: VideoFrame,
    extent: Extent,
) -> VideoInfo:
    width, height, rotation_deg, notes = _shape(stream, frame)
    recorded_at = _recorded_at(container)
    return VideoInfo(
        video_id=video_id,
        duration_s=extent.end_s,
        picture_end_s=extent.picture_end_s,
        clock=extent.clock,
        width=width,
        height=height,
        average_fps=float(camera_rate(stream) or extent.num_frames / extent.picture_end_s),
        codec=_codec(stream),
        container=container.format.name.split(",")[0],
        stream_index=stream.index,
        start_s=(container.start_time or 0) / av.time_base,
        rotation_deg=rotation_deg,
        num_frames=extent.num_frames,
        size_bytes=path.stat().st_size,
        pixel_format=frame.format.name,
        audio=tuple(_audio(container)),
        subtitles=tuple(_subtitles(container)),
        recorded_at=recorded_at,
        recorded_at_from="container" if recorded_at else None,
        timecode_start=_timecode(container, stream),
        notes=extent.notes + notes,
        is_generated=_is_generated(container),
    )


def _no_video(path: Path, container: InputContainer) -> ProbeError:
    """Why no stream can be indexed."""
    kinds = [stream.type for stream in container.streams]
    if container.streams.video:
        unknown = [one for one in container.streams.video if one.codec_context is None]
        what = "its video codec is not known to FFmpeg" if unknown else "only a cover picture"
        return ProbeError(f"{path.name} has no usable video: {what}", "leave it out or convert it")
    if "audio" in kinds:
        codec = _codec(container.streams.audio[0])
        return ProbeError(f"{path.name} has no video, only audio ({codec})", "leave it out")
    return ProbeError(
        f"{path.name} has no video (streams: {', '.join(kinds) or 'none'})", "leave it out"
    )


def _first_picture(path: Path, container: InputContainer, stream: VideoStream) -> VideoFrame:
    """Decode up to the first picture: only it gives rotation, and shows that the file decodes."""
    reason = "its video stream is empty"
    for number, packet in enumerate(container.demux(stream)):
        _refuse_encrypted(path, packet)
        try:
            if frames := packet.decode():
                return frames[0]
            reason = "the decoder gave none"
        except av.error.FFmpegError as error:
            reason = str(error.strerror)
        if number >= MAX_PACKETS_TO_FIRST_PICTURE:
            break
    codec = _codec(stream)
    raise ProbeError(
        f"{path.name}: no picture of its video ({codec}) can be decoded: {reason}",
        "it may be damaged or encrypted; play it to see",
    )


def _refuse_encrypted(path: Path, packet: "Packet[VideoStream]") -> None:
    # Common Encryption (ISO/IEC 23001-7): samples come with their own key information.
    if packet.has_sidedata("encryption_info") or packet.has_sidedata("encryption_init_info"):
        raise ProbeError(f"{path.name} is encrypted (CENC)", "ingest a copy without protection")


def _shape(stream: VideoStream, frame: VideoFrame) -> tuple[int, int, int, tuple[str, ...]]:
    """Display width and height (square pixels, upright), the turn that gives them, notes."""
    aspect = stream.sample_aspect_ratio or 1
    width, height = max(1, round(frame.width * aspect)), frame.height
    clockwise_deg, mirrored = _turn(frame)
    notes = ("its display matrix mirrors the picture: shown unmirrored",) if mirrored else ()
    if clockwise_deg % 90:
        return width, height, 0, (f"rotated by {clockwise_deg} degrees: taken as stored", *notes)
    if clockwise_deg % 180:
        width, height = height, width
    return width, height, clockwise_deg, notes


def _turn(frame: VideoFrame) -> tuple[int, bool]:
    """How far to turn the stored picture clockwise, and whether it is to be mirrored as well.

    The display matrix is ((a, b, u), (c, d, v), (x, y, w)) (ISO/IEC 14496-12, 8.3.2). A
    mirror is a rotation whose first column is negated; what is left is the turn.
    """
    # PyAV's type hints know motion vectors only.
    matrix = cast("Mapping[str, Buffer]", frame.side_data).get("DISPLAYMATRIX")
    if matrix is None:
        return 0, False
    a, b, _, c, d, *_ = struct.unpack("=9i", bytes(matrix))
    mirrored = a * d - b * c < 0
    return round(math.degrees(math.atan2(b, -a if mirrored else a))) % 360, mirrored


def _audio(container: InputContainer) -> Iterator[AudioStream]:
    for stream in container.streams.audio:
        yield AudioStream(stream.index, _codec(stream), stream.language)


def _subtitles(container: InputContainer) -> Iterator[SubtitleStream]:
    for stream in container.streams.subtitles:
        codec = _codec(stream)
        yield SubtitleStream(stream.index, codec, stream.language, codec not in _PICTURE_SUBTITLES)


def _codec(stream: Stream) -> str:
    context = getattr(stream, "codec_context", None)  # None for a codec FFmpeg does not know
    return context.codec.canonical_name if context else "unknown"


def _recorded_at(container: InputContainer) -> datetime | None:
    tags = {key.lower(): value for key, value in container.metadata.items()}
    for key in ("com.apple.quicktime.creationdate", "creation_time", "date"):
        try:
            at = datetime.fromisoformat(tags[key])
        except (KeyError, ValueError):
            continue
        if at.year >= _EARLIEST_YEAR and "T" in tags[key]:  # a day alone is no wall clock
            return at if at.tzinfo else at.replace(tzinfo=UTC)  # containers count in UTC
    return None


def _is_generated(container: InputContainer) -> bool:
    tags = container.metadata.items()
    return any(key.lower() == "comment" and value == GENERATED_COMMENT for key, value in tags)


def _timecode(container: InputContainer, stream: VideoStream) -> str | None:
    """The source timecode as written: of the video, of a tmcd track, of the container.

    Matroska writes the names of its tags in capitals.
    """
    holders = [stream.metadata, *(data.metadata for data in container.streams.data)]
    for tags in [*holders, container.metadata]:
        for name, value in tags.items():
            if name.lower() == "timecode":
                return str(value)
    return None
