"""Serve media: the file or its proxy, with ranges, and single frames."""

import hashlib
import os
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import FileResponse
from starlette.types import Receive, Scope, Send

from vidindex.adapters.media.stills import jpeg
from vidindex.adapters.media.verified_open import path_of
from vidindex.app import App
from vidindex.core.sampling.grid import fit_within
from vidindex.web.errors import HttpError
from vidindex.web.media_files import known_video, media_file, open_media
from vidindex.web.proxies import MediaFile
from vidindex.web.schemas import Making, Seconds, VideoId, answer
from vidindex.web.state import (
    FRAME_THREADS,
    STILLS_OF_ONE_FILM,
    STILLS_OF_ONE_USER,
    ServerState,
    State,
    User,
)

MAX_WIDTH = 1920
_KEEP = {"Cache-Control": "private, max-age=300"}

router = APIRouter(prefix="/api/videos", tags=["media"])


@router.head("/{video_id}/media", include_in_schema=False)
@router.get(
    "/{video_id}/media",
    response_class=FileResponse,
    responses={
        200: {"content": {"video/mp4": {}, "video/webm": {}}},
        202: {"model": Making},
        206: {"content": {"video/mp4": {}, "video/webm": {}, "multipart/byteranges": {}}},
        416: {"content": {"text/plain": {}}},
    },
)
async def media(state: State, video_id: VideoId) -> Response:
    """The video with ranges; a proxy where browsers cannot play it, 202 while that is made."""
    found = await state.read(lambda app: _playable_or_why(app, video_id))
    if not isinstance(found, HttpError) and found.kind:
        descriptor = await state.read(lambda _: open_media(found))
        return _HeldResponse(descriptor, found.location.path, found.kind)
    if made := state.proxies.made(video_id):
        return _ranged(made, "video/mp4")
    if isinstance(found, HttpError):
        raise found
    return answer(Making("making", state.proxies.make(found)), 202)


@router.get(
    "/{video_id}/frame",
    response_class=Response,
    responses={200: {"content": {"image/jpeg": {}}}, 304: {"description": "as before"}},
)
async def frame(
    state: State,
    user: User,
    request: Request,
    video_id: VideoId,
    at: Annotated[Seconds, Query()] = 0.0,
    width: Annotated[int, Query(ge=16, le=MAX_WIDTH)] = 640,
) -> Response:
    """The frame on screen at media time `at` as a JPEG, never larger than it was filmed."""
    key = hashlib.sha256(f"{video_id} {at:.3f} {width}".encode()).hexdigest()[:32]
    headers = {"ETag": f'"{key}"', **_KEEP}
    if f'"{key}"' in request.headers.get("if-none-match", ""):
        await state.read(lambda app: known_video(app, video_id))
        return Response(status_code=304, headers=headers)
    picture = await _drawn(state, user, video_id, at, width, key)
    return Response(picture, media_type="image/jpeg", headers=headers)


async def _drawn(
    state: ServerState, user: str, video_id: str, at_s: float, width: int, key: str
) -> bytes:
    """The picture, once it is the turn of this film and of this user."""
    many = STILLS_OF_ONE_USER if state.options.needs_token else FRAME_THREADS
    async with (
        state.turns.turn(f"film {video_id}", STILLS_OF_ONE_FILM),
        state.turns.turn(f"user {user}", many),
    ):
        return await state.frame_pool.run(
            lambda app: _still(state, app, video_id, at_s, width, key)
        )


def _playable_or_why(app: App, video_id: str) -> MediaFile | HttpError:
    """The file, or why it cannot be read: with its disk away there may be the proxy."""
    known_video(app, video_id)
    try:
        return media_file(app, video_id)
    except HttpError as why:
        return why


def _still(state: ServerState, app: App, video_id: str, at_s: float, width: int, key: str) -> bytes:
    file = media_file(app, video_id)
    if at_s >= file.video.duration_s:
        ends = f"it ends at {file.video.duration_s:g} s"
        raise HttpError(404, f"no frame at {at_s:g} s", ends)
    source = file.video.source(file.location)
    side = round(width * max(1.0, source.height / source.width))

    def draw() -> bytes:
        (shown,) = app.services.decoder.frames(source, [at_s], fit_within(source, side))
        return jpeg(shown.picture)

    return state.stills.get(key, draw)


class _HeldResponse(FileResponse):
    """Serves an open file in ranges, and closes it however the response ends."""

    def __init__(self, descriptor: int, path: Path, kind: str) -> None:
        self._descriptor = descriptor
        super().__init__(
            path_of(descriptor, path),
            media_type=kind,
            headers={"Cache-Control": "private, no-cache"},
            stat_result=os.fstat(descriptor),
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            os.close(self._descriptor)


def _ranged(path: Path, kind: str) -> FileResponse:
    return FileResponse(path, media_type=kind, headers={"Cache-Control": "private, no-cache"})
