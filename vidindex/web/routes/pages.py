"""Serve the page, its parts, the login and the status."""

from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path

from fastapi import APIRouter, Request, Response
from fastapi.responses import FileResponse

from vidindex.web.access import clear_session, session_of, set_session
from vidindex.web.clients import client_of
from vidindex.web.errors import HttpError
from vidindex.web.schemas import Done, LoginBody, ServerStatus, answer
from vidindex.web.state import ServerState, State, User

_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".woff2": "font/woff2",
}
_PAGE = Path(__file__).parents[1] / "static"


def page_files() -> Mapping[str, Path]:
    """The parts of the page by name: these are served, and no other file ever."""
    return {path.name: path for path in _PAGE.glob("*.*") if path.suffix in _TYPES}


router = APIRouter()


@router.get("/", include_in_schema=False)
async def index() -> Response:
    return _part(page_files(), "index.html")


@router.get("/page/{name}", include_in_schema=False)
async def part(name: str) -> Response:
    return _part(page_files(), name)


@router.get("/api/status", response_model=ServerStatus, tags=["server"])
async def status(state: State, user: User, request: Request) -> Response:
    """What the library holds, what it covers, what failed, and what this server can do."""
    held = await state.read(lambda app: app.status())
    has_frames = await state.read(lambda app: app.has_frames)
    judge = await state.judge()
    return answer(
        ServerStatus(
            library=str(held.library),
            version=version("vidindex"),
            writable=not state.options.read_only,
            model=judge.model if judge else None,
            coverage=held.coverage,
            events=held.events,
            failures=held.failures,
            last_run=held.last_run,
            doing=held.doing,
            scanned_before=held.scanned_before,
            text_model=held.text_model,
            embedder=held.embedder,
            languages=held.languages,
            frames=held.frames,
            picture_model=held.picture_model,
            needs_token=state.options.needs_token,
            has_session=state.options.needs_token and _has_session(state, request),
            user=user,
            by_example=state.options.by_example and has_frames,
            ingest_roots=[str(root) for root in state.options.ingest_roots],
        )
    )


@router.post("/api/login", response_model=Done, tags=["server"])
async def login(state: State, request: Request, body: LoginBody) -> Response:
    """Trade a token for a session, in a cookie that scripts cannot read or other sites send."""
    client = client_of(request.scope, state.options.proxies)
    found = state.access.log_in(body.token, client)
    if found is None:
        if state.access.refused.are_too_many(client):
            raise HttpError(429, "too many wrong tokens", "wait a minute, and try the right one")
        raise HttpError(401, "unknown token", "on the server: vidindex tokens add NAME")
    name, session_id = found
    state.audit.write(name, "login")
    response = answer(Done())
    set_session(response, session_id, client)
    return response


@router.post("/api/logout", response_model=Done, tags=["server"])
async def logout(state: State, user: User, request: Request) -> Response:
    """End the session of this browser; a token stays as it is."""
    client = client_of(request.scope, state.options.proxies)
    if session_id := session_of(request.headers, client):
        state.access.sessions.end(session_id)
        state.audit.write(user, "logout")
    response = answer(Done())
    clear_session(response, client)
    return response


def _has_session(state: ServerState, request: Request) -> bool:
    client = client_of(request.scope, state.options.proxies)
    return bool(session_of(request.headers, client)) and "authorization" not in request.headers


def _part(files: Mapping[str, Path], name: str) -> Response:
    if name not in files:
        raise HttpError(404, "the page has no such part")
    kind = _TYPES[files[name].suffix]
    return FileResponse(files[name], media_type=kind, headers={"Cache-Control": "no-cache"})
