"""Tell when lines changed between two looks, without a search in the pictures between them.

Only the places of lines that differ between the two are read in between, and a picture that
has another text there is searched. What is shown in between alone, elsewhere, is not found.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from vidindex.core.screen_text.boxes import overlap
from vidindex.core.screen_text.clock_prediction import ClockWatch
from vidindex.core.screen_text.frame_diff import changed, touched
from vidindex.core.screen_text.likeness import MIN_OVERLAP, SAME_LINE, likeness, masked
from vidindex.ports import TextReader
from vidindex.types import Frame, TextReading

SURE = 0.9
"""The score from which a text of neither look is not taken for texture."""

_Pair = tuple[TextReading | None, TextReading | None]


@dataclass(frozen=True, slots=True)
class Page:
    """The lines in a picture."""

    frame: Frame
    lines: tuple[TextReading, ...]


def settle(
    reader: TextReader, clocks: ClockWatch, before: Page, between: Sequence[Frame], after: Page
) -> Iterator[Page]:
    """The pages of the frames in between that are needed to tell when each line changed.

    By bisection: where two pages say the same, nothing in between them is read, nor where
    only clocks differ and what they show is known.
    """
    pairs = _pairs(before.lines, after.lines)
    changing = [pair for pair in pairs if not _same(pair)]
    unsure = [
        i
        for i, frame in enumerate(between)
        if not all(_can_tell(clocks, pair, frame.time_s) for pair in changing)
    ]
    if not unsure:
        return
    middle = unsure[len(unsure) // 2]
    page = _page(reader, before, between[middle], after, pairs)
    clocks.note(page.lines)
    yield from settle(reader, clocks, before, between[:middle], page)
    yield page
    yield from settle(reader, clocks, page, between[middle + 1 :], after)


def _can_tell(clocks: ClockWatch, pair: _Pair, time_s: float) -> bool:
    before, after = pair
    return before is not None and after is not None and clocks.can_tell(after, time_s)


def _pairs(before: Sequence[TextReading], after: Sequence[TextReading]) -> list[_Pair]:
    """Every line of either page, with that of the other one which it is; each line once."""
    left = list(after)
    pairs: list[_Pair] = []
    for line in before:
        other = next((one for one in left if _is_one_line(line, one)), None)
        if other:
            left.remove(other)
        pairs.append((line, other))
    return pairs + [(None, line) for line in left]


def _same(pair: _Pair) -> bool:
    before, after = pair
    return before is not None and after is not None and before.text == after.text


def _page(
    reader: TextReader, before: Page, frame: Frame, after: Page, pairs: Sequence[_Pair]
) -> Page:
    """What of the two pages is in the picture between them; searched where another text is."""
    ends = [
        (changed(page.frame.picture, frame.picture), [pair[i] for pair in pairs])
        for i, page in enumerate((before, after))
    ]
    lines: list[TextReading] = []
    for number, pair in enumerate(pairs):
        known = pair[1] if _same(pair) else None
        for blocks, side in ends:
            line = side[number]
            if known is None and line and not touched(blocks, line.box):
                known = line
        if known:
            lines.append(replace(known, time_s=frame.time_s))
            continue
        read = reader.read(frame, [line.box for line in reversed(pair) if line][:1])
        lines += [one for one in read if _is_of(one, pair)]
        if any(one.score >= SURE and not _is_among(one, before, after) for one in read):
            return Page(frame, tuple(reader.read(frame)))
    return Page(frame, tuple(sorted(lines, key=lambda line: (line.box[1], line.box[0]))))


def _is_of(line: TextReading, pair: _Pair) -> bool:
    return any(known and _is_one_line(line, known) for known in pair)


def _is_among(line: TextReading, *pages: Page) -> bool:
    """Whether it is a line of one of the pages, or a part of one that a smaller box left."""
    return any(
        _is_one_line(line, known) or line.text in known.text
        for page in pages
        for known in page.lines
    )


def _is_one_line(one: TextReading, other: TextReading) -> bool:
    """Whether they are at one place with nearly one text, digits aside."""
    if overlap(one.box, other.box) < MIN_OVERLAP:
        return False
    return likeness(masked(one.text), masked(other.text)) >= SAME_LINE
