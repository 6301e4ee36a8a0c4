"""Run questions of known truth against a generated library, with true and with shuffled frames."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import numpy as np

from pipelines.answer.ask import AskOptions, ask
from pipelines.inference.frame_cache import CachingDecoder
from pipelines.progress import Progress
from pipelines.services import Services
from vidindex.app import App, Settings, open_library
from vidindex.bench.ask.questions import DrawnQuestion, draw_questions
from vidindex.bench.ask.score import KindScore, Outcome, by_kind, outcome
from vidindex.bench.search.corpus import draw_corpus, write_reel
from vidindex.errors import InputError
from vidindex.ports import Decoder
from vidindex.types import Filters, Frame, Source


@dataclass(frozen=True, slots=True)
class Size:
    """How large the library is, and how many questions of each kind are asked.

    num_shuffled: questions of each kind that are asked again with shuffled frames.
    """

    num_reels: int = 20
    reel_s: float = 60.0
    per_kind: int = 20
    num_shuffled: int = 5


@dataclass(frozen=True, slots=True)
class Report:
    """What was measured. shuffled: with frames of other times of the same file.

    sentences, unsupported: shown in open answers, and those of them that are not true.
    """

    seed: int
    model: str
    num_files: int
    num_events: int
    kinds: tuple[KindScore, ...]
    shuffled: tuple[KindScore, ...]
    sentences: int
    unsupported: int


def run(folder: Path, model: str, seed: int, size: Size, progress: Progress) -> Report:
    """Make, index and ask; everything is left in `folder`.

    Verdicts are kept between questions, as in use, but never between true and shuffled frames.
    """
    reels = draw_corpus(seed, size.num_reels, size.reel_s)
    progress.start("films", len(reels), "files")
    for reel in reels:
        write_reel(reel, folder / "footage")
        progress.advance(1, reel.name)
    progress.finish()
    drawn = draw_questions(reels, seed, size.per_kind)
    with open_library(folder / "library", Settings(model=model, ocr=False)) as app:
        app.ingest(folder / "footage", progress=progress)
        if app.services.model is None:
            raise InputError("answers are measured with a model", "use --model bundled")
        few = [one for one in drawn if _place(one, drawn) < size.num_shuffled]
        shuffled = list(_asked(app, _shuffled(app, seed), few, progress, keep=False))
        cached = CachingDecoder(app.services.decoder)
        true = list(_asked(app, replace(app.services, decoder=cached), drawn, progress, keep=True))
        return Report(
            seed=seed,
            model=app.services.model.limits.identity,
            num_files=len(reels),
            num_events=sum(len(reel.scene.events) for reel in reels),
            kinds=tuple(by_kind(true)),
            shuffled=tuple(by_kind(shuffled)) if shuffled else (),
            sentences=sum(one.sentences for one in true),
            unsupported=sum(one.unsupported for one in true),
        )


def _place(one: DrawnQuestion, drawn: Sequence[DrawnQuestion]) -> int:
    """Which of its kind it is, from 0."""
    return [other for other in drawn if other.kind == one.kind].index(one)


def _asked(
    app: App,
    services: Services,
    drawn: Sequence[DrawnQuestion],
    progress: Progress,
    *,
    keep: bool,
) -> Iterator[Outcome]:
    progress.start("questions", len(drawn), "questions")
    now = datetime.now().astimezone()
    for question in drawn:
        found, caches = ask(app.library, services, question.text, now, Filters(), AskOptions())
        if keep:
            for cache in caches:
                cache.flush(app.library)
        yield outcome(question, found)
        progress.advance(1, question.kind)
    progress.finish()


def _shuffled(app: App, seed: int) -> Services:
    return replace(app.services, decoder=ShuffledDecoder(app.services.decoder, seed))


class ShuffledDecoder:
    """Shows frames of other times of the same file, in the order of those times."""

    def __init__(self, decoder: Decoder, seed: int) -> None:
        self.name = decoder.name
        self._decoder = decoder
        self._rng = np.random.default_rng([seed, 11])

    def frames(
        self, source: Source, times_s: Sequence[float], size: tuple[int, int] | None
    ) -> Iterator[Frame]:
        """As many frames as were asked for, from anywhere in the file."""
        drawn = self._rng.uniform(0.0, max(1.0, source.picture_end_s - 0.5), len(times_s))
        yield from self._decoder.frames(source, sorted(map(float, drawn)), size)
