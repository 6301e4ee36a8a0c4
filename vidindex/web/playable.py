"""Which videos browsers play as they are; knows no file and no library."""

from pathlib import PurePath

from vidindex.types import VideoInfo

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
    if video.container in ("mov", "mp4"):
        plain = video.codec != "h264" or video.pixel_format in _H264_PIXELS
        return "video/mp4" if plain and _all(video, sound, _MP4_VIDEO, _MP4_SOUND) else None
    if video.container == "matroska" and path.suffix.lower() == ".webm":
        return "video/webm" if _all(video, sound, _WEBM_VIDEO, _WEBM_SOUND) else None
    return None


def _all(video: VideoInfo, sound: set[str], videos: set[str], sounds: set[str]) -> bool:
    return video.codec in videos and sound <= sounds
