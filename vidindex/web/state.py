"""Define what the server was started with, and the state that its requests share."""

import secrets
from collections import OrderedDict
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated, TypeVar

from fastapi import Depends, Request

from pipelines.search.verify_caption import judge_of
from store.audit_log import AuditLog
from store.library import Library
from vidindex.app import App, Settings
from vidindex.app.planning import DEFAULTS
from vidindex.composition import build_cutter, reserve_child
from vidindex.errors import VidindexError
from vidindex.types import Query, SearchResult
from vidindex.web.access import Access
from vidindex.web.calibration import Calibrations
from vidindex.web.errors import HttpError
from vidindex.web.examples import Pictures
from vidindex.web.frame_cache import Stills
from vidindex.web.ingest_process import Ingests
from vidindex.web.library_pool import LibraryPool
from vidindex.web.metrics import Metrics
from vidindex.web.proxies import Proxies
from vidindex.web.turns import Turns

T = TypeVar("T")

READ_THREADS, FRAME_THREADS = 4, 6
STILLS_OF_ONE_FILM, STILLS_OF_ONE_USER = 1, 3
"""Of the frame threads: a film that takes long, or a user who asks for many, leaves others some."""
QUEUE, MODEL_QUEUE, CLIP_QUEUE = 200, 16, 3
MAX_ANSWERS = 50
"""Answers that can still be exported; older ones are asked for again."""


@dataclass(frozen=True, slots=True)
class ServerOptions:
    """How the server was started.

    needs_token: it can be reached from other machines. hosts: names it goes by, beside loopback
    ones. warm: load the text model at once, and not at the first search. proxies: addresses of
    reverse proxies that are believed. by_example: pictures may be searched by.
    """

    library: Path
    settings: Settings = DEFAULTS
    read_only: bool = False
    ingest_roots: tuple[Path, ...] = ()
    needs_token: bool = False
    hosts: tuple[str, ...] = ()
    warm: bool = False
    proxies: tuple[str, ...] = ()
    by_example: bool = True


@dataclass(frozen=True, slots=True)
class Judge:
    """The model that checks, and the name that its calibration is kept under."""

    model: str
    key: str


class ServerState:
    """The threads, the logs and the caches of one server."""

    def __init__(self, options: ServerOptions) -> None:
        library, text = options.library, replace(options.settings, model="none", ocr=False)
        self.options = options
        self.read_pool = LibraryPool(library, text, size=READ_THREADS, queue=QUEUE)
        self.frame_pool = LibraryPool(library, text, size=FRAME_THREADS, queue=QUEUE)
        self.search_pool = LibraryPool(library, text, size=1, queue=QUEUE, stays=True)
        self.verify_pool = LibraryPool(
            library, options.settings, size=1, queue=MODEL_QUEUE, stays=True
        )
        self.clip_pool = LibraryPool(library, text, size=1, queue=CLIP_QUEUE)
        self.pools = {
            "read": self.read_pool,
            "frames": self.frame_pool,
            "search": self.search_pool,
            "verify": self.verify_pool,
            "clips": self.clip_pool,
        }
        self.metrics = Metrics()
        self.audit = AuditLog(library)
        self.access = Access(library, self.audit, options.proxies)
        self.answers = Answers()
        self.stills = Stills()
        self.pictures = Pictures()
        self.turns = Turns()
        self.proxies = Proxies(library, build_cutter().proxy)
        self.calibrations = Calibrations(self.verify_pool)
        self.ingests = Ingests(options.library, options.settings)
        self._judge: Judge | None = None
        self._judge_known = False

    async def read(self, work: Callable[[App], T]) -> T:
        """Something cheap out of the library."""
        return await self.read_pool.run(work)

    async def write(self, work: Callable[[App], T]) -> T:
        """A short change, beside an ingest too; refused where the server only reads."""
        if self.options.read_only:
            raise HttpError(403, "this server only reads", "start it without --read-only")
        return await self.read_pool.run(lambda app: _written(app, work))

    def require_by_example(self) -> None:
        """Raise HttpError where this server does not search by pictures."""
        if not self.options.by_example:
            raise HttpError(
                403, "this server does not search by pictures", "start it without --no-like"
            )

    async def judge(self) -> Judge | None:
        """Who checks; None without a model. The model itself is not loaded for this."""
        if not self._judge_known:
            self._judge = await self.verify_pool.run(_judge)
            self._judge_known = True
        return self._judge

    async def warm_up(self) -> None:
        """Load what the first search needs, but for the weights of the model."""
        with suppress(VidindexError, HttpError):  # reported to the first request
            reserve_child(self.options.settings.decoder)
            await self.judge()
            await self.search_pool.run(lambda app: app.candidates(Query("warm up")))

    def close(self) -> None:
        self.calibrations.close()
        for pool in self.pools.values():
            pool.close()
        self.access.refused.close()
        self.proxies.close()
        self.ingests.close()


@dataclass(slots=True)
class Answers:
    """The latest answers, by the ids that the page has for them."""

    kept: OrderedDict[str, SearchResult] = field(default_factory=OrderedDict)

    def new_id(self) -> str:
        return secrets.token_hex(8)

    def keep(self, search_id: str, result: SearchResult) -> None:
        self.kept[search_id] = result
        while len(self.kept) > MAX_ANSWERS:
            self.kept.popitem(last=False)

    def get(self, search_id: str) -> SearchResult:
        """Raises Refused where the answer is not known any more."""
        if search_id not in self.kept:
            raise HttpError(404, f"no answer {search_id!r} is kept", "search again")
        return self.kept[search_id]


def _judge(app: App) -> Judge | None:
    model = app.services.model
    return Judge(model.limits.identity, judge_of(model, app.services.profile)) if model else None


def _written(app: App, work: Callable[[App], T]) -> T:
    with App(Library.open(app.library.path, edit=True), app.settings) as editor:
        return work(editor)


def state_of(request: Request) -> ServerState:
    """The state of the app that serves this request."""
    state: ServerState = request.app.state.vidindex
    return state


def user_of(request: Request) -> str:
    """Whose token was shown; "local" where none is needed."""
    return str(request.scope.get("vidindex.user", "local"))


State = Annotated[ServerState, Depends(state_of)]
User = Annotated[str, Depends(user_of)]
