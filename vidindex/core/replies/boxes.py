"""Reads boxes (`bbox_2d`) out of a model's reply; knows no times and no picture.

Qwen2.5-VL answers in pixels of the picture it was shown (published cookbook for
spatial understanding); the caller says how large that was.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple

from vidindex.core.replies.final_answer import final_answer
from vidindex.core.replies.keys import simple
from vidindex.core.replies.loose_json import Node, Value, read_regions

BoxRepair = Literal["swapped", "clipped", "outside", "unreadable", "duplicate"]

_BOX_KEYS: Final = frozenset({"bbox2d", "bbox", "box", "boundingbox"})
_LABEL_KEYS: Final = ("label", "name", "object", "description", "text")


@dataclass(frozen=True, slots=True)
class SaidBox:
    """box: (x1, y1, x2, y2) as fractions of the picture, 0 to 1, x1 < x2 and y1 < y2."""

    box: tuple[float, float, float, float]
    label: str


class ParsedBoxes(NamedTuple):
    """Boxes in the order of the reply, and how often what was repaired or left out."""

    boxes: tuple[SaidBox, ...]
    repairs: Mapping[BoxRepair, int]


def parse_boxes(reply: str, width: int, height: int) -> ParsedBoxes:
    """Boxes whose corners were said on a picture of `width` x `height` pixels."""
    tally: Counter[BoxRepair] = Counter()
    text, _ = final_answer(reply)
    boxes: dict[SaidBox, None] = {}
    for region in read_regions(text):
        for corners, label in _boxes(region.node):
            box = _within(corners, width, height, tally)
            if box and SaidBox(box, label) in boxes:
                tally["duplicate"] += 1
            elif box:
                boxes[SaidBox(box, label)] = None
    return ParsedBoxes(tuple(boxes), {repair: n for repair, n in tally.items() if n})


def _boxes(node: Node) -> Iterator[tuple[list[Value], str]]:
    fields = {simple(key): value for key, value in node.items if key}
    label = next((str(fields[k]) for k in _LABEL_KEYS if isinstance(fields.get(k), str)), "")
    for key, value in node.items:
        if not isinstance(value, Node):
            continue
        if simple(key or "") in _BOX_KEYS:
            nested = [v.values for v in value.values if isinstance(v, Node)]
            yield from ((corners, label) for corners in nested or [value.values])
        else:
            yield from _boxes(value)


def _within(
    corners: list[Value], width: int, height: int, tally: Counter[BoxRepair]
) -> tuple[float, float, float, float] | None:
    numbers = [v for v in corners if isinstance(v, float) and abs(v) < 1e6]
    if len(numbers) != 4 or len(corners) != 4:
        tally["unreadable"] += 1
        return None
    (x1, x2), (y1, y2) = sorted(numbers[::2]), sorted(numbers[1::2])
    tally["swapped"] += [x1, y1, x2, y2] != numbers
    inner = max(0.0, x1), max(0.0, y1), min(float(width), x2), min(float(height), y2)
    if inner[0] >= inner[2] or inner[1] >= inner[3]:
        tally["outside"] += 1
        return None
    tally["clipped"] += inner != (x1, y1, x2, y2)
    return inner[0] / width, inner[1] / height, inner[2] / width, inner[3] / height
