"""Phrase what was answered by looking, or that it cannot be told."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from vidindex.core.answering.answers import Answer
from vidindex.core.answering.citations import Citation, Occasion, Sentence
from vidindex.core.answering.findings import CitationList, Findings
from vidindex.core.answering.phrases import Phrases
from vidindex.core.answering.question import Asked
from vidindex.core.answering.rephrase import Dropped
from vidindex.core.formatting.terminal import coverage_line
from vidindex.types import Conclusion, Coverage
from vidindex.types.search import ConclusionKind


@dataclass(frozen=True, slots=True)
class OpenAnswer:
    """Builds the answer to one open question. findings: of its searches."""

    asked: Asked
    coverage: Coverage
    findings: tuple[Findings, ...] = ()
    cites: CitationList = field(default_factory=CitationList)

    @property
    def say(self) -> Phrases:
        return Phrases(self.asked.language)

    def answered(
        self, held: Sequence[Sentence], chosen: Sequence[Citation], dropped: Sequence[Dropped]
    ) -> Answer:
        """The sentences that hold, with what they cite; none: it cannot be told."""
        if not held:
            return self.cannot_tell("why none held", chosen, dropped)
        sentences = [
            replace(one, cites=self._numbers([chosen[number - 1] for number in one.cites]))
            for one in held
        ]
        if dropped:
            sentences.append(self._dropped(len(dropped), len(held) + len(dropped)))
        found = Conclusion("found", "fresh frames show it")
        return replace(self._answer("answered", sentences, found, dropped), count=len(held))

    def cannot_tell(
        self, reason: str, chosen: Sequence[Citation], dropped: Sequence[Dropped] = ()
    ) -> Answer:
        """That it cannot be told, why, and the moments that were nearest."""
        why = self.say.reason(reason)
        sentences = [Sentence(self.say.say("cannot tell", why=why))]
        if dropped:
            sentences.append(self._dropped(len(dropped), len(dropped)))
        if chosen:
            sentences.append(Sentence(self.say.say("near"), self._numbers(chosen)))
        looks = [one.conclusion.looks for one in self.findings]
        conclusion = Conclusion("cannot be told", why, *looks[:1])
        return self._answer("cannot be told", sentences, conclusion, dropped)

    def nothing_found(self) -> Answer:
        """That nothing of what the question is about was found to look at."""
        if not self.findings:
            return self.not_looked_at("why no frames", [])
        first = next((f for f in self.findings if not f.verified), self.findings[0])
        why = self.say.conclusion(first.conclusion, first.asked.looked_for)
        is_blind = first.conclusion.kind == "not looked at"
        kind: ConclusionKind = "not looked at" if is_blind else "cannot be told"
        text = self.say.say("cannot tell", why=why)
        conclusion = replace(first.conclusion, kind=kind, sentence=why)
        return self._answer("cannot be told", [Sentence(text)], conclusion, ())

    def not_looked_at(self, reason: str, by_text: Sequence[Occasion]) -> Answer:
        """That nothing was looked at, and what fits by its text."""
        why = self.say.reason(reason)
        sentences = [Sentence(self.say.say("cannot tell", why=why))]
        if by_text:
            name = "text one" if len(by_text) == 1 else "text"
            text = self.say.say(name, n=len(by_text), further="")
            sentences.append(Sentence(text, self.cites.add(*by_text)))
        conclusion = Conclusion("not looked at", why)
        return self._answer("cannot be told", sentences, conclusion, ())

    def _dropped(self, count: int, of: int) -> Sentence:
        return Sentence(self.say.say("dropped", n=count, of=of))

    def _numbers(self, those: Sequence[Citation]) -> tuple[int, ...]:
        return self.cites.add(*(Occasion((one,), one.span.duration_s) for one in those))

    def _answer(
        self,
        verdict: Literal["answered", "cannot be told"],
        sentences: Sequence[Sentence],
        conclusion: Conclusion,
        dropped: Sequence[Dropped],
    ) -> Answer:
        checked = sum(one.coverage.checked for one in self.findings)
        candidates = sum(one.coverage.candidates for one in self.findings)
        coverage = replace(self.coverage, checked=checked, candidates=candidates)
        told = verdict == "answered"
        return Answer(
            asked=self.asked,
            verdict=verdict,
            count=0,
            total_s=0.0,
            sentences=tuple(sentences),
            citations=tuple(self.cites.citations),
            lacking="" if told else conclusion.sentence,
            basis=coverage_line(coverage),
            coverage=coverage,
            notes=tuple(dict.fromkeys(note for one in self.findings for note in one.notes)),
            conclusion=conclusion,
            dropped=tuple(dropped),
        )
