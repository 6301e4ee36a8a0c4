"""Start an ingest, and stream its progress."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

from fastapi import APIRouter, Response
from fastapi.sse import EventSourceResponse, ServerSentEvent

from store.progress_file import Doing, ProgressFile
from vidindex.web.errors import HttpError
from vidindex.web.schemas import Done, IngestBody, answer
from vidindex.web.state import ServerState, State, User

EVERY_S = 0.5

router = APIRouter(prefix="/api", tags=["ingest"])


@router.get("/progress", response_class=EventSourceResponse)
async def progress(state: State) -> AsyncIterator[ServerSentEvent]:
    """`progress` events: one at once, then one whenever something changes, without end."""
    file = ProgressFile(state.options.library)
    before: object = None
    while True:
        now = _said(file.read(), state)
        if now != before:
            before = now
            yield ServerSentEvent(event="progress", data=now)
        await asyncio.sleep(EVERY_S)


@router.post("/ingest", response_model=Done, status_code=202)
async def ingest(state: State, user: User, body: IngestBody) -> Response:
    """Start an ingest of files or folders below what `--ingest-root` named."""
    if state.options.read_only:
        raise HttpError(403, "this server only reads", "start it without --read-only")
    paths = [_allowed(state, path) for path in body.paths]
    roots = {root for _, root in paths}
    if len(roots) > 1:
        raise HttpError(400, "the paths are below several folders", "ingest one after the other")
    state.audit.write(user, "ingest", paths=len(paths))
    state.ingests.start([path for path, _ in paths], roots.pop())
    return answer(Done(), 202)


def _allowed(state: ServerState, asked: str) -> tuple[Path, Path]:
    """The path, links followed, and the root that it is below.

    Outside of the roots it is refused in the same words, whether it exists or not.
    """
    roots = state.options.ingest_roots
    try:
        path = Path(asked).resolve()
    except (OSError, ValueError):
        path = None
    root = next((root for root in roots if path and path.is_relative_to(root)), None)
    if path is None or root is None:
        hint = "start the server with --ingest-root FOLDER" if not roots else "name one below"
        raise HttpError(403, "that is not below a folder that may be ingested", hint)
    if not path.exists():
        raise HttpError(404, f"no such path: {path}", "check the path")
    return path, root


def _said(doing: Doing | None, state: ServerState) -> dict[str, object]:
    failure = state.ingests.failure()
    if doing is None:
        notes = [failure] if failure else []
        running = state.ingests.running  # it has begun, and not yet reported progress
        return {"running": running, "stage": "", "done": 0.0, "total": 0.0, "unit": "", "file": "",
                "eta_s": None, "notes": notes}  # fmt: skip
    return {
        "running": True,
        "stage": doing.stage,
        "done": round(doing.done, 3),
        "total": round(doing.total, 3),
        "unit": doing.unit,
        "file": doing.file,
        "eta_s": None if doing.eta_s is None else round(doing.eta_s),
        "notes": list(doing.notes),
    }
