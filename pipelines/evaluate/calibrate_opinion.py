"""What a Yes and a No of a reasoning model are worth, by searches with known answers."""

from collections.abc import Sequence

from pipelines.evaluate.calibrate import Calibrate
from pipelines.evaluate.labeled_searches import KnownSearch, is_right
from pipelines.search.run import BUDGET
from pipelines.search.second_opinion import SCORES, SecondOpinion, reasoning_judge
from pipelines.search.verdict_cache import VerdictBook
from vidindex.core.retrieval.calibration import Calibration, fit_opinion


def calibrate_opinion(
    first: Calibrate, second: SecondOpinion, searches: Sequence[KnownSearch], source: str
) -> Calibration:
    """It is asked about what the first model does not flatly deny, as it will be in searches.

    Raises InputError where it never said Yes or No, or was always or never right.
    """
    pairs: list[tuple[float, bool]] = []
    asked = first.check(searches, BUDGET, ground_all=True)
    for search, checked in zip(searches, asked, strict=True):
        book = VerdictBook(first.library, search.text)
        for moment in second.hear(search.text, checked.moments, book):
            opinion = moment.verdict.second
            if opinion and opinion.answer in SCORES:
                pairs.append((SCORES[opinion.answer], is_right(moment, search.gold)))
        if first.library.write:
            book.store(first.library)
    return Calibration(
        judge=reasoning_judge(second.model),
        curve=fit_opinion([score for score, _ in pairs], [right for _, right in pairs]),
        absent_best={},
        measured_at=0.0,
        measured={},
        num_pairs=len(pairs),
        source=source,
    )
