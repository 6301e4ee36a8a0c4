"""Search and check on behalf of one question, counting calls and keeping a log of steps."""

from dataclasses import dataclass, field, replace

from pipelines.answer.call_budget import CallBudget
from pipelines.answer.footage import footage_of
from pipelines.search.run import Search, SearchOptions
from pipelines.search.verdict_cache import VerdictCache
from pipelines.services import Services
from store.library import Library
from vidindex.core.answering.answers import Step
from vidindex.core.answering.citations import Citation, cited
from vidindex.core.answering.findings import Findings, findings_of
from vidindex.core.answering.question import Asked
from vidindex.core.formatting.terminal import one_line
from vidindex.core.retrieval.fusion import lead_moment
from vidindex.types import Event, Filters, Hit, Moment, Query, SearchResult


@dataclass(slots=True)
class Inquiry:
    """What is done for one question. budget: None where no model is in use.

    caches: verdicts given so far, which a writer stores. steps: the log, in order.
    """

    library: Library
    services: Services
    options: SearchOptions
    budget: CallBudget | None
    caches: list[VerdictCache] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)

    @classmethod
    def of(cls, library: Library, services: Services, options: SearchOptions,
           budget: CallBudget | None) -> "Inquiry":  # fmt: skip
        """An inquiry whose every call of the model goes through the budget."""
        bounded = replace(services, model=budget) if budget else services
        return cls(library, bounded, options, budget)

    @property
    def calls(self) -> int:
        return self.budget.used if self.budget else 0

    def log(self, kind: str, text: str, since: int) -> None:
        """Note a step; since: the calls that were made before it."""
        self.steps.append(Step(kind, text, self.calls - since))  # type: ignore[arg-type]

    def search(self, asked: Asked, caption: str = "") -> SearchResult:
        """Candidates for a caption (that of the question, else), retrieved and verified."""
        before = self.calls
        query = Query(caption or asked.looked_for, asked.filters, self.options.budget)
        search = Search.of(self.library, self.services, query, self.options)
        result = search.run()
        self.caches.append(search.cache)
        coverage = result.coverage
        self.log(
            "searched",
            f"“{one_line(query.text)}”: {coverage.checked} of {coverage.candidates} candidates "
            f"checked, {result.conclusion.kind}",
            before,
        )
        return result

    def find(self, asked: Asked) -> Findings:
        """The occasions of what a question looks for."""
        result = self.search(asked)
        ids = {hit.event.video_id for moment in result.moments for hit in moment.hits}
        return findings_of(asked, result, footage_of(self.library, ids, asked.filters))

    def check(self, event: Event) -> Moment:
        """The event, compared with fresh frames by its own text."""
        before = self.calls
        moment = lead_moment(Hit(event, 0.0, ("words",)), self.library.videos.name(event.video_id))
        query = Query(event.text, Filters(video_ids=(event.video_id,)), 1)
        search = Search.of(self.library, self.services, query, self.options)
        (judged,) = search.judged([moment])
        self.caches.append(search.cache)
        self.log("checked", f"“{one_line(event.text)}”: {judged.verdict.answer}", before)
        return judged

    def as_citation(self, moment: Moment, filters: Filters) -> Citation:
        """A checked event, to be cited where the frames put it."""
        event, verdict = moment.hits[0].event, moment.verdict
        footage = footage_of(self.library, [event.video_id], filters)[event.video_id]
        piece = cited(replace(event, span=verdict.span), footage)
        return replace(piece, answer=verdict.answer, score=verdict.score)
