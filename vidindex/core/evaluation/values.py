"""Values of an evaluation: queries with true spans, predictions, and their sources.

Seconds are media time. A true span is always a sound
`Span`; a predicted window is kept as it was given, valid or not.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from vidindex.types import Span
from vidindex.types.search import Answer


@dataclass(frozen=True, slots=True)
class Gold:
    """One true span; `video` is an id or a file name, as the ground truth writes it."""

    video: str
    span: Span


@dataclass(frozen=True, slots=True)
class Saliency:
    """How much annotators like each clip of two seconds; clips not listed were rated 0.

    scores: per entry of `clip_ids`, one rating per annotator.
    """

    num_clips: int
    clip_ids: tuple[int, ...]
    scores: tuple[tuple[float, ...], ...]


@dataclass(frozen=True, slots=True)
class EvalQuery:
    """One question with what is true of it. No gold: what is asked for does not occur.

    search_in: where is searched: the one video of most data sets, a glob of files, "" for the
    whole library; (text, search_in) names the query where the data set has no ids of its own.
    video: where it occurs (the first of several), or is searched in vain. modality, duration,
    format: its groups, "" if unknown.
    """

    query_id: str
    text: str
    search_in: str
    video: str
    gold: tuple[Gold, ...]
    duration_s: float | None = None
    modality: str = ""
    duration: str = ""
    format: str = ""
    saliency: Saliency | None = None

    @property
    def unit(self) -> str:
        """What the bootstrap draws: the video; a query absent from a whole library is its own."""
        return self.video or f"query {self.query_id}"

    @property
    def key(self) -> tuple[str, str]:
        """What a prediction that has no query id is recognised by."""
        return (self.text, self.search_in)


@dataclass(frozen=True, slots=True)
class GroundTruth:
    """The queries of one file; `counts` says what was set right or left out when reading it.

    own_ids: the data set numbers its queries, so predictions name them by that number; else
    the numbers are ours, and predictions name text and place. many_videos: a query is
    answered from several files, so that every window must say which.
    """

    dataset: str
    queries: tuple[EvalQuery, ...]
    own_ids: bool = True
    many_videos: bool = False
    counts: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Window:
    """One answer to a query: where, how strongly, and the result of a check.

    score: any scale, higher is better; None where the system gives no scores. video: "" is
    the query's own. verdict, probability: None where the system says nothing of them.
    """

    start_s: float
    end_s: float
    score: float | None = None
    video: str = ""
    verdict: Answer | None = None
    probability: float | None = None

    @property
    def is_finite(self) -> bool:
        return math.isfinite(self.start_s) and math.isfinite(self.end_s)

    @property
    def is_sound(self) -> bool:
        """Whether it is a span at all: finite, and it ends after it starts."""
        return self.is_finite and self.start_s < self.end_s

    @property
    def is_answer(self) -> bool:
        """Whether the system gives it as an answer, and does not reject it."""
        return self.verdict != "rejected"


@dataclass(frozen=True, slots=True)
class Prediction:
    """A system's output for one query; windows in the order of its file, best first.

    saliency: a score per clip of two seconds, None where highlights were not asked for.
    text, search_in: the query again, for files that name it so.
    """

    query_id: str
    windows: tuple[Window, ...]
    saliency: tuple[float, ...] | None = None
    text: str = ""
    search_in: str = ""

    @property
    def answers(self) -> tuple[Window, ...]:
        """What was not rejected, in the file's order."""
        return tuple(window for window in self.windows if window.is_answer)


@dataclass(frozen=True, slots=True)
class Predictions:
    """The predictions for the queries of a ground truth, in the file's order.

    A query may have several (the last counts, save where a reference evaluator does
    otherwise) or none. unknown: predictions for queries that the ground truth does not have.
    """

    rows: tuple[Prediction, ...]
    unknown: int = 0

    def by_query(self) -> dict[str, Prediction]:
        return {row.query_id: row for row in self.rows}
