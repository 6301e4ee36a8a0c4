"""Small values to fill a library with; real ones, just short."""

from datetime import datetime
from pathlib import Path

from store import Library
from vidindex.types import AudioStream, Channel, Event, Location, Span, VideoInfo

FOOTAGE = Path("/footage").absolute()


def video(
    video_id: str = "a" * 32,
    *,
    duration_s: float = 100.0,
    sound: bool = True,
    recorded_at: datetime | None = None,
    camera: str | None = None,
) -> VideoInfo:
    return VideoInfo(
        video_id=video_id,
        duration_s=duration_s,
        width=640,
        height=360,
        average_fps=25.0,
        codec="h264",
        container="mp4",
        stream_index=0,
        start_s=0.0,
        rotation_deg=0,
        num_frames=int(duration_s * 25),
        size_bytes=1000,
        audio=(AudioStream(1, "aac", "en"),) if sound else (),
        recorded_at=recorded_at,
        camera=camera,
    )


def place(name: str = "film.mp4", root: Path = FOOTAGE, mtime_ns: int = 1) -> Location:
    return Location(root, root / name, mtime_ns, 1000)


def add_video(library: Library, info: VideoInfo, name: str) -> str:
    """Store a video that is at FOOTAGE/name; its id."""
    library.videos.put(info)
    library.videos.put_location(info.video_id, place(name))
    return info.video_id


def event(
    text: str,
    start_s: float = 0.0,
    end_s: float = 10.0,
    *,
    video_id: str = "a" * 32,
    channel: Channel = "caption",
    source: str = "model",
) -> Event:
    return Event(video_id, Span(start_s, end_s), text, channel, source)
