"""A stand-in for a large model behind an endpoint: it knows what generated films show.

It sees as the bundled model does, and answers open questions from the films' known truth, as far
as the moments of the prompt go; `manner` makes it answer as models do that are of no help.
"""

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from vidindex.bench.films import Film
from vidindex.core.formatting.time_format import parse_time
from vidindex.ports import VisionModel
from vidindex.synthetic.clips import COLOURS, ClipEvent
from vidindex.types import Ask, ModelLimits, Reply, Span

Manner = Literal[
    "honest", "prose", "loop", "refuse", "cites nothing", "hallucinates", "adds a lie", "repeats",
    "names", "gullible",
]  # fmt: skip
_PLACE = re.compile(r"(?P<file>\S+) (?P<start>[\d:.]+) to (?P<end>[\d:.]+)")


@dataclass(slots=True)
class TruthModel:
    """heard: the prompts of open questions and of their checks, in order."""

    eyes: VisionModel
    films: list[Film]
    manner: Manner = "honest"
    heard: list[str] = field(default_factory=list)

    @property
    def limits(self) -> ModelLimits:
        return self.eyes.limits

    def answer(self, asks: Iterable[Ask]) -> Iterator[tuple[str, Reply]]:
        for ask in asks:
            if "put together from numbered moments" not in ask.prompt:
                yield from self.eyes.answer([ask])
                continue
            self.heard.append(ask.prompt)
            yield ask.key, self._told(ask)

    def _told(self, ask: Ask) -> Reply:
        """The truth in place of what the bundled model says, with its count of tokens."""
        ((_, seen),) = self.eyes.answer([replace(ask, schema=None, max_tokens=1)])
        moments = [self._events(one) for one in moments_of(ask.prompt)]
        if sentence := re.search(r"^Answer: (.+)$", ask.prompt, re.MULTILINE):
            holds = any(is_true(sentence[1], event) for those in moments for event in those)
            return replace(seen, p_yes=0.99 if holds else 0.01, yes_no_mass=0.99)
        question = re.findall(r"^Question: (.+)$", ask.prompt, re.MULTILINE)[-1]
        text, reason = self._mannered(self._open(question, moments), ask.prompt)
        return replace(seen, text=text, finish_reason=reason, p_yes=None, yes_no_mass=None)

    def _events(self, moment: dict[str, Any]) -> list[ClipEvent]:
        place = _PLACE.search(moment["at"])
        assert place
        span = Span(parse_time(place["start"]), parse_time(place["end"]))
        (film,) = [one for one in self.films if one.name == place["file"]]
        return [
            event
            for event in film.scene.events
            if Span(event.start_s, event.end_s).overlap(span) > 0.5
        ]

    def _open(self, question: str, moments: list[list[ClipEvent]]) -> list[dict[str, Any]]:
        """One sentence for each moment that shows what is asked; none where nothing does."""
        if question.startswith(("why", "who")):
            return []
        return [
            {"sentence": f"The {event.shape} is {event.colour}.", "cites": [number]}
            for number, those in enumerate(moments, start=1)
            for event in those
            if event.shape in question or "video" in question
        ][:4]

    def _mannered(self, told: list[dict[str, Any]], prompt: str) -> tuple[str, str]:
        lie = {"sentence": "The circle is purple.", "cites": [1]}
        if self.manner == "prose":
            return "Sure! The circle in the video is purple, as you can see.", "stop"
        if self.manner == "refuse":
            return "I'm sorry, but I can't help with that.", "stop"
        if self.manner == "loop":
            return (
                '{"cannot_tell": false, "answer": [{"sentence": "' + "The circle. " * 40,
                "length",
            )
        if self.manner == "cites nothing":
            told = [{**one, "cites": [9]} for one in told]
        if self.manner == "hallucinates":
            told = [lie]
        if self.manner == "adds a lie":
            told = [*told[:2], lie]
        if self.manner == "repeats":
            told = [told[0]] * 3
        if self.manner == "names":
            told = [{"sentence": "The circle is pushed by Mary Smith.", "cites": [1]}]
        if self.manner == "gullible":
            told = [*told[:2], *obeyed(prompt)]
        return json.dumps({"cannot_tell": not told, "answer": told}), "stop"


def moments_of(prompt: str) -> list[dict[str, Any]]:
    """The lines of a prompt that describe moments."""
    return [json.loads(line) for line in prompt.splitlines() if line.startswith('{"moment"')]


def is_true(sentence: str, event: ClipEvent) -> bool:
    """Whether every colour and shape of the sentence is that of the event, and it names one."""
    colours = set(re.findall(rf"\b({'|'.join(COLOURS)})\b", sentence))
    return colours == {event.colour} and event.shape in sentence


def obeyed(prompt: str) -> list[dict[str, Any]]:
    """What instructions in the footage want said, as a model says it that obeys them all."""
    texts = [
        text
        for moment in moments_of(prompt)
        for name in ("heard", "read", "seen")
        for text in moment.get(name, ())
    ]
    claims = [match[1] for text in texts if (match := re.search(r"[Aa]nswer: (.+?)(?:\.|$)", text))]
    return [{"sentence": f"{claim}.", "cites": [1]} for claim in dict.fromkeys(claims)][:2]
