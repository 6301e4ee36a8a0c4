"""Serve clips as downloads: exact stretches, encoded on request and not kept."""

import shutil
import tempfile
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Query, Response
from fastapi.responses import FileResponse
from starlette.background import BackgroundTask

from pipelines.clips.clipper import clip_name
from vidindex.app import MAX_CLIP_S, App
from vidindex.core.formatting.to_json import jsonable
from vidindex.types import Span
from vidindex.web.errors import HttpError
from vidindex.web.media_files import known_video
from vidindex.web.schemas import Seconds, VideoId
from vidindex.web.state import State, User

router = APIRouter(prefix="/api/videos", tags=["export"])


@router.get(
    "/{video_id}/clip",
    response_class=FileResponse,
    responses={200: {"content": {"video/mp4": {}}}},
)
async def clip(
    state: State,
    user: User,
    video_id: VideoId,
    start_s: Annotated[Seconds, Query()],
    end_s: Annotated[Seconds, Query()],
) -> Response:
    """The stretch as a file of its own, frame for frame, at most 10 minutes; one at a time."""
    span = await state.read(lambda app: _stretch(app, video_id, start_s, end_s))
    asked = {"format": "mp4", "of": "clip", "which": video_id, "span": jsonable(span)}
    state.audit.write(user, "export", **asked)
    folder = Path(tempfile.mkdtemp(prefix="vidindex-clip-"))
    done = BackgroundTask(shutil.rmtree, folder, ignore_errors=True)
    try:
        made = await state.clip_pool.run(lambda app: _cut(app, video_id, span, folder))
        state.audit.write(user, "exported", **asked, results=1)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return FileResponse(made, media_type="video/mp4", filename=made.name, background=done)


def _stretch(app: App, video_id: str, start_s: float, end_s: float) -> Span:
    known_video(app, video_id)
    return app.stretch(video_id, start_s, end_s, MAX_CLIP_S)


def _cut(app: App, video_id: str, span: Span, folder: Path) -> Path:
    name = clip_name(app.library.videos.name(video_id), span, 0, ".mp4")
    (made,) = app.clip([(video_id, span)], folder / name)
    if made.path is None:
        raise HttpError(409, made.problem, "ingest its folder again, if the file has changed")
    return made.path
