"""Resolve a video id to a file that may be opened: indexed, and unchanged."""

import os
import stat
from pathlib import PurePath

from vidindex.adapters.media.verified_open import open_at
from vidindex.app import App
from vidindex.composition import build_file_reader
from vidindex.errors import MediaError
from vidindex.types import Location, VideoInfo
from vidindex.web.errors import HttpError
from vidindex.web.proxies import MediaFile

_MP4_VIDEO = {"h264", "av1", "vp9"}
_MP4_SOUND = {"aac", "mp3", "flac", "opus"}
_WEBM_VIDEO = {"vp8", "vp9", "av1"}
_WEBM_SOUND = {"opus", "vorbis"}
_H264_PIXELS = {"", "yuv420p", "yuvj420p"}
"""Of H.264 browsers decode eight bits of 4:2:0, whatever else the codec can be."""


def content_type(video: VideoInfo, path: PurePath) -> str | None:
    """The media type to serve it under; None where a browser could not show or sound it all.

    WebM and Matroska are distinguished by the name: what FFmpeg finds inside is the same.
    """
    sound = {stream.codec for stream in video.audio}
    if video.clock is not None:
        return None  # a browser would follow the file's own times
    if video.container in ("mov", "mp4"):
        plain = video.codec != "h264" or video.pixel_format in _H264_PIXELS
        return "video/mp4" if plain and _all(video, sound, _MP4_VIDEO, _MP4_SOUND) else None
    if video.container == "matroska" and path.suffix.lower() == ".webm":
        return "video/webm" if _all(video, sound, _WEBM_VIDEO, _WEBM_SOUND) else None
    return None


def _all(video: VideoInfo, sound: set[str], videos: set[str], sounds: set[str]) -> bool:
    return video.codec in videos and sound <= sounds


def known_video(app: App, video_id: str) -> VideoInfo:
    """Raises Refused where the library has none of that id."""
    found = app.library.videos.get(video_id)
    if found is None:
        raise HttpError(404, f"no video {video_id!r} in the library", "see /api/videos")
    return found


def media_file(app: App, video_id: str) -> MediaFile:
    """The video where it can be read. Raises HttpError where it is not, or is not what it was."""
    video = known_video(app, video_id)
    for location in app.library.videos.locations(video_id):
        if is_there(location):
            return MediaFile(video, location, content_type(video, location.path))
    name = app.library.videos.name(video_id)
    raise HttpError(409, f"{name} is gone, or was changed", "ingest its folder again")


def open_media(file: MediaFile) -> int:
    """A descriptor of the very file that was indexed, for the caller to close.

    Raises HttpError where a link, or another file, is in its place.
    """
    try:
        return build_file_reader().open_indexed(file.video.source(file.location))
    except MediaError as error:
        raise HttpError(409, error.message, error.hint) from error


def is_there(location: Location) -> bool:
    """Whether a regular file of the size that was indexed is there, without following links."""
    try:
        descriptor = open_at(location.root, location.path, linked=location.linked)
        try:
            seen = os.fstat(descriptor)
        finally:
            os.close(descriptor)
    except OSError:
        return False
    return stat.S_ISREG(seen.st_mode) and seen.st_size == location.size_bytes
