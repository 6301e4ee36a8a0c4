"""Fold text to one spelling, so that words match across case, accents and typography.

Stored texts stay as they are: only what is compared or indexed is folded.
"""

import unicodedata

FOLDING_VERSION = 2
"""Raise it with every change of what the full-text index is given: libraries then rebuild it."""

# Scripts written without spaces between words: Thai, Lao, Tibetan, Burmese, Khmer, kana,
# Chinese characters (with extensions), and Korean, whose words carry their particles.
_UNSPACED_RANGES = (
    (0x0E00, 0x0FFF),
    (0x1000, 0x109F),
    (0x1780, 0x17FF),
    (0x3005, 0x3007),
    (0x3040, 0x30FF),
    (0x31F0, 0x31FF),
    (0x3400, 0x4DBF),
    (0x4E00, 0x9FFF),
    (0xAC00, 0xD7AF),
    (0xF900, 0xFAFF),
    (0x20000, 0x323AF),
)
UNSPACED = "".join(f"{chr(first)}-{chr(last)}" for first, last in _UNSPACED_RANGES)
"""The characters of these scripts, to be put between the brackets of a regular expression."""

# Marks over and under letters that people leave out: Latin, Greek, Cyrillic, Hebrew, Arabic.
# Signs of other scripts (vowels of Devanagari, the dots of kana) make another letter.
_OPTIONAL_MARKS = (
    (0x0300, 0x036F),
    (0x0483, 0x0489),
    (0x0591, 0x05C7),
    (0x0610, 0x061A),
    (0x064B, 0x065F),
    (0x0670, 0x0670),
    (0x06D6, 0x06ED),
    (0x08D3, 0x08FF),
    (0x1AB0, 0x1AFF),
    (0x1DC0, 0x1DFF),
    (0x20D0, 0x20FF),
    (0xFE00, 0xFE2F),
)
_LETTERS = {
    "й": "й",  # a letter of its own, not an accented one
    "ı": "i",
    "ø": "o",
    "æ": "ae",
    "œ": "oe",
    "đ": "d",
    "ð": "d",
    "ħ": "h",
    "ł": "l",
    "ŋ": "n",
    "þ": "th",
    "ٱ": "ا",
    "ى": "ي",
    "ی": "ي",
    "ک": "ك",
    "ة": "ه",
    "ـ": "",
}
_SIGNS = {
    **dict.fromkeys("‐‑‒–—―−", "-"),
    **dict.fromkeys("’‘ʼʻ´`׳", "'"),
    **dict.fromkeys("·‧٫", "."),
    **dict.fromkeys("٬،", ","),
    **dict.fromkeys("∶꞉׃", ":"),
    "⁄": "/",
}
_SPELLED_OUT = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ø": "oe", "å": "aa"})


def fold(text: str) -> str:
    """The text in lower case, without optional marks, with ASCII digits and ASCII separators.

    Letters, digits and the marks of words stay; every other sign is one of ASCII or a space.
    """
    return text.lower() if text.isascii() else _normal(text).translate(_FOLDED)


def fold_spelled_out(text: str) -> str:
    """As `fold`, with umlauts in the spelling of two letters: "münchen" is "muenchen"."""
    return (
        text.lower() if text.isascii() else _normal(text).translate(_SPELLED_OUT).translate(_FOLDED)
    )


def _normal(text: str) -> str:
    return unicodedata.normalize("NFC", unicodedata.normalize("NFKC", text).casefold())


class _FoldedCharacters(dict[int, str]):
    """What each character becomes, worked out when it is first met; for `str.translate`."""

    def __missing__(self, code: int) -> str:
        self[code] = folded = _folded(chr(code))
        return folded


_FOLDED = _FoldedCharacters()


def _folded(character: str) -> str:
    """One character of a normal text, folded."""
    if character.isascii():
        return character
    known = _LETTERS.get(character, _SIGNS.get(character))
    if known is not None:
        return known
    category = unicodedata.category(character)
    if category == "Nd":
        return str(unicodedata.decimal(character))
    if category == "Cf" or _is_optional(character):
        return ""
    if category[0] not in "LMN":
        return " "
    return _without_marks(character)


def _without_marks(letter: str) -> str:
    """The letter without its optional marks; unchanged where it has none."""
    parts = unicodedata.normalize("NFD", letter)
    bare = "".join(part for part in parts if not _is_optional(part))
    if bare == parts:
        return letter
    return "".join(_LETTERS.get(part, part) for part in unicodedata.normalize("NFC", bare))


def _is_optional(character: str) -> bool:
    code = ord(character)
    return any(first <= code <= last for first, last in _OPTIONAL_MARKS)
