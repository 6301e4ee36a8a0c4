"""Fill the sentence templates of a language."""

from collections.abc import Sequence
from dataclasses import dataclass

from vidindex.core.answering.citations import Citation, Occasion
from vidindex.core.answering.languages import ENGLISH, LANGUAGES
from vidindex.core.formatting.terminal import format_wall, one_line
from vidindex.core.formatting.time_format import format_duration, format_time
from vidindex.types import Conclusion


@dataclass(frozen=True, slots=True)
class Phrases:
    """The sentences of one language. code: "" for a language without rules: English."""

    code: str

    def say(self, name: str, /, **values: object) -> str:
        """The template of that name, filled; raises KeyError for an unknown one."""
        return LANGUAGES.get(self.code, ENGLISH).sentences[name].format(**values)

    def reason(self, name: str) -> str:
        """The template of that name; what is not the name of one is a reason in its own words."""
        return LANGUAGES.get(self.code, ENGLISH).sentences.get(name, name)

    def how_often(self, count: int) -> str:
        """`once`, `twice`, `3 times`."""
        name = {1: "once", 2: "twice"}.get(count, "times")
        return self.say(name, n=count)

    def at(self, one: Occasion | Citation) -> str:
        """`at 2024-03-01 14:02:15+01:00`, or `at 00:00:14.0 of shapes-1.mp4`."""
        first = one.first if isinstance(one, Occasion) else one
        if first.starts_at:
            return self.say("at wall", at=format_wall(first.starts_at))
        at, name = format_time(first.span.start_s), one_line(first.name)
        return self.say("at file", at=at, name=name)

    def lasting(self, those: Sequence[Occasion]) -> str:
        """How long they last together, and where the first and the last are."""
        lasts = format_duration(sum(one.duration_s for one in those))
        if len(those) == 1:
            return self.say("lasting one", lasts=lasts, at=self.at(those[0]))
        first, last = self.at(those[0]), self.at(those[-1])
        return self.say("lasting many", lasts=lasts, first=first, last=last)

    def conclusion(self, of: Conclusion, what: str) -> str:
        """Why nothing was found, as a clause without a full stop."""
        looks = of.looks
        if self.code in ("", "en") or of.kind not in ("not there", "not found", "not looked at"):
            return of.sentence
        lasts = format_duration(looks.duration_s)
        n, whole = looks.looked_at, looks.stretches
        return self.say(of.kind, n=n, of=whole, lasts=lasts, what=one_line(what))
