"""Resolve a video id to a file that may be opened: indexed, and unchanged."""

import stat
from pathlib import PurePath

from vidindex.app import App
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

    WebM and Matroska are told apart by the name: what FFmpeg finds inside is the same.
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
    """The video where it can be read. Raises Refused where it is not, or is not what it was."""
    video = known_video(app, video_id)
    place = next((one for one in app.library.videos.locations(video_id) if is_there(one)), None)
    if place is None:
        name = app.library.videos.name(video_id)
        raise HttpError(409, f"{name} is gone, or was changed", "ingest its folder again")
    return MediaFile(video, place.path, content_type(video, place.path))


def is_there(place: Location) -> bool:
    """Whether the file at this place is the one that was indexed, by its size and time.

    So nobody who can put a link in its place is served another file.
    """
    try:
        seen = place.path.stat()
    except OSError:
        return False
    same = (seen.st_size, seen.st_mtime_ns) == (place.size_bytes, place.mtime_ns)
    return stat.S_ISREG(seen.st_mode) and same
