"""The one way from a video's id to a file that may be opened: what was indexed, unchanged."""

import stat

from vidindex.app import App
from vidindex.types import Location, VideoInfo
from vidindex.web.errors import Refused
from vidindex.web.playable import content_type
from vidindex.web.proxies import MediaFile


def known_video(app: App, video_id: str) -> VideoInfo:
    """Raises Refused where the library has none of that id."""
    found = app.library.videos.get(video_id)
    if found is None:
        raise Refused(404, f"no video {video_id!r} in the library", "see /api/videos")
    return found


def media_file(app: App, video_id: str) -> MediaFile:
    """The video where it can be read. Raises Refused where it is not, or is not what it was."""
    video = known_video(app, video_id)
    place = next((one for one in app.library.videos.locations(video_id) if is_there(one)), None)
    if place is None:
        name = app.library.videos.name(video_id)
        raise Refused(409, f"{name} is gone, or was changed", "ingest its folder again")
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
