"""Parse events from every form of model reply about times.

It takes JSON, tables and prose as they come, and hands back spans within the video and
the count of what had to be repaired or left out. It never raises and never invents: a
number becomes a time only by its form, its key or the words around it. It asks nothing
of a model and shifts no chunk to its place in the video.
"""

import math
import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Final, Literal

from vidindex.core.replies.absence import says_absent
from vidindex.core.replies.clamp import sanitise
from vidindex.core.replies.final_answer import final_answer, is_musing, is_unfinished_musing
from vidindex.core.replies.loops import count_loops, without_stuck_tail
from vidindex.core.replies.loose_json import Node, Region, read_regions
from vidindex.core.replies.prose import read_prose
from vidindex.core.replies.records import RecordReader
from vidindex.core.replies.tables import read_tables
from vidindex.core.replies.values import Findings, ParsedReply, SaidSpan, SaidTime, Tally

_EXAMPLE: Final = re.compile(
    r"\W{0,8}(?:for |an? |the |output )?(?:examples?|sample|beispiel|ejemplo|示例|例子)"
    r"(?: (?:output|format|response|json|answer|reply))*(?:输出|格式)?\W{0,8}",
    re.IGNORECASE,
)
_FENCE: Final = "```"
_INSTRUCTS: Final = re.compile(
    r"(?:\be\.g\.|\bfor example|\bsuch as|例如|比如|z\.\s?B\.|por ejemplo)", re.IGNORECASE
)
_ASKS: Final = re.compile(
    r"\b(?:format|provide|return|respond|output|please|should be)\b|请|输出|格式", re.IGNORECASE
)
_MIN_ECHO_CHARS: Final = 20


def parse_events(
    reply: str, duration_s: float | None, prompt: str = "", *, describes: bool = False
) -> ParsedReply:
    """Events and counted repairs of a reply to a segmentation or grounding question.

    duration_s: length of what the model saw, in seconds; None where it is not known.
    prompt: the question; what the reply repeats of it is not read as an answer.
    describes: the question was what happens, not when something does: "no one is there" is
    then a description, and otherwise a denial, whatever times are named with it.
    """
    tally = Tally()
    text, only_thinking = final_answer(reply)
    text = _without_echo(text, prompt, tally)
    if only_thinking:
        tally["reasoning"] += 1
        return ParsedReply((), dict(tally), says_absent=False)
    found = _read(text, tally, describes)
    spans = [
        (s.start.seconds, s.end.seconds, s.text) for s in _settled(found.spans, duration_s, tally)
    ]
    events = sanitise(spans, duration_s, tally)
    denies = not found.spans and (found.denies or says_absent(text))
    return ParsedReply(tuple(events), {k: n for k, n in tally.items() if n}, denies)


def _read(text: str, tally: Tally, describes: bool) -> Findings:
    """JSON where there is some, else tables, else prose; JSON is never read as prose."""
    regions = [one for one in read_regions(text) if not _is_prose(one)]
    if regions and is_unfinished_musing(text[regions[-1].stop :]):
        tally["reasoning"] += 1
        return Findings()
    found, is_denied = _read_json(text, regions, tally, describes)
    if not found.spans and not is_denied:
        found = _read_words(_outside(text, regions), found, tally, describes)
    tally["loop"] += count_loops(found.spans)
    return Findings([_unstuck(span, tally) for span in found.spans], found.denies)


def _read_json(
    text: str, regions: Sequence[Region], tally: Tally, describes: bool
) -> tuple[Findings, bool]:
    """(what is found, whether it is a denial that nothing beside it takes back)."""
    found, is_denied = Findings(), False
    for region in regions:
        reader = RecordReader(tally, describes=describes)
        reader.read(region.node)
        found.spans += reader.found.spans
        found.sentences += reader.found.sentences
        found.denies |= reader.found.denies or not region.node.items
        is_denied |= reader.found.denies or (not region.node.items and _is_alone(text, region))
        tally["truncated"] += region.node.cut and bool(reader.found.spans)
    return found, is_denied


def _read_words(text: str, json: Findings, tally: Tally, describes: bool) -> Findings:
    """Tables, else prose: beside the JSON, and in texts that it holds."""
    table = read_tables(text, tally, describes=describes)
    if table.spans or table.denies:
        return table
    found = Findings(denies=json.denies)
    for part in (text, *json.sentences):
        prose = read_prose(part, tally, describes=describes)
        found.spans += prose.spans
        found.denies |= prose.denies
    if found.spans and is_musing(text):
        tally["reasoning"] += 1
        return Findings()
    return found


def _is_prose(region: Region) -> bool:
    """A list of plain values at top level: "[00:05 - 00:10] a man enters"; braces without keys."""
    node = region.node
    if node.opener == "[":
        return bool(node.items) and not any(isinstance(value, Node) for value in node.values)
    return bool(node.items) and not any(key for key, _ in node.items)


def _is_alone(text: str, region: Region) -> bool:
    """Whether only its fence shares its lines: an answer, not a word in a sentence."""
    before = text[: region.start].rpartition("\n")[2]
    after = text[region.stop :].partition("\n")[0]
    return not (before + after).strip(" \t`.。")


def _outside(text: str, regions: Sequence[Region]) -> str:
    """The text without its JSON."""
    edges = [0, *(edge for one in regions for edge in (one.start, one.stop)), len(text)]
    return "\n".join(text[a:b] for a, b in zip(edges[::2], edges[1::2], strict=True))


def _without_echo(text: str, prompt: str, tally: Tally) -> str:
    """The reply without what shows how to answer: examples, lines of the prompt, formats."""
    text = _without_examples(text, tally)
    asked = " ".join(prompt.split())
    lines = []
    for line in text.split("\n"):
        sentence = " ".join(line.split())
        repeats = len(sentence) >= _MIN_ECHO_CHARS and sentence in asked
        instructs = "{" not in sentence and _INSTRUCTS.search(sentence) and _ASKS.search(sentence)
        if (repeats or instructs) and any(char.isdigit() for char in sentence):
            tally["echo"] += 1
        else:
            lines.append(line)
    return "\n".join(lines)


def _without_examples(text: str, tally: Tally) -> str:
    """The reply without the paragraph or fenced block below a heading like "Example output:"."""
    kept: list[str] = []
    state: Literal["answer", "heading", "example"] = "answer"
    for line in text.split("\n"):
        if len(line) < 80 and _EXAMPLE.fullmatch(line):
            state = "heading"
        elif state == "example" and (not line.strip() or line.startswith(_FENCE)):
            state = "answer"
        elif state == "heading" and line.strip() and not line.startswith(_FENCE):
            state = "example"
            tally["echo"] += 1
        if state == "answer":
            kept.append(line)
    return "\n".join(kept)


def _unstuck(span: SaidSpan, tally: Tally) -> SaidSpan:
    text = without_stuck_tail(span.text)
    tally["loop"] += text != span.text
    return SaidSpan(span.start, span.end, text)


def _settled(spans: Sequence[SaidSpan], duration_s: float | None, tally: Tally) -> list[SaidSpan]:
    """Three-part clocks are read alike, as MM:SS:ff where HH:MM:SS cannot be meant.

    "The end" is the end of the video; where that is not known it stays infinite.
    """
    times = [time for span in spans for time in (span.start, span.end)]
    if _are_frame_clocks([t for t in times if t.as_frames_s is not None], duration_s):
        tally["frame_clock"] += sum(t.as_frames_s is not None for t in times)
        spans = [replace(s, start=_as_frames(s.start), end=_as_frames(s.end)) for s in spans]
    tally["clock_overflow"] += sum(t.overflow for s in spans for t in (s.start, s.end))
    if duration_s is None:
        return list(spans)
    last_s = float(duration_s)
    return [
        replace(s, end=replace(s.end, seconds=last_s)) if math.isinf(s.end.seconds) else s
        for s in spans
    ]


def _are_frame_clocks(clocks: Sequence[SaidTime], duration_s: float | None) -> bool:
    """Most of them are beyond the video as hours, and within it as minutes."""
    if duration_s is None:
        return any(time.overflow for time in clocks)
    beyond = sum(time.seconds > duration_s for time in clocks)
    fitting = sum((time.as_frames_s or 0.0) <= duration_s + 1 for time in clocks)
    return beyond * 2 > sum(time.seconds > 0 for time in clocks) and fitting * 2 > len(clocks)


def _as_frames(time: SaidTime) -> SaidTime:
    if time.as_frames_s is None:
        return time
    return replace(time, seconds=time.as_frames_s, as_frames_s=None, overflow=False)
