"""Calibrate a model's scores by running searches with known answers.

The searches are split in three: on the first the curve is fitted, on the second the line
is drawn, and the third, which had no part in either, measures how often both are wrong.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np

from pipelines.evaluate.labeled_searches import (
    JudgedSearch,
    LabeledSearch,
    answer_of,
    is_right,
    model_score,
)
from pipelines.progress import Progress
from pipelines.search.by_frames import as_score, however_far, text_aim
from pipelines.search.retrieval import LISTS
from pipelines.search.run import BUDGET, THOROUGH_BUDGET, Search, SearchOptions
from pipelines.search.second_opinion import SCORES, SecondOpinion, reasoning_judge
from pipelines.search.thresholds import Thresholds, judge_here
from pipelines.search.verdict_cache import VerdictCache
from pipelines.services import Services
from store.library import Library
from vidindex.core.retrieval.calibration import (
    Calibration,
    Depth,
    Measured,
    brier,
    expected_error,
    fit,
    fit_opinion,
)
from vidindex.core.retrieval.fusion import lead_moment
from vidindex.errors import InputError, ModelNotFound
from vidindex.types import Mark, Moment, Query, Standard
from vidindex.types.search import Answer

DEPTHS: dict[Depth, int] = {"standard": BUDGET, "thorough": THOROUGH_BUDGET}

FIT_SHARE, LINE_SHARE = 0.2, 0.4
"""Of the absent searches; the rest are reported on. Of the present ones half are fitted on."""

MIN_LINE = 19
"""Absent searches below which not even one in twenty can be promised."""

_LENIENT = Standard(verified_at=1.0, rejected_at=0.05)
"""Grounds whatever the model does not flatly deny, so that its span is compared with the truth."""
_DENYING = Standard(verified_at=2.0, rejected_at=2.0)
"""Grounds nothing: where nothing is right, no span has to be known."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Parts:
    """Searches that were run: to fit the curve on, to draw the line on, to report on."""

    fitted: tuple[JudgedSearch, ...]
    drawn: tuple[JudgedSearch, ...]
    held: tuple[JudgedSearch, ...]


@dataclass(frozen=True, slots=True)
class Calibrate:
    """One calibration of one library; new verdicts are kept where it is open for writing.

    Many searches meet the same candidates: give it tools with a decoder that remembers.
    keep: stores new verdicts of a library that is open for reading.
    """

    library: Library
    services: Services
    progress: Progress
    seed: int = 0
    lists: tuple[str, ...] = LISTS
    keep: Callable[[VerdictCache], object] | None = None

    def run(
        self,
        searches: Sequence[LabeledSearch],
        marks: Sequence[Mark],
        max_false_alarms: float,
        source: str,
    ) -> Calibration:
        """Raises InputError where the searches are too few or of one kind."""
        fitted, drawn, held = three_parts(searches, self.seed)
        parts = Parts(
            tuple(self.check(fitted, BUDGET) + self.check_marks(marks)),
            tuple(self.check(drawn)),
            tuple(self.check(held)),
        )
        return learn(parts, self.judge, max_false_alarms, source)

    @property
    def judge(self) -> str:
        """Whose scores these are: of the vision model, else of the vectors of frames.

        Raises ModelNotFound where there is neither.
        """
        judge = judge_here(self.library, self.services)
        if judge is None:
            raise ModelNotFound(
                "no vision model to calibrate, and no frames that have vectors",
                "name one: --model, or run: vidindex ingest --frames auto",
            )
        return judge

    def check(
        self,
        searches: Sequence[LabeledSearch],
        depth: int = THOROUGH_BUDGET,
        *,
        ground_all: bool = False,
    ) -> list[JudgedSearch]:
        """Run searches, check their first `depth` candidates, and compare with what is known.

        ground_all: find start and end for searches without an answer, too.
        """
        self.progress.start("calibrate", len(searches), "searches")
        checked = []
        for search in searches:
            standard = _LENIENT if search.gold or ground_all else _DENYING
            moments = self._candidates(search, standard, depth)
            right = tuple(is_right(moment, search.gold) for moment in moments)
            checked.append(JudgedSearch(search, tuple(moments), right))
            self.progress.advance(1, search.text)
        self.progress.finish()
        return checked

    def check_marks(self, marks: Sequence[Mark]) -> list[JudgedSearch]:
        """The candidates that people kept or rejected, each labelled so; others are left out."""
        by_query: dict[str, list[Mark]] = {}
        for mark in marks:
            if mark.answer != "note":
                by_query.setdefault(mark.query, []).append(mark)
        checked = []
        for text, marked in by_query.items():
            search = LabeledSearch(text)
            labelled = [
                (moment, on.answer == "keep")
                for moment in self._candidates(search, _LENIENT, THOROUGH_BUDGET)
                if (on := _mark_on(moment, marked))
            ]
            moments, right = [m for m, _ in labelled], [r for _, r in labelled]
            checked.append(JudgedSearch(search, tuple(moments), tuple(right)))
        return checked

    def _candidates(self, search: LabeledSearch, standard: Standard, depth: int) -> list[Moment]:
        if self.services.model is None:
            return self._nearest(search, depth)
        query = Query(search.text, search.filters, depth)
        options = SearchOptions(thorough=True, lists=self.lists)
        run = Search.of(
            self.library, self.services, query, options, thresholds=Thresholds(standard)
        )
        found = run.found()[:depth]
        judged = run.judged(found)
        judged += run.further(judged, len(found))
        if self.library.write:
            run.cache.flush(self.library)
        elif self.keep:
            self.keep(run.cache)
        return judged

    def _nearest(self, search: LabeledSearch, depth: int) -> list[Moment]:
        """The nearest segments of frames, with their nearness as the score."""
        aim = text_aim(self.library, self.services, Query(search.text, search.filters))
        if aim is None:
            return []
        hits = however_far(self.library, aim, search.filters, depth)
        moments = (lead_moment(hit, self.library.videos.name(hit.event.video_id)) for hit in hits)
        return [
            replace(one, verdict=replace(one.verdict, score=as_score(hit.nearness or 0), mass=1.0))
            for hit, one in zip(hits, moments, strict=True)
        ]


def learn(
    parts: Parts, judge: str, max_false_alarms: float, source: str, *, partly_labeled: bool = False
) -> Calibration:
    """The curve from the first part, the line from the second, the rates from the third.

    partly_labeled: of present searches not every right candidate is known, so there may be no
    curve, and its error is not measured.
    """
    pairs = [pair for one in parts.fitted for pair in one.pairs(THOROUGH_BUDGET)]
    scores, right = [score for score, _ in pairs], [is_true for _, is_true in pairs]
    has_both = any(right) and not all(right)
    absent = [one for one in parts.drawn if not one.search.gold]
    calibration = Calibration(
        judge=judge,
        curve=fit(scores, right) if has_both or not partly_labeled else None,
        absent_best={
            name: tuple(sorted(one.best(depth) for one in absent)) for name, depth in DEPTHS.items()
        },
        measured_at=max_false_alarms,
        measured={},
        num_pairs=len(pairs),
        source=source,
        looks_further=True,
    )
    lines = {name: calibration.standard(max_false_alarms, name) for name in DEPTHS}
    measured: dict[str, Measured] = {
        name: measure(
            parts.held,
            replace(calibration, curve=None) if partly_labeled else calibration,
            lines[name],
            depth,
        )
        for name, depth in DEPTHS.items()
    }
    return replace(calibration, measured=measured)


def three_parts(
    searches: Sequence[LabeledSearch], seed: int, min_present: int = 4
) -> tuple[list[LabeledSearch], list[LabeledSearch], list[LabeledSearch]]:
    """Searches to fit the curve on, to draw the line on (absent ones), and to report on."""
    rng = np.random.default_rng(seed)
    present = _shuffled([one for one in searches if one.gold], rng)
    absent = _shuffled([one for one in searches if not one.gold], rng)
    half = len(present) // 2
    first = round(FIT_SHARE * len(absent))
    second = first + round(LINE_SHARE * len(absent))
    if len(present) < min_present or second - first < MIN_LINE:
        raise InputError(
            f"{len(present)} searches for what is there and {len(absent)} for what is not are too "
            "few to calibrate with",
            f"give at least 4 of the first kind and {round(MIN_LINE / LINE_SHARE) + 1} of the "
            "second; 200 make the error rate worth stating",
        )
    return (
        present[:half] + absent[:first],
        absent[first:second],
        present[half:] + absent[second:],
    )


def _shuffled(items: Sequence[T], rng: np.random.Generator) -> list[T]:
    return [items[int(index)] for index in rng.permutation(len(items))]


def measure(
    checked: Sequence[JudgedSearch], calibration: Calibration, standard: Standard, depth: int
) -> Measured:
    """What these lines do with searches that are checked `depth` candidates deep."""
    absent = [one for one in checked if not one.search.gold]
    present = [one for one in checked if one.search.gold]
    answers = {id(one): [answer_of(m, standard) for m in one.moments[:depth]] for one in checked}
    shown = [
        (m, r)
        for one in checked
        for m, r in zip(one.moments[:depth], one.right[:depth], strict=True)
    ]
    scored = np.array(
        [(s, right) for moment, right in shown if (s := model_score(moment)) is not None]
    ).reshape(-1, 2)
    measured = Measured(
        num_absent=len(absent),
        num_present=len(present),
        false_alarms=_share("verified" in answers[id(one)] for one in absent),
        unsure=_share(
            "unsure" in answers[id(one)] and "verified" not in answers[id(one)] for one in absent
        ),
        misses=_share(not _hit(one, answers[id(one)]) for one in present),
        not_retrieved=_share(not any(one.right[:depth]) for one in present),
    )
    if calibration.curve is None:
        return measured
    probabilities, right = calibration.curve.of(scored[:, 0]), scored[:, 1]
    kept = scored[:, 0] > standard.rejected_at
    return replace(
        measured,
        expected_error=expected_error(probabilities, right),
        expected_error_shown=expected_error(probabilities[kept], right[kept]),
        brier=brier(probabilities, right),
    )


def _hit(one: JudgedSearch, answers: Sequence[Answer]) -> bool:
    """Whether it was found: verified, or as a text that needs no frames to be checked against."""
    pairs = zip(answers, one.right, strict=False)
    return any(answer in ("verified", "unchecked") and right for answer, right in pairs)


def _share(found: Iterable[bool]) -> float:
    values = list(found)
    return sum(values) / len(values) if values else 0.0


def _mark_on(moment: Moment, marks: Sequence[Mark]) -> Mark | None:
    """The mark that was set on this very candidate."""
    gold = {mark: [(mark.video_id, mark.span)] for mark in marks}
    return next((mark for mark in marks if is_right(moment, gold[mark])), None)


def calibrate_opinion(
    first: Calibrate, second: SecondOpinion, searches: Sequence[LabeledSearch], source: str
) -> Calibration:
    """It is asked about what the first model does not flatly deny, as it will be in searches.

    Raises InputError if it never answered Yes or No, or was always or never right.
    """
    pairs: list[tuple[float, bool]] = []
    asked = first.check(searches, BUDGET, ground_all=True)
    for search, checked in zip(searches, asked, strict=True):
        cache = VerdictCache(first.library, search.text)
        for moment in second.review(search.text, checked.moments, cache):
            opinion = moment.verdict.second
            if opinion and opinion.answer in SCORES:
                pairs.append((SCORES[opinion.answer], is_right(moment, search.gold)))
        if first.library.write:
            cache.flush(first.library)
    return Calibration(
        judge=reasoning_judge(second.model),
        curve=fit_opinion([score for score, _ in pairs], [right for _, right in pairs]),
        absent_best={},
        measured_at=0.0,
        measured={},
        num_pairs=len(pairs),
        source=source,
    )
