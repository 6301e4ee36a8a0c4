"""Serve what watches over a server: whether it works, and its figures."""

from fastapi import APIRouter, Response
from prometheus_client import CONTENT_TYPE_LATEST

from vidindex.web.state import State

router = APIRouter(include_in_schema=False)


@router.get("/healthz")
async def health(state: State) -> Response:
    """200 where the library can be read; an error otherwise. No token is asked for."""
    await state.read(lambda app: app.library.runs.last_finished("ingest"))
    return Response("ok\n", media_type="text/plain")


@router.get("/metrics")
async def metrics(state: State) -> Response:
    """Figures for Prometheus; with a token where the server asks for tokens."""
    last = await state.read(lambda app: app.library.runs.last_finished("ingest"))
    return Response(state.metrics.text(state.pools, last), media_type=CONTENT_TYPE_LATEST)
