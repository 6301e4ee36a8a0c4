"""Search: retrieve candidates, merge them into moments, verify and rank them."""

import functools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Self

from pipelines.cameras import dated
from pipelines.search.by_frames import FRAMES, FrameAim, aim_at, missing_note
from pipelines.search.looks import count_looks, nearest_stretches, other_stretches
from pipelines.search.retrieval import LISTS, find_moments, unread_notes
from pipelines.search.thresholds import RULE_OF_THUMB, Thresholds, thresholds_for
from pipelines.search.verdict_cache import VerdictCache
from pipelines.services import Services, is_of_bundled
from store.library import Library
from vidindex.core.retrieval.conclusion import conclude
from vidindex.core.retrieval.query_rewrite import as_caption, search_words
from vidindex.core.retrieval.text_match import UNSURE_SHARE, match_words
from vidindex.core.retrieval.verification import unknown_words
from vidindex.types import Embedding, Filters, Looks, Moment, Query, SearchResult, Verdict

if TYPE_CHECKING:
    from pipelines.search.second_opinion import SecondOpinion

BUDGET, THOROUGH_BUDGET = 10, 50
"""How many candidates are checked against frames: each costs decoding and a model's time."""


@dataclass(frozen=True, slots=True)
class SearchOptions:
    """verify: check candidates against fresh frames; thorough: check more of them.

    Examples are never checked: there is no sentence that a model could say Yes or No to.

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

PICTURED = ("caption", "frame")
"""Channels of what a vision model can see in the pictures."""

NO_NEAR_FRAME = (
    "no frame comes nearer than frames do to things that are absent, and no vision model looked"
)


def unwatched(place: int, moment: Moment) -> None:
    """Ignore the moment."""


@dataclass(frozen=True, slots=True)
class Search:
    """One question to one library; `of` assembles it.

    thresholds: from which score on a candidate is verified, and its probability, if measured.
    aim: gives what frames are searched for, where there are any; it is made at its first call.
    cache: the verdicts given so far; a writer stores the new ones. second: whose opinion
    is asked on what the model did not reject. watch: receives, while the search runs, each
    candidate whose verdict is known so far, with its place among those found (stretches that are
    looked at beyond those have the places behind them); the last word on a candidate counts.
    What it raises ends the search.
    """

    library: Library
    services: Services
    query: Query
    options: SearchOptions
    thresholds: Thresholds
    cache: VerdictCache
    aim: Callable[[], FrameAim | None] = lambda: None
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
        like: Sequence[Embedding] = (),
    ) -> Self:
        """A search by the thresholds of this library, or by `thresholds`.

        like: the vectors of `query.like`. Raises InputError where a share of false alarms is
        asked for that was never measured.
        """
        if query.like:
            options, second = replace(options, verify=False), None
        known = thresholds or thresholds_for(
            library, services, max_false_alarms, thorough=options.thorough
        )

        @functools.cache
        def aim() -> FrameAim | None:
            found = aim_at(library, services, query, like) if FRAMES in options.lists else None
            if found is None or query.like or services.model or known == RULE_OF_THUMB:
                return found
            return found.calibrated(known.standard, known.curve)

        cache = VerdictCache(library, query.text)
        return cls(library, services, query, options, known, cache, aim, second, watch)

    def run(self, found: Sequence[Moment] | None = None) -> SearchResult:
        """Moments, best first: verified before unsure before unchecked; rejected ones apart.

        found: the candidates, where `found` was called before. Where none of them is left to
        show, the model looks at the nearest stretches before nothing is reported as found.
        """
        found = self.found() if found is None else found
        judged = self._reviewed(self.judged(found[: self.options.depth(self.query.limit)]))
        further = [] if _shown(judged) else self._reviewed(self.further(judged, len(found)))
        return self._result(dated(self.library, [*judged, *further]), len(found) + len(further))

    def _result(self, judged: Sequence[Moment], num_candidates: int) -> SearchResult:
        kept = sorted(_shown(judged), key=lambda moment: _RANK[moment.verdict.answer])
        checked = sum(moment.verdict.evidence is not None for moment in judged)
        coverage = self.library.coverage(self.query.filters)
        looks = count_looks(self.library, self.query, judged, coverage, self.thresholds)
        looks = looks if kept else self._explained(looks)
        return SearchResult(
            query=self.query,
            moments=tuple(kept[: self.query.limit]),
            rejected=tuple(m for m in judged if m.verdict.answer == "rejected"),
            coverage=replace(coverage, candidates=num_candidates, checked=checked),
            standard=self.thresholds.standard,
            notes=(
                *unread_notes(self.library, self.services.embedder, self.query, self.options.lists),
                *self._unlearned_notes(judged),
                *missing_note(self.library, self.services, self.query),
            ),
            conclusion=conclude(
                self.query.title,
                [moment.verdict.answer for moment in kept],
                looks,
                {moment.hits[0].event.channel for moment in kept},
            ),
        )

    def _explained(self, looks: Looks) -> Looks:
        """With the reason why nothing was looked at, where there is a known one.

        The bundled model's looks at footage that vidindex did not generate do not count.
        """
        if self._is_beyond_the_model():
            return replace(looks, looked_at=0, why_none="the bundled model cannot judge footage")
        if self._unlearned and looks.looked_at:
            return replace(looks, looked_at=0, why_none=self._never_learned())
        if looks.why_none or looks.looked_at:
            return looks
        if looks.duration_s <= 0:
            is_filtered = self.query.filters != Filters()
            why = "no recording fits the filters" if is_filtered else "the library is empty"
            return replace(looks, why_none=why)
        if self.query.like:
            return replace(looks, why_none="examples are compared by their vectors alone")
        if not self.options.verify:
            return replace(looks, why_none="verification is off")
        if self.services.model:
            return looks
        return replace(looks, why_none=NO_NEAR_FRAME if self.aim() else "no vision model is in use")

    def _unlearned_notes(self, judged: Sequence[Moment]) -> tuple[str, ...]:
        """A note where the model looked for something in words that it never learned."""
        if not self._unlearned or all(moment.verdict.mass is None for moment in judged):
            return ()
        return (f"{self._never_learned()}: its Yes counts as unsure",)

    def _never_learned(self) -> str:
        assert self.services.model
        name = self.services.model.limits.identity.partition("@")[0]
        return f"the model ({name}) never learned {', '.join(map(repr, self._unlearned))}"

    @property
    def _unlearned(self) -> tuple[str, ...]:
        """The words of the question that the model in use never learned."""
        model, caption = self.services.model, as_caption(self.query.text)
        return unknown_words(caption, model.limits) if model else ()

    def _is_beyond_the_model(self) -> bool:
        model = self.services.model
        is_bundled = model is not None and is_of_bundled(model.limits.identity)
        return is_bundled and not self.library.videos.are_generated(self.query.filters)

    def found(self) -> list[Moment]:
        """The candidates, best first, nothing of them checked."""
        return find_moments(
            self.library, self.services.embedder, self.query, self.options.lists, self.aim()
        )

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

    def further(self, judged: Sequence[Moment], place: int) -> list[Moment]:
        """The nearest stretches that no judged moment shows, with the model's verdicts.

        As many as the budget leaves; then any other stretches, until nothing is left to look
        at. Those whose frames cannot be had are left out. place: of the first of them.
        """
        seen: list[Moment] = []
        for choose in (
            self._nearest,
            partial(other_stretches, self.library, self.query),
        ):
            so_far = [*judged, *seen]
            count = self.options.budget - sum(m.verdict.mass is not None for m in so_far)
            if count < 1 or self.services.model is None or _shown(seen):
                break
            chosen = choose(so_far, count)
            checked = self._checked(dict(enumerate(chosen, start=place)))
            seen += [moment for moment in checked.values() if moment.verdict.mass is not None]
            place += len(chosen)
        return seen

    def _nearest(self, judged: Sequence[Moment], count: int) -> list[Moment]:
        embedder, aim = self.services.embedder, self.aim()
        return nearest_stretches(self.library, embedder, self.query, aim, judged, count)

    def _seen(self, moments: Sequence[Moment]) -> dict[int, Moment]:
        """What the model says of captions and segments, by place; empty without a model."""
        first = enumerate(moments[: self.options.budget])
        return self._checked({i: m for i, m in first if m.hits[0].event.channel in PICTURED})

    def _checked(self, moments: Mapping[int, Moment]) -> dict[int, Moment]:
        """What the model says of stretches, all in one go, by place."""
        model, services = self.services.model, self.services
        if not moments or model is None:
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
        places, asked = list(moments), list(moments.values())
        verdicts = verifier.check(
            self.query.text,
            asked,
            self.cache,
            lambda which, verdict: self._told(places[which], asked[which], verdict),
        )
        settled = zip(places, asked, verdicts, strict=True)
        return {place: replace(moment, verdict=verdict) for place, moment, verdict in settled}

    def _reviewed(self, moments: list[Moment]) -> list[Moment]:
        """With the second model's opinions, where one is asked."""
        return self.second.review(self.query.text, moments, self.cache) if self.second else moments

    def _told(self, place: int, moment: Moment, verdict: Verdict) -> Moment:
        settled = replace(moment, verdict=verdict)
        self.watch(place, dated(self.library, [settled])[0])
        return settled

    def _read(self, moment: Moment, *, fresh: bool) -> Verdict:
        """What is written there, in the picture or in a text track, says of the moment."""
        event = moment.hits[0].event
        if event.channel == "frame":
            return self._by_vectors(moment)
        if fresh and event.channel in ("screen", "clock") and self.services.reader:
            from pipelines.search.verify_text import TextVerifier

            verifier = TextVerifier(self.library, self.services.decoder, self.services.reader)
            return verifier.check(self.query.text, moment, self.cache)
        return moment.verdict if event.channel == "clock" else self._by_words(moment)

    def _by_vectors(self, moment: Moment) -> Verdict:
        """With its probability, where it was measured what nearness is worth without a model."""
        aim = None if self.services.model else self.aim()
        return (
            replace(moment.verdict, probability=aim.probability(moment)) if aim else moment.verdict
        )

    def _by_words(self, moment: Moment) -> Verdict:
        """Rejected where the text has too few words of the question, or not its number.

        Nearness in meaning was measured already, but no meaning makes up for another number;
        a caption describes, and need not repeat what is written.
        """
        event = moment.hits[0].event
        read = event.channel == "screen"
        match = match_words(search_words(self.query.text), [_text(moment)], on_screen=read)
        few = moment.hits[0].why == ("words",) and match.share < UNSURE_SHARE
        if few or (match.lacks_number and event.channel not in PICTURED):
            return replace(moment.verdict, answer="rejected", score=match.share)
        return moment.verdict


def _text(moment: Moment) -> str:
    """What the moment says: of speech all its sentences, as a phrase may run across two."""
    first = moment.hits[0].event
    if first.channel not in ("speech", "subtitle"):
        return first.text
    said = [hit.event for hit in moment.hits if hit.event.channel == first.channel]
    ordered = sorted((e for e in said if e.source == first.source), key=lambda e: e.span)
    return " ".join(event.text for event in ordered)


def _shown(moments: Sequence[Moment]) -> list[Moment]:
    """Without those that were rejected, and those that are worth a look but had none."""
    return [
        moment
        for moment in moments
        if moment.verdict.answer != "rejected"
        and not (moment.verdict.answer == "unchecked" and _is_faint(moment))
    ]


def _is_faint(moment: Moment) -> bool:
    """Whether what leads it is near to nothing, and no frame of it is near either."""
    first, *others = moment.hits
    return first.why == ("nearest",) and not any(hit.why == (FRAMES,) for hit in others)


_RANK = {"verified": 0, "unsure": 1, "unchecked": 1, "rejected": 2}
