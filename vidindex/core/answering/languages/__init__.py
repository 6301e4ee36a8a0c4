"""Choose the language of a question, among those with rules."""

import re

from vidindex.core.answering.languages.chinese import CHINESE
from vidindex.core.answering.languages.english import ENGLISH
from vidindex.core.answering.languages.french import FRENCH
from vidindex.core.answering.languages.german import GERMAN
from vidindex.core.answering.languages.language import Kind, Language, Order, Pick, Rule, Wants
from vidindex.core.answering.languages.spanish import SPANISH
from vidindex.core.retrieval.query_rewrite import is_english

LANGUAGES = {one.code: one for one in (ENGLISH, GERMAN, FRENCH, SPANISH, CHINESE)}
NAMES = ", ".join(one.name for one in LANGUAGES.values())

_HAN, _OTHER_EAST = re.compile(r"[一-鿿]"), re.compile(r"[぀-ヿ가-힣]")
_QUOTED = re.compile(r'"[^"]*"')

__all__ = [
    "ENGLISH", "LANGUAGES", "NAMES", "Kind", "Language", "Order", "Pick", "Rule", "Wants",
    "language_of",
]  # fmt: skip


def language_of(text: str) -> Language | None:
    """The language with rules that the text is in; None for any other.

    By the share of its words that are common in each; English where plain letters say nothing
    else. Words in "quotes" do not count.
    """
    text = _QUOTED.sub(" ", text)
    if _OTHER_EAST.search(text):
        return None
    if _HAN.search(text):
        return CHINESE
    words = re.findall(r"[^\W\d_]+", text.casefold())
    counts = {
        code: sum(word in one.common for word in words)
        for code, one in LANGUAGES.items()
        if one is not CHINESE
    }
    code = max(counts, key=counts.__getitem__)
    if counts[code] > counts["en"]:
        return LANGUAGES[code]
    return ENGLISH if counts["en"] or is_english(text) else None
