"""Measure search on a library of known truth: right, wrong and silent answers.

One library is made and indexed; searches for what it shows and for what it does not
calibrate the model's scores; the third of them that had no part in it is reported on,
for the whole search and for searches that lack one of its steps. A face: it uses `app`.
"""

import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from pipelines.evaluate.calibrate import Calibrate, Parts, learn, three_parts
from pipelines.evaluate.labeled_searches import JudgedSearch, LabeledSearch, answer_of, model_score
from pipelines.inference.frame_cache import CachingDecoder
from pipelines.progress import Progress
from pipelines.search.retrieval import DEPTH
from pipelines.search.run import BUDGET
from vidindex.app import App, Settings, open_library
from vidindex.bench.search.corpus import Reel, draw_corpus, write_reel
from vidindex.bench.search.queries import DrawnSearch, draw_searches
from vidindex.bench.search.score import Answered, Score, Shown, best_iou, score
from vidindex.core.retrieval.calibration import Calibration
from vidindex.core.retrieval.query_rewrite import as_caption
from vidindex.core.retrieval.verification import RULE
from vidindex.errors import InputError
from vidindex.synthetic.clips import COLOURS, MOTIONS, SHAPES
from vidindex.synthetic.descriptions import Description
from vidindex.types import Filters, Moment, Span, Standard

MAX_FALSE_ALARMS = 0.05
CERTAIN = 1.0
"""The confidence of text that was read: no score, nothing to weigh."""

LADDER_S = 0.25
"""One sampling interval at the highest rate, at which candidates are looked at again."""


@dataclass(frozen=True, slots=True)
class Size:
    """How large the library is, and how many searches are made in it."""

    num_reels: int = 30
    reel_s: float = 125.0
    num_present: int = 240
    num_absent: int = 500


@dataclass(frozen=True, slots=True)
class Report:
    """What was measured. systems: by name, the whole search first, over the held searches.

    by_kind: of absent searches, the share with a false alarm. candidates: by how many of
    colour, shape and motion a checked candidate differs from what was asked, (number checked,
    share verified). seconds: of each step.
    """

    seed: int
    num_files: int
    duration_s: float
    num_events: int
    calibration: Calibration
    standard: Standard
    systems: Mapping[str, Score]
    by_kind: Mapping[str, tuple[int, float]]
    candidates: Mapping[str, tuple[int, float]]
    interval_s: float
    seconds: Mapping[str, float]


def run(folder: Path, model: str, seed: int, size: Size, progress: Progress) -> Report:
    """Make, index, search and score; everything is left in `folder`."""
    clock = _Clock()
    reels = draw_corpus(seed, size.num_reels, size.reel_s)
    progress.start("films", len(reels), "files")
    for reel in reels:
        write_reel(reel, folder / "footage")
        progress.advance(1, reel.name)
    progress.finish()
    clock.lap("films")
    with open_library(folder / "library", Settings(model=model, ocr=False)) as app:
        app.ingest(folder / "footage", progress=progress)
        clock.lap("ingest")
        bench = _Bench(app, reels, progress)
        drawn = draw_searches(reels, seed, size.num_present, size.num_absent)
        parts = bench.run(drawn, seed)
        clock.lap("searches")
        calibration = learn(parts, bench.calibrate.judge, MAX_FALSE_ALARMS, f"seed {seed}")
        app.library.calibrations.put(calibration)
        standard = calibration.standard(MAX_FALSE_ALARMS, "standard")
        systems = bench.systems(parts.held, standard, clock)
        return Report(
            seed=seed,
            num_files=len(reels),
            duration_s=sum(reel.scene.duration_s for reel in reels),
            num_events=sum(len(reel.scene.events) for reel in reels),
            calibration=calibration,
            standard=standard,
            systems=systems,
            by_kind=_by_kind(parts.held, bench.kinds, standard),
            candidates=_by_difference(parts.held, bench.asked, standard),
            interval_s=LADDER_S,
            seconds=clock.laps,
        )


class _Clock:
    """Seconds between laps, by name."""

    def __init__(self) -> None:
        self.laps: dict[str, float] = {}
        self._since_s = time.monotonic()

    def lap(self, name: str) -> None:
        now_s = time.monotonic()
        self.laps[name] = now_s - self._since_s
        self._since_s = now_s


class _Bench:
    """Searches of known truth in one library; remembers what each of them was drawn as."""

    def __init__(self, app: App, reels: Sequence[Reel], progress: Progress) -> None:
        if app.services.model is None:
            raise InputError("search is measured with a model", "use --model bundled")
        self.app = app
        services = replace(app.services, decoder=CachingDecoder(app.services.decoder))
        self.calibrate = Calibrate(app.library, services, progress)
        self.ids = {reel.name: app.library.videos.find([reel.name])[0] for reel in reels}
        self.kinds: dict[LabeledSearch, str] = {}
        self.asked: dict[LabeledSearch, Description | None] = {}

    def run(self, drawn: Sequence[DrawnSearch], seed: int) -> Parts:
        known = [self._known(search) for search in drawn]
        fitted, line, held = three_parts(known, seed)
        return Parts(
            tuple(self.calibrate.check(fitted, BUDGET)),
            tuple(self.calibrate.check(line)),
            tuple(self.calibrate.check(held)),
        )

    def _known(self, search: DrawnSearch) -> LabeledSearch:
        gold = tuple((self.ids[name], span) for name, span in search.gold)
        known = LabeledSearch(search.text, Filters(search.search_in), gold)
        self.kinds[known], self.asked[known] = search.kind, search.description
        return known

    def systems(
        self, held: Sequence[JudgedSearch], standard: Standard, clock: _Clock
    ) -> dict[str, Score]:
        """The whole search, then searches that lack something, at the recall of the whole."""
        line = standard.verified_at
        whole = score([_whole(one, standard) for one in held], line)
        recall = 1 - whole.misses
        meaning = replace(self.calibrate, lists=("meaning",))
        unfused = meaning.check([one.search for one in held], BUDGET)
        clock.lap("searches, no fusion")
        captions = [self._captions_only(one.search) for one in held]
        return {
            "vidindex, calibrated": score([_whole(one, standard) for one in held], line, recall),
            "rule of thumb": score([_whole(one, RULE) for one in held], RULE.verified_at, recall),
            "no refinement": score([_whole(one, standard, _event) for one in held], line, recall),
            "no fusion": score([_whole(one, standard) for one in unfused], line, recall),
            "no verification": score([_unverified(one) for one in held], 0.0, recall),
            "captions only": score(captions, 0.0, recall),
        }

    def _captions_only(self, search: LabeledSearch) -> Answered:
        """Nearest caption vectors, as a search without any of the rest would show them."""
        library, embedder = self.app.library, self.app.services.embedder
        vector = embedder.embed_queries([as_caption(search.text)])[0]
        filters = replace(search.filters, channels=("caption",))
        near = library.vectors.search(vector, filters, DEPTH)[:BUDGET]
        events = library.events.by_ids([event_id for event_id, _ in near])
        shown = tuple(
            Shown((event.video_id, event.span), cosine)
            for event, (_, cosine) in zip(events, near, strict=True)
        )
        return Answered(search.gold, shown)


def _verified(moment: Moment) -> Span:
    return moment.verdict.span


def _event(moment: Moment) -> Span:
    """Where the caption was, before frames moved its edges."""
    return moment.hits[0].event.span


def _whole(
    one: JudgedSearch, standard: Standard, span_of: Callable[[Moment], Span] = _verified
) -> Answered:
    """The moments that a search shows at this threshold; unsure ones follow, below the line."""
    shown = []
    for moment in one.moments[:BUDGET]:
        if answer_of(moment, standard) != "rejected":
            said = model_score(moment)
            place = (moment.video_id, span_of(moment))
            shown.append(Shown(place, CERTAIN if said is None else said))
    return Answered(one.search.gold, tuple(shown))


def _unverified(one: JudgedSearch) -> Answered:
    """The candidates as they were retrieved, by their fused score."""
    shown = [Shown((m.video_id, m.span), m.score) for m in one.moments[:BUDGET]]
    return Answered(one.search.gold, tuple(shown))


def _by_kind(
    held: Sequence[JudgedSearch], kinds: Mapping[LabeledSearch, str], standard: Standard
) -> dict[str, tuple[int, float]]:
    """Of absent searches of each kind: how many, and the share with a false alarm."""
    asked: Counter[str] = Counter()
    alarmed: Counter[str] = Counter()
    for one in held:
        if not one.search.gold:
            kind = kinds[one.search]
            asked[kind] += 1
            answers = [answer_of(moment, standard) for moment in one.moments[:BUDGET]]
            alarmed[kind] += "verified" in answers
    return {kind: (count, alarmed[kind] / count) for kind, count in asked.items()}


def _by_difference(
    held: Sequence[JudgedSearch],
    asked: Mapping[LabeledSearch, Description | None],
    standard: Standard,
) -> dict[str, tuple[int, float]]:
    """Of candidates: how many differ in so many attributes, and the share that was verified."""
    checked: Counter[str] = Counter()
    verified: Counter[str] = Counter()
    for one in held:
        for moment in one.moments[:BUDGET]:
            differs = _difference(moment.text, asked[one.search])
            if differs is None or model_score(moment) is None:
                continue
            right = best_iou((moment.video_id, moment.verdict.span), one.search.gold) >= 0.5
            name = "right" if right else f"{differs} of its attributes differ"
            checked[name] += 1
            verified[name] += answer_of(moment, standard) == "verified"
    return {name: (checked[name], verified[name] / checked[name]) for name in sorted(checked)}


def _difference(caption: str, asked: Description | None) -> int | None:
    """In how many of colour, shape and motion a caption is not what was asked for."""
    if asked is None:
        return None
    said = (
        (asked.colour, next((c for c in COLOURS if f" {c} " in caption), None)),
        (asked.shape, next((s for s in SHAPES if f" {s} " in caption), None)),
        (asked.motion, next((m for m, words in MOTIONS.items() if caption.endswith(words)), None)),
    )
    return sum(wanted is not None and wanted != found for wanted, found in said)
