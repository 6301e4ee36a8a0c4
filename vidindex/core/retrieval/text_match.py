"""Judge how much of a query a text holds: words, numbers, identifiers, unspaced scripts.

It splits and folds text as the full-text index does, so what is found is not rejected for its
spelling. Letters may differ a little (inflection, slips of a text reader); numbers may not.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import pairwise

from vidindex.core.retrieval.tokens import (
    MIN_DIGITS_APART,
    MIN_IDENTIFIER_START,
    Token,
    clock_spellings,
    grouped,
    parts,
    tokenize,
)
from vidindex.types.search import Answer

VERIFIED_SHARE, UNSURE_SHARE = 0.99, 0.5
_SLIP_RATIO = 0.8
_MIN_SLIP_LENGTH = 5
_MAX_WORDS_OF_IDENTIFIER = 6
_MAX_STARTS = 64
_SPELLED_UP_TO = 12
"""Numbers that are commonly written as words: their digits may be missing from running text."""

_BREAK = "\n"
_MARKS = (".", ",", ":")
_CONFUSED = str.maketrans({"o": "0", "l": "1", "i": "1", ":": "."})
_BAR = re.compile(r"(?<=[\w|])\||\|(?=[\w|])")


@dataclass(frozen=True, slots=True)
class WordMatch:
    """How much of each part of a query some texts hold, 0 to 1.

    lacks_number: a number, an identifier or a time of the query is not in the texts.
    """

    found: tuple[float, ...]
    lacks_number: bool

    @property
    def share(self) -> float:
        """The mean over all parts; 0 where a number is missing, or the query has no words."""
        if self.lacks_number or not self.found:
            return 0.0
        return sum(self.found) / len(self.found)


def match_words(
    words: Sequence[str], texts: Iterable[str], *, on_screen: bool = False
) -> WordMatch:
    """Match words and phrases against texts, of which any may hold any of them.

    on_screen: the texts were read off pictures, by a reader that takes some letters and
    digits for each other and loses spaces. Elsewhere a number up to twelve may be missing.
    """
    lines = [_Line.of(text, on_screen) for text in texts]
    wanted = [part for word in words for part in parts(tokenize(f" {word}"))]
    found = [max((line.holds(part) for line in lines), default=0.0) for part in wanted]
    for start, end in _identifiers(wanted, found):
        tokens = [token for part in wanted[start:end] for token in part]
        if any(line.has(tokens) for line in lines):
            found[start:end] = [1.0] * (end - start)
    lacking = [part for part, share in zip(wanted, found, strict=True) if share < 1.0]
    return WordMatch(tuple(found), any(_needs_digits(part, on_screen) for part in lacking))


def verdict_from_share(share: float) -> Answer:
    """What fresh readings say of a candidate, by the share of the question that they hold."""
    if share >= VERIFIED_SHARE:
        return "verified"
    return "unsure" if share >= UNSURE_SHARE else "rejected"


def _identifiers(
    wanted: Sequence[Sequence[Token]], found: Sequence[float]
) -> Iterator[tuple[int, int]]:
    """Runs [start, end) of words that may be one identifier or number: "B MW 1234", "3 500"."""
    for start in range(min(len(wanted), _MAX_STARTS)):
        for end in range(start + 2, min(start + _MAX_WORDS_OF_IDENTIFIER, len(wanted)) + 1):
            run = [token for part in wanted[start:end] for token in part]
            if _holds_number(run) and min(found[start:end]) < 1.0:
                yield start, end


def _holds_number(tokens: Sequence[Token]) -> bool:
    """Whether there is a number among these, and no unspaced script."""
    numbers = any(token.is_number for token in tokens)
    return numbers and not any(token.is_unspaced for token in tokens)


def _needs_digits(tokens: Sequence[Token], on_screen: bool) -> bool:
    """Whether a text without this part answers another question."""
    if len(tokens) == 1 and not on_screen and tokens[0].is_number:
        return int(tokens[0].text) > _SPELLED_UP_TO
    return any(token.is_number for token in tokens)


@dataclass(frozen=True, slots=True)
class _Line:
    """One text, split. unspaced: its unspaced characters, other text and signs as line breaks.

    runs: its words without signs inside, as one string each.
    """

    tokens: tuple[Token, ...]
    unspaced: str
    runs: tuple[str, ...]
    on_screen: bool

    @classmethod
    def of(cls, text: str, on_screen: bool) -> "_Line":
        tokens = tuple(tokenize(_BAR.sub("l", text) if on_screen else text))
        unspaced = "".join(
            (token.gap.strip() and _BREAK) + (token.text if token.is_unspaced else _BREAK)
            for token in tokens
        )
        runs: list[str] = []
        for token in tokens:
            if token.gap or not runs:
                runs.append("")
            runs[-1] += token.text
        seen = tuple(run.translate(_CONFUSED) for run in runs) if on_screen else tuple(runs)
        return cls(tokens, unspaced, seen, on_screen)

    def holds(self, wanted: Sequence[Token]) -> float:
        """How much of one part of the query the line holds, 0 to 1."""
        if wanted[0].is_unspaced:
            return _share_of_pairs(_with_breaks(wanted), self.unspaced)
        if self.has(wanted):
            return 1.0
        if all(not token.is_number for token in wanted):
            return float(self._has_nearly(wanted))
        return float(self._has_start(wanted))

    def has(self, wanted: Sequence[Token]) -> bool:
        """Whether the tokens occur, with anything between letters and digits.

        Between digits the signs count: 12.5 is neither 125 nor 12:5.
        """
        forms = self._forms(wanted)
        longest = max(map(len, forms)) + 1
        return any(
            forms & self._forms(self.tokens[start:end])
            and _are_comparable(wanted, self.tokens[start:end])
            and self._is_whole(start, end, wanted)
            for start, end in self._windows(forms, longest)
        )

    def _windows(self, forms: set[str], longest: int) -> Iterator[tuple[int, int]]:
        """All [start, end) that begin as a form does, with no more characters than that."""
        for start, token in enumerate(self.tokens):
            if not any(form.startswith(self._seen(token)) for form in forms):
                continue
            length = 0
            for end in range(start + 1, len(self.tokens) + 1):
                length += min(map(len, self.tokens[end - 1].spellings))
                if length > longest:
                    break
                yield start, end

    def _seen(self, token: Token) -> tuple[str, ...]:
        if not self.on_screen:
            return token.spellings
        return tuple(spelling.translate(_CONFUSED) for spelling in token.spellings)

    def _is_whole(self, start: int, end: int, wanted: Sequence[Token]) -> bool:
        """Whether no number continues before or after it: "1:23" is not in "11:23", nor 12 in 12.5.

        A time may go on with smaller units.
        """
        is_time = any(token.gap == ":" for token in wanted[1:])
        return not self._goes_on(start) and (is_time or not self._goes_on(end))

    def _goes_on(self, index: int) -> bool:
        """Whether the token at `index` and the one before it are parts of one number."""
        if not 0 < index < len(self.tokens):
            return False
        before, token = self.tokens[index - 1 : index + 1]
        return before.is_number and token.is_number and token.gap in _MARKS

    def _forms(self, tokens: Sequence[Token]) -> set[str]:
        """The ways to write the tokens in one string, to be compared."""
        loose = self.on_screen or any(token.is_number for token in tokens)
        written = _written([token.text for token in tokens], tokens, loose)
        other = [token.spellings[min(1, len(token.spellings) - 1)] for token in tokens]
        forms = {*clock_spellings(written), _written(other, tokens, loose)}
        if len(written) >= MIN_DIGITS_APART:
            forms.add(written.replace("-", ""))
        forms.update(tokens[0].spellings if len(tokens) == 1 else ())
        forms.update(grouped("".join(token.gap + token.text for token in tokens).strip()))
        return {form.translate(_CONFUSED) for form in forms} if self.on_screen else forms

    def _has_nearly(self, wanted: Sequence[Token]) -> bool:
        """Whether a word contains this one, or is it with a slip; short words must be right."""
        spellings = {*wanted[0].spellings} if len(wanted) == 1 else self._forms(wanted)
        for word in spellings:
            asked = word.translate(_CONFUSED) if self.on_screen else word
            if len(asked) < _MIN_SLIP_LENGTH:
                continue
            if any(asked in run or _is_slip(asked, run) for run in self.runs):
                return True
        return False

    def _has_start(self, wanted: Sequence[Token]) -> bool:
        """Whether an identifier without gaps begins with this one of letters and digits."""
        if all(token.is_number for token in wanted):
            return False
        asked = "".join(token.text for token in wanted)
        asked = asked.translate(_CONFUSED) if self.on_screen else asked
        return len(asked) >= MIN_IDENTIFIER_START and any(
            run.startswith(asked) for run in self.runs
        )


def _are_comparable(wanted: Sequence[Token], window: Sequence[Token]) -> bool:
    """Whether a reader may have taken one for the other: a whole word is not read as a number."""
    one, other = (sum(token.is_number for token in tokens) for tokens in (wanted, window))
    return bool(other) if one else other < len(window)


def _written(texts: Sequence[str], tokens: Sequence[Token], loose: bool) -> str:
    """The texts in one string, with a sign where tokens next to each other must stay apart."""
    seams = [_seam(one, other, loose) for one, other in pairwise(tokens)]
    return "".join(seam + text for seam, text in zip(["", *seams], texts, strict=True))


def _seam(one: Token, other: Token, loose: bool) -> str:
    if one.is_number and other.is_number:
        return {".": ".", ",": ".", ":": ":"}.get(other.gap, "-")
    return " " if other.gap.isspace() and not loose else ""


def _is_slip(word: str, other: str) -> bool:
    if 2 * min(len(word), len(other)) < _SLIP_RATIO * (len(word) + len(other)):
        return False
    return SequenceMatcher(None, word, other, autojunk=False).ratio() >= _SLIP_RATIO


def _with_breaks(tokens: Sequence[Token]) -> str:
    """The characters of an unspaced run, with a line break for each sign between them."""
    signs = (token.gap.strip() and _BREAK for token in tokens[1:])
    return "".join(sign + token.text for sign, token in zip(("", *signs), tokens, strict=True))


def _share_of_pairs(asked: str, text: str) -> float:
    """The share of neighbouring characters that are neighbours in the text; all for the whole.

    Signs of the question need not be in the text; those of the text part what is asked.
    """
    if asked in text:
        return 1.0
    asked = asked.replace(_BREAK, "")
    if asked in text:
        return 1.0
    pairs = {one + other for one, other in pairwise(asked)}
    return sum(pair in text for pair in pairs) / len(pairs) if pairs else 0.0
