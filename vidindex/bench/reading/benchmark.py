"""Read films with today's reader and that of release 0.1 in turn, and compare both."""

import os
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from math import ceil
from pathlib import Path

import psutil  # type: ignore[import-untyped]

from pipelines.inference.prefetch import Prefetcher
from pipelines.ingest.screen_text import SEGMENT_S
from vidindex.adapters.ocr_rapid import RapidOcrReader, choose_engine
from vidindex.bench.reading.differences import Agreement, Difference
from vidindex.bench.reading.every_look import EveryLookReader
from vidindex.composition import build_decoder, build_segment_reader, build_services
from vidindex.core.screen_text.tracks import build
from vidindex.errors import MediaError
from vidindex.ports import SegmentReader
from vidindex.settings import Settings
from vidindex.types import ClockTrack, Event, FoundFile, Span, TextReading, VideoInfo

ROUND_S = 120.0
"""Footage that both readers read before it is the next films' turn, about."""

Film = tuple[VideoInfo, Path]
Read = tuple[list[Event], list[ClockTrack]]


@dataclass(slots=True)
class Spent:
    """What one reader took for all films."""

    wall_s: float = 0.0
    cpu_s: float = 0.0


@dataclass(slots=True)
class Figures:
    """The footage, what both readers took, and how far they agree."""

    engine: str
    films: int = 0
    footage_s: float = 0.0
    unreadable: list[str] = field(default_factory=list)
    before: Spent = field(default_factory=Spent)
    now: Spent = field(default_factory=Spent)
    agreement: Agreement = field(default_factory=Agreement)
    differences: list[Difference] = field(default_factory=list)

    @property
    def wall_ratio(self) -> float:
        return self.before.wall_s / self.now.wall_s

    @property
    def cpu_ratio(self) -> float:
        return self.before.cpu_s / self.now.cpu_s


def measure(folder: Path, say: Callable[[str], None]) -> Figures:
    """Both readers over all films below `folder`, in turn, round by round.

    CPU seconds count this process and all its children. Starting the children counts, too.
    """
    settings = Settings(model="none")
    figures = Figures(choose_engine().engine)
    before = EveryLookReader(build_decoder(settings.decoder), RapidOcrReader())
    now = build_segment_reader(settings)
    for number, films in enumerate(_rounds(_films(folder, settings, figures))):
        if number % 2:
            old, new = _timed(before, films, figures.before), _timed(now, films, figures.now)
        else:
            new, old = _timed(now, films, figures.now), _timed(before, films, figures.before)
        for path in old:
            figures.differences += figures.agreement.add(path.name, old[path], new[path])
        figures.films += len(films)
        figures.footage_s += sum(video.picture_end_s for video, _ in films)
        ratios = f"{figures.wall_ratio:.2f} in wall, {figures.cpu_ratio:.2f} in CPU seconds"
        say(f"{figures.films} films, {figures.footage_s:.0f} s: {ratios}")
    return figures


def _films(folder: Path, settings: Settings, figures: Figures) -> Iterator[Film]:
    services = build_services(settings)
    found = [one.path for one in services.discover([folder]) if isinstance(one, FoundFile)]
    for path in sorted(found):
        try:
            yield services.probe(path, path.name), path
        except MediaError as error:
            figures.unreadable.append(f"{path.name}: {error}")


def _rounds(films: Iterator[Film]) -> Iterator[list[Film]]:
    gathered: list[Film] = []
    for film in films:
        gathered.append(film)
        if sum(video.picture_end_s for video, _ in gathered) >= ROUND_S:
            yield gathered
            gathered = []
    if gathered:
        yield gathered


def _timed(reader: SegmentReader, films: Sequence[Film], spent: Spent) -> dict[Path, Read]:
    started_s, cpu_s = time.monotonic(), _cpu_s()
    read = _read(reader, films)
    spent.wall_s += time.monotonic() - started_s
    spent.cpu_s += _cpu_s() - cpu_s
    return read


def _read(reader: SegmentReader, films: Sequence[Film]) -> dict[Path, Read]:
    """Events and clocks by file, as the stage of an ingest makes them."""
    pieces = [
        (video, path, Span(i * SEGMENT_S, min((i + 1) * SEGMENT_S, video.picture_end_s)))
        for video, path in films
        for i in range(ceil(video.picture_end_s / SEGMENT_S))
    ]
    ahead = Prefetcher(reader.workers + 1, reader.workers)
    readings: dict[Path, list[TextReading]] = {}
    for (_, path, _), future in ahead.results(
        pieces, lambda piece: reader.read(piece[0].source(piece[1]), piece[2]), lambda _: 1
    ):
        try:
            readings.setdefault(path, []).extend(future.result())
        except MediaError:
            readings.setdefault(path, [])
    return {path: build(readings.get(path, []), video, "") for video, path in films}


def _cpu_s() -> float:
    """Of this process and its children, those that have ended included."""
    ended, own = os.times(), psutil.Process()
    living = [own.cpu_times(), *(child.cpu_times() for child in own.children(recursive=True))]
    spent_s = sum(one.user + one.system for one in living)
    return float(ended.children_user + ended.children_system + spent_s)
