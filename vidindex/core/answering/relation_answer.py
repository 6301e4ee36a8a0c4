"""Phrase what relates in time, from verified occasions.

The rules: an occasion that was verified, and relates as asked to another that was verified, is
a yes. It is a no only where both were found and every candidate of both was compared with
frames; where the thing that it relates to was not verified, nothing can be said.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from vidindex.core.answering.answers import Answer, answer_of, doubts
from vidindex.core.answering.citations import Occasion, Sentence
from vidindex.core.answering.findings import CitationList, Findings
from vidindex.core.answering.phrases import Phrases
from vidindex.core.answering.question import Asked
from vidindex.core.answering.summaries import bare_words
from vidindex.core.answering.time_order import Related, are_comparable, on_one_line, related
from vidindex.core.formatting.terminal import coverage_line, one_line
from vidindex.core.formatting.time_format import format_duration
from vidindex.types import Conclusion, Coverage

MAX_SENTENCES = 12
"""Related occasions that are reported, a sentence each."""


@dataclass(slots=True)
class RelationAnswer:
    """Builds the answer to one question with a relation; `asked` is the whole question.

    findings: what was found for its parts; their occasions are called as they were asked for, for
    that is what the frames verified.
    """

    asked: Asked
    coverage: Coverage
    findings: list[Findings] = field(default_factory=list)
    cites: CitationList = field(default_factory=CitationList)

    @property
    def say(self) -> Phrases:
        return Phrases(self.asked.language)

    def no_anchor(self, anchor: Findings) -> Answer:
        """What the question relates to was not verified."""
        what = one_line(anchor.asked.looked_for)
        why = self.say.conclusion(anchor.conclusion, anchor.asked.looked_for)
        text = self.say.say("no anchor", b=what, why=why)
        sentences = [Sentence(text), *doubts(anchor, self.say, self.cites)]
        kind = anchor.conclusion.kind
        unsure = "unsure" if kind in ("unchecked", "found") else kind
        return self._answer("unsure", sentences, replace(anchor.conclusion, kind=unsure), ())

    def of_subject(self, subject: Findings, anchors: Sequence[Findings]) -> Answer:
        """Whether, when or how often the subject was verified before, after, ... the anchors."""
        if not subject.verified:
            plain = answer_of(subject)
            return replace(plain, asked=self.asked)
        order = self.asked.relation.order
        assert order
        found = related(subject.verified, [one.verified for one in anchors], order)
        if found:
            return self._related(found)
        parts = (subject, *anchors)
        if not are_comparable(subject.verified, anchors[0].verified):
            text = self.say.say("apart", a=_what(subject), b=_what(anchors[0]))
            return self._answer("unsure", [Sentence(text)], _unsure(text), ())
        return self._unrelated(parts, sum(one.num_unchecked for one in parts))

    def _related(self, found: Sequence[Related]) -> Answer:
        lead = self.say.say("yes") if self.asked.kind == "whether" else ""
        sentences = [self._pair(one, lead if n == 0 else "") for n, one in enumerate(found)]
        if self.asked.kind == "how many":
            text = self.say.say(
                "counted",
                what=one_line(self.asked.question),
                times=self.say.how_often(len(found)),
                by="",
                lasting=self.say.lasting([one.occasion for one in found]),
            )
            sentences.insert(0, Sentence(text, self.cites.add(*(one.occasion for one in found))))
        shown = sentences[: MAX_SENTENCES + 1]
        return self._answer("yes", shown, _FOUND, [one.occasion for one in found])

    def _pair(self, one: Related, lead: str) -> Sentence:
        order = self.asked.relation.order
        assert order
        values = self._named(one.occasion, *one.to)
        return Sentence(lead + self.say.say(order, **values), self.cites.add(one.occasion, *one.to))

    def _named(self, *those: Occasion) -> dict[str, str]:
        """Texts and times of occasions as a, b and c."""
        values: dict[str, str] = {}
        for name, one in zip("abc", those, strict=False):
            values |= {name: self._name_of(one), f"at_{name}": self.say.at(one)}
        return values

    def _name_of(self, one: Occasion) -> str:
        for found in self.findings:
            if one in found.verified:
                return _what(found)
        return one_line(one.first.text)

    def _unrelated(self, parts: Sequence[Findings], num_unchecked: int) -> Answer:
        """Both were found, but not in this order."""
        subject, *anchors = parts
        firsts = [one.verified[0] for one in parts]
        values = self._named(*firsts) | {
            name: _what(one) for name, one in zip("abc", (subject, *anchors), strict=False)
        }
        text = self.say.say(f"not {self.asked.relation.order}", **values)
        sentences = [Sentence(text, self.cites.add(*firsts))]
        if num_unchecked:
            sentences.append(Sentence(self.say.say("maybe earlier", n=num_unchecked)))
            return self._answer("unsure", sentences, Conclusion("not found", text.rstrip(".")), ())
        lead = self.say.say("no") if self.asked.kind == "whether" else ""
        sentences[0] = replace(sentences[0], text=lead + text)
        return self._answer("no", sentences, Conclusion("not there", text.rstrip(".")), ())

    def first_or_last(self, subject: Findings) -> Answer:
        """The first or last verified occasion, and how many candidates may be beyond it."""
        if not subject.verified:
            return replace(answer_of(subject), asked=self.asked)
        pick = self.asked.relation.pick
        assert pick
        one = subject.verified[0 if pick == "first" else -1]
        text = self.say.say(pick, a=_what(subject), at_a=self.say.at(one))
        sentences = [Sentence(text, self.cites.add(one))]
        if subject.num_unchecked:
            sentences.append(Sentence(self.say.say("maybe earlier", n=subject.num_unchecked)))
        return self._answer("yes", sentences, _FOUND, [one])

    def how_long(self, subject: Findings) -> Answer:
        """How long each verified occasion lasts, and all together."""
        if not subject.verified:
            return replace(answer_of(subject), asked=self.asked)
        sentences = []
        if len(subject.verified) > 1:
            lasts = format_duration(sum(one.duration_s for one in subject.verified))
            text = self.say.say("lasts in all", a=_what(subject), lasts=lasts,
                                n=len(subject.verified))  # fmt: skip
            sentences.append(Sentence(text, self.cites.add(*subject.verified)))
        for one in subject.verified[:MAX_SENTENCES]:
            values = self._named(one) | {"lasts": format_duration(one.duration_s)}
            sentences.append(Sentence(self.say.say("lasts", **values), self.cites.add(one)))
        sentences += doubts(subject, self.say, self.cites)
        return self._answer("yes", sentences, _FOUND, subject.verified)

    def how_many_different(self, subject: Findings) -> Answer:
        """How many descriptions the verified occasions have that differ."""
        if not subject.verified:
            return replace(answer_of(subject), asked=self.asked)
        different = {bare_words(one.first.text): one for one in reversed(subject.verified)}
        names = sorted(one_line(one.first.text) for one in different.values())
        values = {"a": _what(subject), "n": len(names), "list": ", ".join(names)}
        text = self.say.say("different", **values)
        sentences = [
            Sentence(text, self.cites.add(*subject.verified)),
            Sentence(self.say.say("descriptions")),
        ]
        if subject.num_unchecked:
            sentences.append(Sentence(self.say.say("maybe earlier", n=subject.num_unchecked)))
        answered = self._answer("yes", sentences, _FOUND, subject.verified)
        return replace(answered, count=len(names))

    def gap(self, first: Findings, second: Findings) -> Answer:
        """How long after the end of one thing the other begins: of the nearest pair."""
        pairs = [
            (spans.gap_s, n, one, other)
            for n, one in enumerate(first.verified)
            for other in second.verified
            if (spans := on_one_line(other, one)) and spans.a[0] >= spans.b[0]
        ]
        if not pairs:
            text = self.say.say("apart", a=_what(second), b=_what(first))
            if are_comparable(first.verified, second.verified):
                return self.gap(second, first)
            return self._answer("unsure", [Sentence(text)], _unsure(text), ())
        gap_s, _, one, other = min(pairs, key=lambda pair: (abs(pair[0]), pair[1]))
        values = self._named(other, one) | {"lasts": format_duration(max(0.0, gap_s))}
        text = self.say.say("gap" if gap_s >= 0 else "no gap", **values)
        return self._answer("yes", [Sentence(text, self.cites.add(other, one))], _FOUND, [other])

    def which_first(self, one: Findings, other: Findings) -> Answer:
        """Which of two verified things begins first, by their first occasions."""
        pairs = [
            (spans, a, b)
            for a in one.verified
            for b in other.verified
            if (spans := on_one_line(a, b))
        ]
        if not pairs:
            text = self.say.say("apart", a=_what(one), b=_what(other))
            return self._answer("unsure", [Sentence(text)], _unsure(text), ())
        spans, a, b = min(pairs, key=lambda pair: min(pair[0].a[0], pair[0].b[0]))
        pair = (a, b) if spans.a[0] <= spans.b[0] else (b, a)
        text = self.say.say("before", **self._named(*pair))
        return self._answer("yes", [Sentence(text, self.cites.add(*pair))], _FOUND, pair[:1])

    def of_events(
        self,
        found: Sequence[Related],
        anchors: Sequence[Occasion],
        num_left: int,
        num_doubtful: int,
    ) -> Answer:
        """What was verified to happen there; anchors: what it relates to, none for a window."""
        relation = self.asked.relation
        key = relation.order or relation.pick or ""
        sentences = [
            Sentence(
                self.say.say(f"event {key}".strip(), **self._named(one.occasion, *one.to)),
                self.cites.add(one.occasion, *one.to),
            )
            for one in found
        ]
        if not found:
            names = self._named(*anchors)
            values = {"b": names.get("a", ""), "at_b": names.get("at_a", ""),
                      "c": names.get("b", "")}  # fmt: skip
            order = f"no event {relation.order or ''}".strip()
            sentences.append(Sentence(self.say.say(order, **values), self.cites.add(*anchors)))
        if num_doubtful:
            doubt = "unsettled one" if num_doubtful == 1 else "unsettled"
            sentences.append(Sentence(self.say.say(doubt, n=num_doubtful, further="")))
        if num_left:
            sentences.append(Sentence(self.say.say("more events", n=num_left)))
        kind = _FOUND if found else Conclusion("not found", sentences[0].text.rstrip("."))
        occasions = [one.occasion for one in found]
        return self._answer("yes" if found else "unsure", sentences, kind, occasions)

    def _answer(
        self,
        verdict: Literal["yes", "no", "unsure"],
        sentences: Sequence[Sentence],
        conclusion: Conclusion,
        found: Sequence[Occasion],
    ) -> Answer:
        return Answer(
            asked=self.asked,
            verdict=verdict,
            count=len(found),
            total_s=sum(one.duration_s for one in found),
            sentences=tuple(sentences),
            citations=tuple(self.cites.citations),
            lacking="" if verdict in ("yes", "no") else conclusion.sentence,
            basis=coverage_line(self.coverage),
            coverage=self.coverage,
            conclusion=conclusion,
        )


_FOUND = Conclusion("found", "fresh frames show it")


def _unsure(text: str) -> Conclusion:
    return Conclusion("unsure", text.rstrip("."))


def _what(found: Findings) -> str:
    return one_line(found.asked.looked_for)
