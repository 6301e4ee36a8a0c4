"""Split text into tokens: for the full-text index, for its queries, and for matching.

A token is a run of letters, a run of digits, or one character of an unspaced script. So
"KA05MJ9876" and "KA 05 MJ 9876" have the same tokens, and "12.5" has those of "12,5".
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise

from vidindex.core.retrieval.folding import UNSPACED, fold, fold_spelled_out

_SEPARATORS = r"\x00-/:-@\[-`{-\x7f"
_TOKEN = re.compile(rf"[0-9]+|[{UNSPACED}]|[^0-9{UNSPACED}{_SEPARATORS}]+")
_UNSPACED = re.compile(rf"[{UNSPACED}]")
_HYPHENATED = re.compile(rf"[^0-9{UNSPACED}{_SEPARATORS}]+(?:[-'.][^0-9{UNSPACED}{_SEPARATORS}]+)+")
_GROUPED = re.compile(
    r"(?<![0-9.,])[0-9]{1,3}(?:([.,' ])[0-9]{3})(?:\1[0-9]{3})*(?![0-9]|[.,:][0-9])"
)
_DIGITS_APART = re.compile(r"(?<![0-9.,:])[0-9]+(?:[ /-][0-9]+)+(?![0-9]|[.,:][0-9])")
_CLOCK_HOUR = re.compile(r"(?<![0-9:.,])0?([0-9])(?=[:.][0-5][0-9](?![0-9]))")
_INNER_SIGN = re.compile(r"[-'.]\w")
_DIGIT = re.compile("[0-9]")
_UMLAUT = re.compile("[äöüøåÄÖÜØÅ\u0308\u030a]")

# A long noun inside a sentence: English writes only names so, German its compounds.
_COMPOUND = re.compile(r"(?<=[a-zäöüß,] )[A-ZÄÖÜ][a-zäöüß]{8,}")
_REVERSED = "\uf8ff"  # of private use: no folded text has it
_ARTICLE = re.compile(r"(?:[وف]?[بك]?ال|[وف]?لل)(?=[\u0621-\u064a]{3})")
MIN_BEGINNING = 5
"""Letters from which a word is also looked for as the beginning of a longer one."""

MIN_DIGITS_APART = 7
"""Characters of a number or an identifier from which blanks and hyphens in it do not count."""

MIN_IDENTIFIER_START = 8
"""Letters and digits of an identifier from which its beginning is enough."""


@dataclass(frozen=True, slots=True)
class Token:
    """A folded run of characters. gap: what separates it from the token before it, or "".

    spellings: all that it may be compared with, the folded one first.
    """

    text: str
    gap: str
    spellings: tuple[str, ...]

    @property
    def is_number(self) -> bool:
        return self.text[0] in "0123456789"

    @property
    def is_unspaced(self) -> bool:
        return _UNSPACED.match(self.text) is not None


def tokenize(text: str) -> list[Token]:
    """The tokens of a text, in order."""
    folded, spelled_out = fold(text), fold_spelled_out(text)
    others = _TOKEN.findall(spelled_out) if spelled_out != folded else None
    tokens: list[Token] = []
    end = 0
    for number, found in enumerate(_TOKEN.finditer(folded)):
        other = others[number] if others else found[0]
        tokens.append(Token(found[0], folded[end : found.start()], _spellings(found[0], other)))
        end = found.end()
    return tokens


def _spellings(text: str, spelled_out: str) -> tuple[str, ...]:
    if text.isascii():
        return (text,) if text == spelled_out else (text, spelled_out)
    article = _ARTICLE.match(text)
    return (text, text[article.end() :]) if article else (text,)


def parts(tokens: Iterable[Token]) -> list[tuple[Token, ...]]:
    """The tokens in runs of unspaced and of other script."""
    return [tuple(run) for _, run in groupby(tokens, key=lambda token: token.is_unspaced)]


def index_words(text: str) -> str:
    """The tokens of a text with a space between them, as the full-text index takes them.

    After them come other spellings by which they can be found: "b-mw" is also "bmw",
    "3,500,000" also "3500000"; and German compounds backwards, for their ends. A change here
    needs another `FOLDING_VERSION`.
    """
    folded = fold(text)
    words = _TOKEN.findall(folded)
    if _INNER_SIGN.search(folded):
        words += _closed_up(folded)
    if _DIGIT.search(folded):
        words += grouped(folded)
    if not text.isascii():
        words += _other_spellings(text, words)
    return " ".join([*words, *(_backwards(fold(one[0])) for one in _COMPOUND.finditer(text))])


def _other_spellings(text: str, words: Sequence[str]) -> list[str]:
    spelled_out = _TOKEN.findall(fold_spelled_out(text)) if _UMLAUT.search(text) else words
    pairs = zip(words, spelled_out, strict=False)  # words that were closed up come after these
    return [other for word, spelled in pairs for other in _spellings(word, spelled)[1:]]


def query_terms(text: str) -> list[str]:
    """The words of a query as FTS5 strings, each once; nothing in them is an operator.

    A run of an unspaced script becomes its overlapping pairs. A word of several tokens is
    a phrase.
    """
    terms: dict[str, None] = {}
    for word in unicodedata.normalize("NFKC", text).split():
        for run in parts(tokenize(word)):
            terms.update(
                dict.fromkeys(_unspaced(run) if run[0].is_unspaced else _phrases(word, run))
            )
    terms.update(dict.fromkeys(grouped(fold(text))))
    return [f'"{term}"' for term in terms]


def _unspaced(run: Sequence[Token]) -> list[str]:
    letters = [token.text for token in run]
    return [" ".join(pair) for pair in pairwise(letters)] or letters


def _phrases(word: str, run: Sequence[Token]) -> list[str]:
    """The run as a phrase in each of its spellings."""
    if len(run) == 1:
        return list(run[0].spellings)
    folded = fold(word)
    phrases = [" ".join(token.text for token in run)]
    phrases += [" ".join(_TOKEN.findall(other)) for other in clock_spellings(folded)[1:]]
    phrases += [*_closed_up(folded), *grouped(folded)]
    return phrases


def _closed_up(folded: str) -> list[str]:
    """Letters that signs inside a word part, written together: "b-mw" as "bmw"."""
    return [re.sub(r"[-'.]", "", found[0]) for found in _HYPHENATED.finditer(folded)]


def grouped(folded: str) -> list[str]:
    """Numbers with their digits in groups, written together: "3,500,000", "030 123 45 67"."""
    groups = [re.sub(r"[.,' ]", "", found[0]) for found in _GROUPED.finditer(folded)]
    long = [re.sub(r"[ /-]", "", found[0]) for found in _DIGITS_APART.finditer(folded)]
    return groups + [number for number in long if len(number) >= MIN_DIGITS_APART]


def _backwards(word: str) -> str:
    return f"{_REVERSED}{word[::-1]}"


def clock_spellings(folded: str) -> tuple[str, ...]:
    """A text with a clock time also with, or without, the leading zero of its first number."""
    found = _CLOCK_HOUR.search(folded)
    if found is None:
        return (folded,)
    hour = found[1] if len(found[0]) > 1 else f"0{found[1]}"
    return folded, f"{folded[: found.start()]}{hour}{folded[found.end() :]}"


def wider_terms(term: str) -> list[str]:
    """FTS5 queries for what a term of `query_terms` may also be written as, in fewer words.

    Of a longer word its beginning: endings of one or two letters change with number and case,
    and what follows in a compound may be long. And the word as the end of a compound. Of an
    identifier its longer numbers, as its letters may be written apart ("BMW1234", "B-MW 1234"),
    and itself as a beginning.
    """
    tokens = term.strip('"').split()
    if _UNSPACED.match(tokens[0]):
        return []
    if len(tokens) > 1:
        return _identifier_terms(tokens)
    (word,) = tokens
    if len(word) < MIN_BEGINNING or word.isdecimal():
        return []
    kept = max(MIN_BEGINNING, len(word) - (2 if len(word) > 8 else 1))
    return [f'"{word[:kept]}" *', f'"{_backwards(word)}" *']


def _identifier_terms(tokens: Sequence[str]) -> list[str]:
    numbers = [token for token in tokens if token.isdecimal()]
    if len(numbers) in (0, len(tokens)):
        return []
    whole = " ".join(tokens)
    start = [f'"{whole}" *'] if len(whole.replace(" ", "")) >= MIN_IDENTIFIER_START else []
    return start + [f'"{number}"' for number in numbers if len(number) > 1]
