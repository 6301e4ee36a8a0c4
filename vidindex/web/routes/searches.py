"""Stream searches: hits first and their verdicts after, or all at once."""

import asyncio
import threading
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import AsyncExitStack, aclosing
from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response
from fastapi.sse import EventSourceResponse, ServerSentEvent

from pipelines.search.examples import EmbeddedExample
from pipelines.search.run import SearchOptions
from vidindex.app import App
from vidindex.core.answering.answers import Answer
from vidindex.core.formatting.to_json import jsonable
from vidindex.errors import VidindexError
from vidindex.types import Moment, SearchResult
from vidindex.types import Query as SearchQuery
from vidindex.web.errors import HttpError
from vidindex.web.examples import as_logged, examples_of
from vidindex.web.schemas import AskBody, SearchBody, SearchLine, answer
from vidindex.web.state import ServerState, State, User

router = APIRouter(prefix="/api", tags=["search"])


class GoneAway(Exception):
    """The client of this search has gone."""


async def _request() -> AsyncIterator[AsyncExitStack]:
    """Closes at the end of a request, however it ends.

    A stream whose reader went away is dropped where it is, unclosed: its search would run
    on, and stay out of the log, until Python happens to collect it.
    """
    async with AsyncExitStack() as stack:
        yield stack


@router.get("/search", response_class=EventSourceResponse)
async def stream(
    state: State,
    user: User,
    asked: Annotated[SearchLine, Query()],
    request: Annotated[AsyncExitStack, Depends(_request)],
) -> AsyncIterator[ServerSentEvent]:
    """A search as events: `started`, `hits` (unchecked), `verdict` each, `done` or `failed`."""
    steps = aclosing(_timed_steps(state, user, asked, state.answers.new_id()))
    try:
        async for event, data in await request.enter_async_context(steps):
            yield ServerSentEvent(event=event, data=jsonable(data))
    except VidindexError as error:
        yield ServerSentEvent(event="failed", data={"error": error.message, "hint": error.hint})
    except HttpError as error:
        yield ServerSentEvent(event="failed", data=jsonable(error.refusal))


@router.post("/search", response_model=SearchResult)
async def search(state: State, user: User, asked: SearchBody) -> Response:
    """The whole answer at once; the header X-Search-Id names it for exports."""
    search_id = state.answers.new_id()
    async for _ in _timed_steps(state, user, asked, search_id):
        pass
    response = answer(state.answers.get(search_id))
    response.headers["X-Search-Id"] = search_id
    return response


@router.post("/ask", response_model=Answer)
async def ask(state: State, user: User, asked: AskBody) -> Response:
    """A question, answered by rule or by looking, each sentence tied to events."""
    filters, search_id = asked.filters(), state.answers.new_id()
    state.audit.write(user, "ask", id=search_id, **asked.model_dump(mode="json"))
    with state.metrics.search("ask"):
        found = await state.verify_pool.run(
            lambda app: app.ask(asked.question, filters, thorough=asked.thorough, calls=asked.calls)
        )
    state.audit.write(user, "answered", id=search_id, verdict=found.verdict, results=found.count)
    return answer(found)


async def _timed_steps(
    state: ServerState, user: str, asked: SearchLine | SearchBody, search_id: str
) -> AsyncGenerator[tuple[str, object], None]:
    """The events of one search, which counts in the server's figures."""
    with state.metrics.search("thorough" if asked.thorough else "search"):
        async with aclosing(_steps(state, user, asked, search_id)) as steps:
            async for step in steps:
                yield step


async def _steps(
    state: ServerState, user: str, asked: SearchLine | SearchBody, search_id: str
) -> AsyncGenerator[tuple[str, object], None]:
    """The events of one search; each is logged before its answer is sent."""
    query = asked.query()
    if asked.like:
        state.require_by_example()
    details = asked.model_dump(mode="json") | {"like": as_logged(state.pictures, asked.like)}
    state.audit.write(user, "search", id=search_id, **details)
    ended, results = "gone away", 0
    try:
        known = await state.read(lambda app: app.narrowed(query.filters))
        examples = await _examples(state, asked)
        query = replace(query, filters=known, like=tuple(one.example for one in examples))
        judge = await state.judge()
        key = judge.key if judge else ""
        calibrated = await state.read(lambda app: app.library.calibrations.get(key) is not None)
        yield (
            "started",
            {
                "search_id": search_id,
                "query": query,
                "calibrated": calibrated,
                "model": judge.model if judge else None,
            },
        )
        found = await state.search_pool.run(lambda app: app.candidates(query, examples))
        depth = SearchOptions(asked.verify, asked.thorough).depth(query.limit)
        yield "hits", {"moments": found[:depth]}
        async with aclosing(_checked(state, asked, query, found, examples)) as steps:
            async for step in steps:
                if isinstance(step, SearchResult):
                    ended, results = "done", len(step.moments)
                    state.answers.keep(search_id, step)
                    yield "done", {"result": step}
                else:
                    index, moment = step
                    yield "verdict", {"index": index, "moment": moment}
    except Exception:  # cancellation is not caught here
        ended = "failed"
        raise
    finally:
        state.audit.write(user, "found", id=search_id, results=results, ended=ended)


async def _examples(state: ServerState, asked: SearchLine | SearchBody) -> list[EmbeddedExample]:
    """The pictures that are searched by, with their vectors."""
    if not asked.like:
        return []
    return await state.search_pool.run(lambda app: examples_of(app, state.pictures, asked.like))


async def _checked(
    state: ServerState,
    asked: SearchLine | SearchBody,
    query: SearchQuery,
    found: list[Moment],
    examples: list[EmbeddedExample],
) -> AsyncGenerator[tuple[int, Moment] | SearchResult, None]:
    """Verdicts as they are known, then the answer; ends the search when it is left."""
    loop, gone = asyncio.get_running_loop(), threading.Event()
    verdicts: asyncio.Queue[tuple[int, Moment] | None] = asyncio.Queue()

    def watch(index: int, moment: Moment) -> None:
        if gone.is_set() or state.verify_pool.closed:
            raise GoneAway
        loop.call_soon_threadsafe(verdicts.put_nowait, (index, moment))

    def search(app: App) -> SearchResult | None:
        if gone.is_set():
            return None
        try:
            return app.search(
                query,
                like=examples,
                verify=asked.verify,
                thorough=asked.thorough,
                found=found,
                watch=watch,
            )
        except GoneAway:
            return None

    pool = state.search_pool if examples else state.verify_pool  # examples ask no vision model
    running = asyncio.ensure_future(pool.run(search))
    running.add_done_callback(lambda _: verdicts.put_nowait(None))
    try:
        while (step := await verdicts.get()) is not None:
            yield step
        result = await running
        if result is None:
            raise HttpError(503, "the server is ending", "ask the next one")
        yield result
    finally:
        gone.set()
