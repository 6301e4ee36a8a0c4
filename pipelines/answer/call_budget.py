"""Bound how often a model is asked for one answer."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from pipelines.progress import Progress, Quiet
from vidindex.ports import VisionModel
from vidindex.types import Ask, ModelLimits, Reply, Usage

DEFAULT_CALLS = 40
"""Calls of the model for one question, where nothing else is asked for."""

NO_MORE = "the calls of this question are used up"


@dataclass(slots=True)
class CallBudget:
    """A model that is asked at most `max_calls` times; every further ask gets an error.

    used, refused: calls that were made, and asks that were not put.
    """

    model: VisionModel
    max_calls: int
    progress: Progress = field(default_factory=Quiet)
    used: int = 0
    refused: int = 0

    @property
    def limits(self) -> ModelLimits:
        return self.model.limits

    @property
    def left(self) -> int:
        return max(0, self.max_calls - self.used)

    def answer(self, asks: Iterable[Ask]) -> Iterator[tuple[str, Reply]]:
        """As the model does; asks beyond the budget come back first or last, with an error."""
        refused: list[str] = []
        for key, reply in self.model.answer(self._allowed(asks, refused)):
            self.progress.advance(1, "")
            yield key, reply
        for key in refused:
            yield key, Reply(NO_MORE, "error", Usage(0, 0))

    def _allowed(self, asks: Iterable[Ask], refused: list[str]) -> Iterator[Ask]:
        for ask in asks:
            if self.left:
                self.used += 1
                yield ask
            else:
                self.refused += 1
                refused.append(ask.key)
