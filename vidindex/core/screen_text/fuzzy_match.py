"""How much of a question stands in a text, despite the slips of a reader; asks no model.

Letters and digits that readers take for each other count as the same; scripts without
spaces between words are looked for as parts of the text.
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from difflib import SequenceMatcher

from vidindex.types.search import Answer

VERIFIED_SHARE, UNSURE_SHARE = 0.99, 0.5
_SLIP_RATIO = 0.8
_MIN_SLIP_LENGTH = 5
_CONFUSED = str.maketrans({"o": "0", "l": "1", "i": "1", "|": "1", "，": ",", "：": ":"})


def share_found(words: Sequence[str], texts: Iterable[str]) -> float:
    """The share of `words` that stand in any of the texts, 0 to 1; 0 without words."""
    whole = [_folded(text) for text in texts]
    tokens = [token for text in whole for token in text.split()]
    wanted = [_folded(word) for word in words]
    found = sum(
        any(_stands(word, text) for text in whole) or _nearly(word, tokens) for word in wanted
    )
    return found / len(wanted) if wanted else 0.0


def verdict_from_share(share: float) -> Answer:
    """What fresh readings say of a candidate, by the share of the question that they hold."""
    if share >= VERIFIED_SHARE:
        return "verified"
    return "unsure" if share >= UNSURE_SHARE else "rejected"


def _stands(word: str, text: str) -> bool:
    """Whether the word stands in the text; a short one in Latin script only as a whole.

    Readers lose the spaces between words, so a longer one may be a part of a line.
    """
    if len(word) >= _MIN_SLIP_LENGTH or not word.isascii():
        return word in text
    return re.search(rf"(?<!\w){re.escape(word)}(?!\w)", text) is not None


def _nearly(word: str, tokens: Sequence[str]) -> bool:
    """Whether a token is the word with a slip; short words must be right."""
    if len(word) < _MIN_SLIP_LENGTH:
        return False
    return any(
        SequenceMatcher(None, word, token, autojunk=False).ratio() >= _SLIP_RATIO
        for token in tokens
    )


def _folded(text: str) -> str:
    """One spelling for everything that a reader may have meant."""
    normal = unicodedata.normalize("NFKC", text).casefold()
    bare = "".join(c for c in unicodedata.normalize("NFD", normal) if not unicodedata.combining(c))
    return bare.translate(_CONFUSED)
