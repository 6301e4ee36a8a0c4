"""Divide spoken words into sentences by punctuation, pauses and length."""

import re
from collections.abc import Iterator, Sequence

from vidindex.types.speech import Word

PAUSE_S = 1.0
"""A silence so long ends a sentence, whatever the punctuation says."""

MAX_S = 20.0
"""A sentence that is longer is divided at its longest pauses."""

_ENDS = re.compile(r"""[.!?。！？؟।…]["'”’»)\]]*$""")
_ABBREVIATION = re.compile(
    r"^(mr|mrs|ms|dr|st|prof|gen|sgt|lt|col|capt|rev|vs|no|fig|[a-z]|e\.g|i\.e|z\.b|bzw)\.$",
    re.IGNORECASE,
)


def sentences(words: Sequence[Word]) -> list[list[Word]]:
    """The words in order, as sentences, none of them empty."""
    found: list[list[Word]] = []
    sentence: list[Word] = []
    for word in words:
        if sentence and _divides(sentence[-1], word):
            found += _short(sentence)
            sentence = []
        sentence.append(word)
    return found + (_short(sentence) if sentence else [])


def text_of(words: Sequence[Word]) -> str:
    """The words as one line of text."""
    return " ".join("".join(word.text for word in words).split())


def _divides(word: Word, following: Word) -> bool:
    """Whether a sentence ends between the two."""
    if following.start_s - word.end_s >= PAUSE_S or word.language != following.language:
        return True
    if word.is_segment or following.is_segment:
        return True
    text = word.text.strip()
    return bool(_ENDS.search(text)) and not _ABBREVIATION.match(text)


def _short(sentence: list[Word]) -> list[list[Word]]:
    return list(_pieces(sentence))


def _pieces(sentence: list[Word]) -> Iterator[list[Word]]:
    """The sentence, halved at its longest pause for as long as it is too long."""
    if len(sentence) < 2 or sentence[-1].end_s - sentence[0].start_s <= MAX_S:
        yield sentence
        return
    cut = max(range(1, len(sentence)), key=lambda i: _cut_score(sentence, i))
    yield from _pieces(sentence[:cut])
    yield from _pieces(sentence[cut:])


def _cut_score(sentence: Sequence[Word], cut: int) -> tuple[float, bool, float]:
    """Pauses before commas before the middle."""
    pause_s = round(sentence[cut].start_s - sentence[cut - 1].end_s, 1)
    middle_s = (sentence[0].start_s + sentence[-1].end_s) / 2
    is_comma = sentence[cut - 1].text.rstrip().endswith((",", ";", "，", "、", "：", ":"))
    return pause_s, is_comma, -abs(sentence[cut].start_s - middle_s)
