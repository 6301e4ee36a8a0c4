"""Read transcripts, and correct their lines."""

from typing import Annotated, Literal

from fastapi import APIRouter, Path, Response

from pipelines.ingest.transcript import TranscriptLine
from vidindex.app import App
from vidindex.web.media_files import known_video
from vidindex.web.schemas import CorrectionBody, VideoId, answer
from vidindex.web.state import State

router = APIRouter(prefix="/api", tags=["transcripts"])

_TYPES = {"text": "text/plain", "srt": "application/x-subrip", "vtt": "text/vtt"}


@router.get("/videos/{video_id}/transcript", response_model=list[TranscriptLine])
async def transcript(state: State, video_id: VideoId) -> Response:
    """The spoken lines of a video, with the times of their words."""

    def lines(app: App) -> list[TranscriptLine]:
        known_video(app, video_id)
        return app.transcript(video_id)

    return answer(await state.read(lines))


@router.get("/videos/{video_id}/transcript.{kind}", response_class=Response)
async def transcript_file(
    state: State, video_id: VideoId, kind: Literal["text", "srt", "vtt"]
) -> Response:
    """The transcript as plain text, SubRip or WebVTT."""

    def text(app: App) -> str:
        known_video(app, video_id)
        return app.transcript_text(video_id, kind)

    return Response(await state.read(text), media_type=f"{_TYPES[kind]}; charset=utf-8")


@router.post("/transcript/{event_id}", response_model=TranscriptLine)
async def correct(
    state: State, event_id: Annotated[int, Path(ge=1, lt=2**63)], body: CorrectionBody
) -> Response:
    """Replace the text of a line; it is kept as a person's in later ingests."""
    return answer(await state.write(lambda app: app.correct_line(event_id, body.text)))
