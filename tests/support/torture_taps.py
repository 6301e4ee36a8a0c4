"""Points at which a run touches the disk, the database, a file or a model, and faults at them.

An undisturbed run counts how often each point is passed in each stage; a fault is one of
those passes, at which something else happens. Knows nothing of what must hold afterwards.
"""

import errno
import os
import re
import sqlite3
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from pipelines.services import Services
from vidindex.core.screen_text.frame_reader import SegmentReaderHere
from vidindex.ports import Decoder, Embedder, TextReader, VisionModel
from vidindex.types import Ask, Box, EmbeddingSpace, Frame, ModelLimits, Reply, Source, TextReading

_WRITES = re.compile(r"(INSERT|UPDATE|DELETE)(?: OR \w+)?(?: INTO| FROM)? (\w+)")
_NO_MEMORY = "no memory"


class Crash(BaseException):
    """What was being done is cut off, as by a crash: nothing may catch it and go on."""


@dataclass(frozen=True, slots=True)
class Fault:
    """At the pass with this number (from 0) of a point in a stage, `kind` happens."""

    stage: str
    point: str
    number: int
    kind: str

    def __str__(self) -> str:
        return f"{self.stage}: {self.kind} at {self.point}, pass {self.number + 1}"

    def happen(self) -> None:
        """Raise what the operating system, SQLite or a crash would."""
        if self.kind == "crash":
            raise Crash(str(self))
        if self.kind == _NO_MEMORY:
            raise MemoryError
        if self.kind in _SQLITE:
            error = sqlite3.OperationalError(_SQLITE[self.kind])
            error.sqlite_errorname = self.kind
            raise error
        code = getattr(errno, self.kind)
        raise OSError(code, os.strerror(code))


_SQLITE = {
    "SQLITE_FULL": "database or disk is full",
    "SQLITE_IOERR": "disk I/O error",
    "SQLITE_READONLY": "attempt to write a readonly database",
}
_DISK = ("ENOSPC", "EROFS", "EACCES", "EIO")
_MEDIA = ("EACCES", "EIO", "ENOENT")


def kinds(point: str) -> tuple[str, ...]:
    """What can happen at a point, beside a crash."""
    name = point.partition(" ")[0]
    if name == "behind":
        return ("crash",)
    if name == "sql":
        return ("crash", *_SQLITE)
    if name == "disk":
        return ("crash", *_DISK)
    return ("crash", *(_MEDIA if name == "file" else (_NO_MEMORY,)))


@dataclass
class Taps:
    """Counts passes, and lets the fault happen; records what was asked and what was written.

    asked: keys of the questions that the model took; num_judged: those for a Yes or No.
    written: keys of replies.
    """

    fault: Fault | None = None
    stage: str = "open"
    seen: Counter[tuple[str, str]] = field(default_factory=Counter)
    asked: list[str] = field(default_factory=list)
    num_judged: int = 0
    written: list[str] = field(default_factory=list)
    fired: bool = False
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def passing(self, point: str) -> None:
        with self._lock:
            number = self.seen[self.stage, point]
            self.seen[self.stage, point] += 1
            fault = self.fault
            if fault is None or (fault.stage, fault.point, fault.number) != (
                self.stage,
                point,
                number,
            ):
                return
            self.fired = True
        fault.happen()

    # A progress, so that it is known in which stage a run is

    def start(self, stage: str, total: float, unit: str) -> None:
        self.stage = stage

    def advance(self, amount: float, name: str) -> None:
        """Nothing is drawn."""

    def note(self, message: str) -> None:
        """Nothing is told."""

    def finish(self) -> None:
        """Nothing is drawn."""


@contextmanager
def tapped(taps: Taps, below: Path) -> Iterator[None]:
    """While this lasts, databases and files below a folder pass by `taps`."""
    with pytest.MonkeyPatch.context() as patch:
        connection = type("Connection", (_Connection,), {"taps": taps})
        patch.setattr(sqlite3, "connect", partial(sqlite3.connect, factory=connection))
        for name in ("replace", "mkdir", "unlink"):
            patch.setattr(os, name, _on_path(taps, name, getattr(os, name), below))
        patch.setattr(os, "fsync", _before(taps, "disk fsync", os.fsync))
        patch.setattr(os, "open", _creating(taps, os.open, below))
        patch.setattr(Path, "open", _writing(taps, Path.open, below))
        yield


class _Connection(sqlite3.Connection):
    taps: Taps

    def execute(self, sql: str, parameters: Any = (), /) -> sqlite3.Cursor:
        self._pass(sql)
        found = super().execute(sql, parameters)
        if " INTO replies" in sql:
            self.taps.written.append(parameters[0])
        if sql == "COMMIT":
            self.taps.passing("behind COMMIT")
        return found

    def executemany(self, sql: str, parameters: Any, /) -> sqlite3.Cursor:
        self._pass(sql)
        return super().executemany(sql, parameters)

    def executescript(self, sql: str, /) -> sqlite3.Cursor:
        self.taps.passing("sql script")
        return super().executescript(sql)

    def _pass(self, sql: str) -> None:
        if sql in ("BEGIN", "COMMIT"):
            self.taps.passing(f"sql {sql}")
        elif named := _WRITES.match(sql):
            self.taps.passing(f"sql {named[1]} {named[2]}")


def _before(taps: Taps, point: str, do: Callable[..., Any]) -> Callable[..., Any]:
    def done(*args: Any, **options: Any) -> Any:
        taps.passing(point)
        return do(*args, **options)

    return done


def _on_path(taps: Taps, name: str, do: Callable[..., Any], below: Path) -> Callable[..., Any]:
    def done(path: Any, *args: Any, **options: Any) -> Any:
        _touching(taps, name, path, below)
        return do(path, *args, **options)

    return done


def _creating(taps: Taps, do: Callable[..., Any], below: Path) -> Callable[..., Any]:
    def done(path: Any, flags: int, *args: Any, **options: Any) -> Any:
        if flags & os.O_CREAT:
            _touching(taps, "create", path, below)
        return do(path, flags, *args, **options)

    return done


def _writing(taps: Taps, do: Callable[..., Any], below: Path) -> Callable[..., Any]:
    def done(path: Path, mode: str = "r", *args: Any, **options: Any) -> Any:
        if set(mode) & set("wxa+"):
            _touching(taps, "write", path, below)
        return do(path, mode, *args, **options)

    return done


def _touching(taps: Taps, name: str, path: Any, below: Path) -> None:
    """A point is called by the folder: names of drafts are drawn by chance."""
    if isinstance(path, int) or not Path(os.fsdecode(path)).is_relative_to(below):
        return
    place = Path(os.fsdecode(path)).relative_to(below)
    if place.name.startswith("progress"):  # written by the clock, not by the work
        return
    taps.passing(f"disk {name} in {place.parent}")


def tapped_services(services: Services, taps: Taps) -> Services:
    """The same tools; files, models and readers pass by `taps`."""
    assert services.model
    assert services.reader
    return replace(
        services,
        fingerprint=_before(taps, "file fingerprint", services.fingerprint),
        probe=_before(taps, "file probe", services.probe),
        read_signals=_before(taps, "file signals", services.read_signals),
        read_subtitles=_before(taps, "file subtitles", services.read_subtitles),
        decoder=(decoder := TappedDecoder(services.decoder, taps)),
        embedder=TappedEmbedder(services.embedder, taps),
        reader=(reader := TappedReader(services.reader, taps)),
        segment_reader=SegmentReaderHere(decoder, reader),
        model=TappedModel(services.model, taps),
    )


class TappedDecoder:
    """A fault before the first picture, or behind some."""

    def __init__(self, decoder: Decoder, taps: Taps) -> None:
        self.name = decoder.name
        self._decoder, self._taps = decoder, taps

    def frames(
        self, source: Source, times_s: Sequence[float], size: tuple[int, int] | None
    ) -> Iterator[Frame]:
        for frame in self._decoder.frames(source, times_s, size):
            self._taps.passing("file picture")
            yield frame


class TappedModel:
    """A fault when it is asked, and when it has answered and nothing is kept yet."""

    def __init__(self, model: VisionModel, taps: Taps) -> None:
        self._model, self._taps = model, taps

    @property
    def limits(self) -> ModelLimits:
        return self._model.limits

    def answer(self, asks: Iterable[Ask]) -> Iterator[tuple[str, Reply]]:
        for key, reply in self._model.answer(self._asked(asks)):
            self._taps.passing("model reply")
            yield key, reply

    def _asked(self, asks: Iterable[Ask]) -> Iterator[Ask]:
        for ask in asks:
            self._taps.passing("model question")
            self._taps.asked.append(ask.key)
            self._taps.num_judged += bool(ask.choices)
            yield ask


class TappedReader:
    """A fault when a picture is read."""

    def __init__(self, reader: TextReader, taps: Taps) -> None:
        self.name = reader.name
        self._reader, self._taps = reader, taps

    def may_hold_text(self, frame: Frame, beside: Sequence[Box] = ()) -> bool:
        self._taps.passing("reader trace")
        return self._reader.may_hold_text(frame, beside)

    def find(self, frame: Frame) -> list[Box]:
        self._taps.passing("reader find")
        return self._reader.find(frame)

    def read(self, frame: Frame, boxes: Sequence[Box] | None = None) -> list[TextReading]:
        self._taps.passing("reader read")
        return self._reader.read(frame, boxes)


class TappedEmbedder:
    """A fault when events are embedded."""

    def __init__(self, embedder: Embedder, taps: Taps) -> None:
        self._embedder, self._taps = embedder, taps

    @property
    def space(self) -> EmbeddingSpace:
        return self._embedder.space

    def can_read(self, texts: Sequence[str]) -> npt.NDArray[np.bool_]:
        return self._embedder.can_read(texts)

    def embed_documents(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        self._taps.passing("embedder events")
        return self._embedder.embed_documents(texts)

    def embed_queries(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        self._taps.passing("embedder question")
        return self._embedder.embed_queries(texts)
