"""Decoders that misbehave as real ones do on hostile files; run in child processes only."""

import ctypes
import os
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from vidindex.adapters.decoders.pyav import PyAVDecoder
from vidindex.types import Frame, Source


def frame(time_s: float, size: tuple[int, int] = (64, 48)) -> Frame:
    width, height = size
    return Frame(time_s, time_s, np.full((height, width, 3), int(time_s) % 251, np.uint8))


class Hostile:
    """Does what the file's name says, after as many sound pictures as it says: "hang 2"."""

    name = "hostile"

    def frames(
        self, source: Source, times_s: Sequence[float], size: tuple[int, int] | None = None
    ) -> Iterator[Frame]:
        what, sound = source.path.stem.split()
        for number, time_s in enumerate(times_s):
            if number == int(sound):
                getattr(self, what)()
            yield frame(time_s, size or (64, 48))

    def hang(self) -> None:
        time.sleep(3600)

    def crash(self) -> None:
        ctypes.string_at(0)

    def eat(self) -> None:
        self.eaten = [np.ones(1 << 22) for _ in range(1000)]

    def leave(self) -> None:
        os._exit(7)

    def behave(self) -> None:
        """Nothing."""


class HostileToSome(PyAVDecoder):
    """Decodes as usual, but files called crash."""

    def frames(
        self, source: Source, times_s: Sequence[float], size: tuple[int, int] | None = None
    ) -> Iterator[Frame]:
        if source.path.stem == "crash":
            ctypes.string_at(0)
        return super().frames(source, times_s, size)


def hang(path: Path, *_: object) -> None:
    time.sleep(3600)


def source(name: str) -> Source:
    return Source(Path("/footage") / name, 0, 0.0, 1000.0, 64, 48)
