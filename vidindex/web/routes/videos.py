"""List videos, their events, and the facets to filter by."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Annotated, get_args

from fastapi import APIRouter, Query, Response

from pipelines.cameras import wall_clock_of
from store.tables.filter_sql import Chosen
from vidindex.app import App
from vidindex.types import Filters, VideoInfo
from vidindex.web.media_files import content_type, is_there, known_video
from vidindex.web.schemas import (
    CameraFacet,
    Days,
    Facets,
    FileDetails,
    Lanes,
    ListedFile,
    Listing,
    Name,
    Names,
    SearchChannel,
    Seconds,
    VideoId,
    answer,
)
from vidindex.web.state import State
from vidindex.web.strip_events import lanes_of

MAX_EVENTS = 5000

router = APIRouter(prefix="/api", tags=["videos"])


@router.get("/facets", response_model=Facets)
async def facets(state: State) -> Response:
    """Cameras, days and kinds of text to filter by."""
    return answer(await state.read(_facets))


@router.get("/videos", response_model=Listing)
async def videos(
    state: State,
    text: Name = "",
    camera: Annotated[Names, Query()] = [],  # noqa: B006
    day: Annotated[Days, Query()] = [],  # noqa: B006
    since: datetime | None = None,
    until: datetime | None = None,
    offset: Annotated[int, Query(ge=0, le=10**9)] = 0,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> Response:
    """Videos in the order of their paths. text: a part of the name."""
    asked = Filters(cameras=tuple(camera), days=tuple(day), since=since, until=until)

    def listing(app: App) -> Listing:
        found = _matching(app, app.narrowed(asked), text.casefold())
        rows = [_listed(app, video) for video in found[offset : offset + limit]]
        return Listing(len(found), rows)

    return answer(await state.read(listing))


@router.get("/videos/{video_id}", response_model=FileDetails)
async def video(state: State, video_id: VideoId) -> Response:
    """One video, with its location."""
    return answer(await state.read(lambda app: _details(app, video_id)))


@router.get("/videos/{video_id}/events", response_model=Lanes)
async def events(
    state: State,
    video_id: VideoId,
    channels: Annotated[list[SearchChannel], Query(max_length=5)] = [],  # noqa: B006
    start_s: Annotated[Seconds, Query()] = 0.0,
    end_s: Annotated[Seconds, Query()] = 1e7,
    limit: Annotated[int, Query(ge=1, le=MAX_EVENTS)] = 2000,
) -> Response:
    """Events that touch the stretch, and running clocks, thinned evenly to `limit`."""

    def lanes(app: App) -> Lanes:
        known_video(app, video_id)
        return lanes_of(app.library, video_id, channels, start_s, end_s, limit)

    return answer(await state.read(lanes))


def _matching(app: App, filters: Filters, text: str) -> list[VideoInfo]:
    library = app.library.videos
    wanted = library.selected(filters) if filters != Filters() else None
    return [
        one
        for one in library.all()
        if (wanted is None or one.video_id in wanted)
        and (not text or text in library.name(one.video_id).casefold())
    ]


def _listed(app: App, video: VideoInfo) -> ListedFile:
    library, video_id = app.library, video.video_id
    clock = wall_clock_of(library, video_id)
    recording = library.recordings.of_video(video_id)
    location = library.videos.present_location(video_id)
    return ListedFile(
        video_id=video_id,
        name=library.videos.name(video_id),
        duration_s=video.duration_s,
        width=video.width,
        height=video.height,
        camera=video.camera or (recording.camera if recording else None),
        starts_at=clock.at(0.0) if clock else None,
        num_events=library.events.count(video_id),
        present=location is not None and is_there(location),
        playable=location is not None and content_type(video, location.path) is not None,
    )


def _details(app: App, video_id: str) -> FileDetails:
    video = known_video(app, video_id)
    listed = _listed(app, video)
    return FileDetails(
        **{name: getattr(listed, name) for name in ListedFile.__slots__},
        locations=tuple(app.library.videos.locations(video_id)),
        timecode=video.timecode_start,
        notes=(*video.notes, *_bundled_notes(app, video_id)),
    )


def _bundled_notes(app: App, video_id: str) -> list[str]:
    sources = {event.source for event in app.library.events.of_video(video_id, ["caption"])}
    return app.bundled_notes(Filters(video_ids=(video_id,)), sources)


def _facets(app: App) -> Facets:
    videos = app.library.videos.chosen(Filters())
    cameras: dict[str, CameraFacet] = {}
    for video in videos:
        if name := video.camera:
            before = cameras.get(name, CameraFacet(name, 0, 0.0))
            duration_s = before.duration_s + video.duration_s
            cameras[name] = CameraFacet(name, before.videos + 1, duration_s)
    days = {day for video in videos for day in _days(video)}
    return Facets(
        cameras=[cameras[name] for name in sorted(cameras)],
        days=sorted(days),
        files=len(videos),
        channels=list(get_args(SearchChannel)),
    )


def _days(video: Chosen) -> Iterable[date]:
    """The days that the video touches by its camera's clock."""
    if video.clock is None:
        return ()
    first, last = video.clock.at(0.0).date(), video.clock.at(video.duration_s).date()
    return (first + timedelta(days=after) for after in range((last - first).days + 1))
