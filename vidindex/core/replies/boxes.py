"""Parse boxes (`bbox_2d`) from a reply into fractions of the picture.

Models say corners on a scale of their own: pixels of the picture that they were shown
(Qwen2.5-VL), thousandths of its sides (Qwen3-VL), or fractions. A reply on another scale than
its model's cannot be read: converted by guess, its boxes would be in the wrong place.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple

from vidindex.core.prompts.profile import BoxScale
from vidindex.core.replies.final_answer import final_answer
from vidindex.core.replies.keys import simple
from vidindex.core.replies.loose_json import Node, Value, read_regions

BoxRepair = Literal["swapped", "clipped", "unreadable", "duplicate"]
Corners = tuple[float, float, float, float]

_MOST_BEYOND: Final = 0.02
"""Of a side: a box may reach that far over the edge, rounded as models round."""

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


def parse_boxes(reply: str, width: int, height: int, scale: BoxScale = "pixels") -> ParsedBoxes:
    """Boxes in a reply about a picture that the model was shown at `width` x `height` pixels.

    scale: what the model is known to count in (`prompts.box_scale_of`). Where one box
    does not fit it, all are unreadable: the reply counts in something else.
    """
    tally: Counter[BoxRepair] = Counter()
    text, _ = final_answer(reply)
    sides = {"pixels": (width, height), "thousandths": (1000, 1000), "shares": (1, 1)}[scale]
    written = [one for region in read_regions(text) for one in _boxes(region.node)]
    read = [(_shares(corners, *sides, tally), label) for corners, label in written]
    fitting = [(box, label) for box, label in read if box is not None]
    if not all(_fits(box, width, height) for box, _ in fitting):
        tally["unreadable"] += len(fitting)
        fitting = []
    boxes = dict.fromkeys(SaidBox(_within(box, tally), label) for box, label in fitting)
    tally["duplicate"] += len(fitting) - len(boxes)
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


def _shares(
    corners: list[Value], width: int, height: int, tally: Counter[BoxRepair]
) -> Corners | None:
    """The corners as shares of the sides, in order; None where they are not four numbers."""
    numbers = [v for v in corners if isinstance(v, float) and abs(v) < 1e6]
    if len(numbers) != 4 or len(corners) != 4:
        tally["unreadable"] += 1
        return None
    (x1, x2), (y1, y2) = sorted(numbers[::2]), sorted(numbers[1::2])
    tally["swapped"] += [x1, y1, x2, y2] != numbers
    return x1 / width, y1 / height, x2 / width, y2 / height


def _fits(box: Corners, width: int, height: int) -> bool:
    """Whether it is in the picture and a pixel wide and high; otherwise the scale is another."""
    x1, y1, x2, y2 = box
    is_inside = min(box) >= -_MOST_BEYOND and max(box) <= 1 + _MOST_BEYOND
    return is_inside and (x2 - x1) * width >= 1 and (y2 - y1) * height >= 1


def _within(box: Corners, tally: Counter[BoxRepair]) -> Corners:
    x1, y1, x2, y2 = (min(max(one, 0.0), 1.0) for one in box)
    tally["clipped"] += (x1, y1, x2, y2) != box
    return x1, y1, x2, y2
