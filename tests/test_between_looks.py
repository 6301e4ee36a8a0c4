"""When lines changed between two looks is told without a search of the pictures in between."""

from collections.abc import Mapping, Sequence

import numpy as np
import pytest

from vidindex.core.screen_text.between_looks import Page, settle
from vidindex.core.screen_text.clock_prediction import ClockWatch
from vidindex.types import Box, Frame, TextReading

TOP: Box = (0.1, 0.1, 0.9, 0.3)
BOTTOM: Box = (0.1, 0.6, 0.9, 0.8)
Shown = Mapping[Box, str]


class Reads:
    """Reads what a picture is said to show, and refuses to search."""

    name = "test"

    def __init__(self, shown: Sequence[Shown], score: float = 0.8) -> None:
        self.shown, self.score = shown, score
        self.num_read = 0

    def may_hold_text(self, frame: Frame, beside: Sequence[Box] = ()) -> bool:
        raise AssertionError("searched")

    def find(self, frame: Frame) -> list[Box]:
        raise AssertionError("searched")

    def read(self, frame: Frame, boxes: Sequence[Box] | None = None) -> list[TextReading]:
        found = self.shown[int(frame.time_s)]
        boxes = list(found) if boxes is None else boxes
        self.num_read += len(boxes)
        return [
            TextReading(frame.time_s, found[box], self.score, box) for box in boxes if box in found
        ]


def frame(time_s: int) -> Frame:
    """Everything differs from picture to picture."""
    return Frame(time_s, time_s, np.full((80, 80, 3), 40 * (time_s % 6), np.uint8))


def page(time_s: int, shown: Shown) -> Page:
    lines = [TextReading(float(time_s), text, 0.99, box) for box, text in shown.items()]
    return Page(frame(time_s), tuple(lines))


def between(shown: Sequence[Shown], reader: Reads) -> list[tuple[float, list[str]]]:
    last = len(shown) - 1
    frames = [frame(i) for i in range(1, last)]
    pages = settle(reader, ClockWatch(), page(0, shown[0]), frames, page(last, shown[last]))
    return [(one.frame.time_s, [line.text for line in one.lines]) for one in pages]


def test_where_both_looks_say_the_same_nothing_is_read() -> None:
    shown: list[Shown] = [{TOP: "GATE 3"}] * 5
    reader = Reads(shown)
    assert between(shown, reader) == []
    assert reader.num_read == 0


@pytest.mark.parametrize("first", range(1, 8))
def test_the_look_at_which_a_line_appears_is_found_by_bisection(first: int) -> None:
    shown: list[Shown] = [{BOTTOM: "NIGHT SHIFT"} if i >= first else {} for i in range(9)]
    reader = Reads(shown)
    pages = dict(between(shown, reader))
    assert pages.get(first, ["NIGHT SHIFT"]) == ["NIGHT SHIFT"]
    assert pages.get(first - 1, []) == []
    assert reader.num_read <= 3


def test_a_line_that_stays_beside_one_that_goes_is_kept_unread() -> None:
    both = {TOP: "GATE 3", BOTTOM: "NIGHT SHIFT"}
    shown: list[Shown] = [both, both, {TOP: "GATE 3"}]
    reader = Reads(shown)
    assert between(shown, reader) == [(1, ["GATE 3", "NIGHT SHIFT"])]
    assert reader.num_read == 1


def test_texture_in_the_place_of_a_line_is_not_taken_for_one() -> None:
    shown: list[Shown] = [{TOP: "GATE 3"}, {TOP: "lI|"}, {}]
    assert between(shown, Reads(shown)) == [(1, [])]


def test_a_picture_that_surely_has_another_text_is_searched() -> None:
    shown: list[Shown] = [{TOP: "GOOD MORNING"}, {TOP: "music", BOTTOM: "la la"}, {}]
    assert between(shown, Reads(shown, score=0.98)) == [(1, ["music", "la la"])]
