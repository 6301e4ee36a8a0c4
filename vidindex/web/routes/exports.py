"""Serve exports as downloads: a video, an answer or a set of marks, in every format."""

import shutil
import tempfile
from pathlib import Path
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Response
from fastapi.responses import FileResponse
from starlette.background import BackgroundTask

from pipelines.export.timelines import Timelines
from vidindex.adapters.exporters import EXPORTERS
from vidindex.app import App
from vidindex.errors import InputError
from vidindex.types import Timeline
from vidindex.web.media_files import known_video
from vidindex.web.schemas import Format, Name, answer
from vidindex.web.state import ServerState, State, User

LABELS = {
    "html": "Page with pictures",
    "json": "JSON",
    "jsonl": "JSON Lines",
    "csv": "Table (CSV)",
    "srt": "Subtitles (SubRip)",
    "vtt": "Subtitles (WebVTT)",
    "chapters": "Chapters (YouTube)",
    "ffmetadata": "Chapters (FFmpeg)",
    "otio": "OpenTimelineIO",
    "fcpxml": "Final Cut Pro (FCPXML)",
    "fcp7xml": "Premiere (FCP7 XML)",
    "edl": "Edit list (CMX3600)",
    "resolve-markers": "DaVinci Resolve markers",
}

router = APIRouter(prefix="/api", tags=["export"])


@router.get("/formats", response_model=list[Format])
async def formats() -> Response:
    """What can be exported to."""
    return answer([Format(name, _suffix(name), LABELS[name]) for name in ("html", *EXPORTERS)])


@router.get(
    "/export",
    response_class=FileResponse,
    responses={200: {"content": {"application/octet-stream": {}}}},
)
async def export(
    state: State,
    user: User,
    format: Annotated[Name, Query()],  # noqa: A002
    what: Literal["marks", "search", "video"],
    set: Name | None = None,  # noqa: A002
    search_id: Name = "",
    video_id: Name = "",
) -> Response:
    """The timeline of a video, an answer (`search_id`), or what was kept (`set`; all without)."""
    if format not in LABELS:
        raise InputError(f"unknown export format {format!r}", "see /api/formats")
    of = {"marks": set, "search": search_id, "video": video_id}[what]
    state.audit.write(user, "export", format=format, of=what, which=of)
    folder = Path(tempfile.mkdtemp(prefix="vidindex-export-"))
    done = BackgroundTask(shutil.rmtree, folder, ignore_errors=True)
    output = folder / f"vidindex-{what}{_suffix(format)}"

    def write(app: App) -> int:
        timeline = _timeline(state, app, what, of)
        app.export(output, timeline=timeline, format_name=format)
        return len(timeline.videos)

    try:
        clips = await state.frame_pool.run(write)
        state.audit.write(user, "exported", format=format, of=what, which=of, results=clips)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    kind = "application/octet-stream"
    return FileResponse(output, media_type=kind, filename=output.name, background=done)


def _timeline(state: ServerState, app: App, what: str, of: str | None) -> Timeline:
    timelines = Timelines(app.library)
    if what == "marks":
        return timelines.of_marks(app.kept(of), of or "marks")
    if what == "video":
        video = known_video(app, of or "")
        return timelines.of_videos([video.video_id])
    result = state.answers.get(of or "")
    return timelines.of_moments(result.moments, result.query.title)


def _suffix(name: str) -> str:
    return ".html" if name == "html" else EXPORTERS[name].SUFFIX
