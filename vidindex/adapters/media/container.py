"""Open a media file with PyAV, or say in one line why that fails.

Only local files are read: a playlist that names other files or addresses is refused.
"""

import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import av
import av.error
from av.container import InputContainer
from av.video.stream import VideoStream

from vidindex.errors import ProbeError

# Demuxers that make a "video" of a text, a still picture or a list of other files.
_NO_VIDEO = {
    "concat": "a list of other files",
    "hls": "a playlist of other files",
    "dash": "a playlist of other files",
    "image2": "a still picture",
    "tty": "a text",
}
_BOXES = {b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip"}

av.logging.set_level(None)  # what matters is raised; stderr belongs to the progress display


@contextmanager
def opened(path: Path, format_name: str = "") -> Iterator[InputContainer]:
    """The open container. Raises ProbeError, also for what the reading inside `with` raises.

    format_name: FFmpeg's name of its format, for a path without a telling suffix.
    """
    _check_file(path)
    try:
        # "file:": a name with a colon is no protocol. Tags in an odd encoding are no reason
        # to refuse a file.
        with av.open(
            f"file:{path}",
            format=format_name or None,
            options={"protocol_whitelist": "file"},
            metadata_errors="replace",
        ) as container:
            _check_format(path, container.format.name)
            yield container
    except FileNotFoundError as error:
        raise ProbeError(f"{path.name} vanished while it was read", "ingest it again") from error
    except av.error.InvalidDataError as error:
        raise _unreadable(path) from error
    except (av.error.FFmpegError, OSError) as error:
        reason = getattr(error, "strerror", None) or error
        hint = "copy it again from its source"
        raise ProbeError(f"{path.name} cannot be read: {reason}", hint) from error


def video_index(path: Path) -> int | None:
    """The video stream of the file that is shown; None where none can be decoded.

    FFmpeg's choice, but a single picture (a cover, a title card) never hides a film. A cover
    is shown where the file has no other picture, and sound.
    """
    with opened(path) as container:
        # No codec context: a codec that FFmpeg does not know.
        videos = [one for one in container.streams.video if one.codec_context is not None]
        films = [one for one in videos if not is_cover(one)]
        best = container.streams.best("video")
        films.sort(key=lambda one: (one is not best, -one.width * one.height, one.index))
        if len(films) > 1:
            films = _moving(container, films) or films
        covers = videos if container.streams.audio else []
        return next((one.index for one in (*films, *covers)), None)


def _moving(container: InputContainer, films: list[VideoStream]) -> list[VideoStream]:
    """Those of more than one picture; reading ends when the first of them is known to be one."""
    counts = dict.fromkeys((one.index for one in films), 0)
    try:
        for packet in container.demux(films):
            counts[packet.stream_index] += bool(packet.size)
            if counts[films[0].index] > 1:
                break
    except av.error.FFmpegError:
        pass  # what follows a break cannot be shown
    return [one for one in films if counts[one.index] > 1]


def is_cover(stream: VideoStream) -> bool:
    """Whether this "video" is one picture attached to a piece of music or a film."""
    return bool(stream.disposition & av.stream.Disposition.attached_pic)


def _check_file(path: Path) -> None:
    try:
        found = path.stat()
    except FileNotFoundError as error:
        raise ProbeError(f"{path.name} is not there any more ({path})", "ingest again") from error
    except OSError as error:
        raise ProbeError(f"{path.name} cannot be read: {error.strerror}", "check it") from error
    if stat.S_ISDIR(found.st_mode):
        raise ProbeError(f"{path.name} is a folder, not a file", "name the files in it")
    if not stat.S_ISREG(found.st_mode):
        raise ProbeError(f"{path.name} is a device or pipe, not a file", "save it to a file")
    if found.st_size == 0:
        hint = "copy it again from its source, or delete it"
        raise ProbeError(f"{path.name} is empty (0 bytes)", hint)


def _check_format(path: Path, name: str) -> None:
    kind = "a still picture" if name.endswith("_pipe") else _NO_VIDEO.get(name)
    if kind:
        raise ProbeError(f"{path.name} is {kind} ({name}), not a video", "leave it out")


def _unreadable(path: Path) -> ProbeError:
    """Distinguish a broken MP4 from a file that never was a video."""
    with path.open("rb") as file:
        head = file.read(12)
    size = path.stat().st_size
    if head[4:8] in _BOXES:
        message = f"{path.name} ({size:,} bytes) has no usable MP4 index (moov): it was cut short"
        return ProbeError(message, "copy it again, or repair it with a tool such as untrunc")
    message = f"{path.name} ({size:,} bytes) is not a video: no container begins with {head!r}"
    return ProbeError(message, "delete it, or give it the suffix of what it is")
