"""The page and its parts, logging in, and what the server is."""

from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path

from fastapi import APIRouter, Response
from fastapi.responses import FileResponse

from vidindex.web.errors import HttpError
from vidindex.web.middleware import COOKIE
from vidindex.web.schemas import Done, LoginBody, ServerStatus, answer
from vidindex.web.state import State, User
from vidindex.web.tokens import Tokens

_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".woff2": "font/woff2",
}
_PAGE = Path(__file__).parents[1] / "static"
_COOKIE_S = 30 * 86_400


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
async def status(state: State, user: User) -> Response:
    """What the library holds, what it covers, what failed, and what this server can do."""
    held = await state.read(lambda app: app.status())
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
            needs_token=state.options.needs_token,
            user=user,
            ingest_roots=[str(root) for root in state.options.ingest_roots],
        )
    )


@router.post("/api/login", response_model=Done, tags=["server"])
async def login(state: State, body: LoginBody) -> Response:
    """Trade a token for a cookie that scripts cannot read and other sites cannot send."""
    owner = Tokens(state.options.library).owner(body.token)
    if owner is None:
        state.audit.write("", "login refused")
        raise HttpError(401, "nobody has this token", "on the server: vidindex tokens add NAME")
    state.audit.write(owner, "login")
    response = answer(Done())
    response.set_cookie(COOKIE, body.token, max_age=_COOKIE_S, httponly=True, samesite="strict")
    return response


def _part(files: Mapping[str, Path], name: str) -> Response:
    if name not in files:
        raise HttpError(404, "the page has no such part")
    kind = _TYPES[files[name].suffix]
    return FileResponse(files[name], media_type=kind, headers={"Cache-Control": "no-cache"})
