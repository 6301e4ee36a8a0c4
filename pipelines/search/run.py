"""Search: candidates, moments, verdicts, and what the answer rests on."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Self

from pipelines.cameras import dated
from pipelines.search.retrieval import LISTS, find_moments, unread_notes
from pipelines.search.thresholds import Thresholds, thresholds_for
from pipelines.search.verdict_cache import VerdictCache
from pipelines.services import Services
from store.library import Library
from vidindex.core.retrieval.query_rewrite import search_words
from vidindex.core.retrieval.text_match import UNSURE_SHARE, match_words
from vidindex.types import Moment, Query, SearchResult, Verdict

if TYPE_CHECKING:
    from pipelines.search.second_opinion import SecondOpinion

BUDGET, THOROUGH_BUDGET = 10, 50
"""How many candidates are checked against frames: each costs decoding and a model's time."""


@dataclass(frozen=True, slots=True)
class SearchOptions:
    """verify: check candidates against fresh frames; thorough: check more of them.

    lists: which ranked lists are fused.
    """

    verify: bool = True
    thorough: bool = False
    lists: tuple[str, ...] = LISTS

    @property
    def budget(self) -> int:
        if not self.verify:
            return 0
        return THOROUGH_BUDGET if self.thorough else BUDGET

    def depth(self, limit: int) -> int:
        """How many of the candidates are judged where `limit` moments are asked for."""
        return max(self.budget, limit)


DEFAULTS = SearchOptions()


def unwatched(place: int, moment: Moment) -> None:
    """Nobody watches."""


@dataclass(frozen=True, slots=True)
class Search:
    """One question to one library; `of` assembles it.

    thresholds: from which score on a candidate is verified, and its probability, if measured.
    cache: the verdicts given so far; whoever may write stores the new ones. second: whose opinion
    is heard on what the model did not reject. watch: is told, while the search runs, each
    candidate whose verdict is known so far, with its place among those found; the last word on
    a candidate counts. What it raises ends the search.
    """

    library: Library
    services: Services
    query: Query
    options: SearchOptions
    thresholds: Thresholds
    cache: VerdictCache
    second: "SecondOpinion | None" = None
    watch: Callable[[int, Moment], None] = unwatched

    @classmethod
    def of(
        cls,
        library: Library,
        services: Services,
        query: Query,
        options: SearchOptions = DEFAULTS,
        *,
        max_false_alarms: float | None = None,
        thresholds: Thresholds | None = None,
        second: "SecondOpinion | None" = None,
        watch: Callable[[int, Moment], None] = unwatched,
    ) -> Self:
        """A search by the thresholds of this library, or by `thresholds`.

        Raises InputError where a share of false alarms is asked for that was never measured.
        """
        thresholds = thresholds or thresholds_for(
            library, services, max_false_alarms, thorough=options.thorough
        )
        cache = VerdictCache(library, query.text)
        return cls(library, services, query, options, thresholds, cache, second, watch)

    def run(self, found: Sequence[Moment] | None = None) -> SearchResult:
        """Moments, best first: verified before unsure before unchecked; rejected ones apart.

        found: the candidates, where `found` was called before.
        """
        found = self.found() if found is None else found
        judged = self.judged(found[: self.options.depth(self.query.limit)])
        if self.second:
            judged = self.second.review(self.query.text, judged, self.cache)
        judged = dated(self.library, judged)
        kept = [moment for moment in judged if moment.verdict.answer != "rejected"]
        kept.sort(key=lambda moment: _RANK[moment.verdict.answer])
        checked = sum(moment.verdict.evidence is not None for moment in judged)
        coverage = self.library.coverage(self.query.filters)
        return SearchResult(
            query=self.query,
            moments=tuple(kept[: self.query.limit]),
            rejected=tuple(m for m in judged if m.verdict.answer == "rejected"),
            coverage=replace(coverage, candidates=len(found), checked=checked),
            standard=self.thresholds.standard,
            notes=unread_notes(
                self.library, self.services.embedder, self.query, self.options.lists
            ),
        )

    def found(self) -> list[Moment]:
        """The candidates, best first, nothing of them checked."""
        return find_moments(self.library, self.services.embedder, self.query, self.options.lists)

    def judged(self, moments: Sequence[Moment]) -> list[Moment]:
        """Every moment with its verdict, in order; those beyond the budget by their words."""
        budget = self.options.budget
        seen = self._seen(moments)
        return [
            seen[place]
            if place in seen
            else self._told(place, moment, self._read(moment, fresh=place < budget))
            for place, moment in enumerate(moments)
        ]

    def _seen(self, moments: Sequence[Moment]) -> dict[int, Moment]:
        """What the model says of captions, all in one go, by place; empty without a model."""
        model, services = self.services.model, self.services
        first = moments[: self.options.budget]
        places = [i for i, m in enumerate(first) if m.hits[0].event.channel == "caption"]
        if not places or model is None:
            return {}
        from pipelines.search.verify_caption import CaptionVerifier

        thresholds = self.thresholds
        verifier = CaptionVerifier(
            self.library,
            services.decoder,
            model,
            services.profile,
            thresholds.standard,
            thresholds.curve,
        )
        asked = [moments[place] for place in places]
        verdicts = verifier.check(
            self.query.text,
            asked,
            self.cache,
            lambda which, verdict: self._told(places[which], asked[which], verdict),
        )
        settled = zip(places, asked, verdicts, strict=True)
        return {place: replace(moment, verdict=verdict) for place, moment, verdict in settled}

    def _told(self, place: int, moment: Moment, verdict: Verdict) -> Moment:
        settled = replace(moment, verdict=verdict)
        self.watch(place, dated(self.library, [settled])[0])
        return settled

    def _read(self, moment: Moment, *, fresh: bool) -> Verdict:
        """What is written there, in the picture or in a text track, says of the moment."""
        event = moment.hits[0].event
        if fresh and event.channel in ("screen", "clock") and self.services.reader:
            from pipelines.search.verify_text import TextVerifier

            verifier = TextVerifier(self.library, self.services.decoder, self.services.reader)
            return verifier.check(self.query.text, moment, self.cache)
        return moment.verdict if event.channel == "clock" else self._by_words(moment)

    def _by_words(self, moment: Moment) -> Verdict:
        """Rejected where the text has too few words of the question, or not its number.

        Nearness in meaning was measured already, but no meaning makes up for another number;
        a caption describes, and need not repeat what is written.
        """
        event = moment.hits[0].event
        read = event.channel == "screen"
        match = match_words(search_words(self.query.text), [event.text], on_screen=read)
        few = moment.hits[0].why == ("words",) and match.share < UNSURE_SHARE
        if few or (match.lacks_number and event.channel != "caption"):
            return replace(moment.verdict, answer="rejected", score=match.share)
        return moment.verdict


_RANK = {"verified": 0, "unsure": 1, "unchecked": 1, "rejected": 2}
