"""Extract the cameras that a question names, in English.

"Camera 3" is whichever known name says the same: cam3, Camera 03, ch-3, 3. A camera that
is not known, or may be several, is refused. Words in "quotes" are never read.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence

from vidindex.errors import InputError

_NUMBER_NAMES = "one two three four five six seven eight nine ten eleven twelve"
_NUMBERS = {name: str(n) for n, name in enumerate(_NUMBER_NAMES.split(), 1)}
_GENERIC_WORDS = "the camera cameras cam cams channel channels ch cctv no number"
_GENERIC = frozenset(_GENERIC_WORDS.split())
_KIND_WORDS = "security surveillance video web hidden phone film tv digital photo same other body"
_KINDS_OF_CAMERA = frozenset(_KIND_WORDS.split())

_BY = r"(?:in|on|at|by|from|of|for|via|through|with)"
_CAMERA = r"(?:cameras?|cams?|cctv|channels?|ch)"
_ID = rf"(?:\d{{1,4}}[a-z]?|(?-i:[A-HJ-Z])|{'|'.join(_NUMBERS)})(?!\w|[.:]\d)"
_AND = r"\s*(?:,\s*(?:and\s+|or\s+)?|&|\band\b|\bor\b)\s*"
_NO_UNIT = r"(?!\s*(?:[ap]\.?m|o'?clock|minutes?|hours?|days?|weeks?|times?)\b)"
_FOOTAGE = r"(?:(?:'s)?\s+(?:footage|recordings?|videos?|feed|stream))?(?![\w-])"
_NAME = rf"(?:(?!(?:an?|the|and|near|which|what|whose|{_BY})\b)[\w'-]+\s+){{1,3}}?"

_NUMBERED = re.compile(
    rf"(?:\b{_BY}\s+)?(?:the\s+)?(?<![\w-])(?P<word>{_CAMERA})(?:\s+(?:no\.?|number))?[\s#_.-]*"
    rf"(?P<ids>{_ID}(?:{_AND}(?:{_BY}\s+)?(?:{_CAMERA}[\s#_.-]*)?{_ID}{_NO_UNIT})*){_FOOTAGE}",
    re.IGNORECASE,
)
_NAMED = re.compile(
    rf"(?P<looks>\b(?:look|stare|wave|point|smile|aim)\w*\s+)?"
    rf"\b{_BY}\s+(?:the\s+)?(?P<name>{_NAME}){_CAMERA}{_FOOTAGE}",
    re.IGNORECASE,
)
_ANY = re.compile(
    rf"\b(?:{_BY}\s+)?(?:all|any|every|each)\s+(?:of\s+)?(?:the\s+|my\s+|our\s+)?{_CAMERA}(?![\w-])"
    rf"|\bon\s+(?:camera|cctv)(?![\w-])(?![\s#_.-]*{_ID})",
    re.IGNORECASE,
)
_SAW = re.compile(
    rf"^(?:did|has|have|does|do)\s+(?P<camera>(?:the\s+)?(?:{_NAME})?{_CAMERA}(?:[\s#_.-]*{_ID})?)"
    r"\s+(?:see|seen|show|shown|record(?:ed)?|film(?:ed)?|captured?|catch|caught|spot(?:ted)?)\s+",
    re.IGNORECASE,
)


def extract_cameras(text: str, known: Sequence[str]) -> tuple[str, tuple[str, ...]]:
    """The text without the cameras that it names, and those, each once, as they are known.

    Raises InputError for a camera that is not among `known`, or may be several of them.
    """
    text = _SAW.sub(r"in \g<camera>, was there ", text)
    found: dict[str, None] = {}
    pieces = re.split(r'("[^"]*")', text)
    for place in range(0, len(pieces), 2):
        for form in (*_literally(known), _NUMBERED, _ANY, _NAMED):
            pieces[place] = _without(form, pieces[place], known, found)
    return "".join(pieces), tuple(found)


def camera_named(said: str, known: Sequence[str]) -> str:
    """The known camera that `said` means: written so, else the same words, else one part of it.

    Raises InputError where there is none, or there are several.
    """
    for fits in (_written(said, known), _same(said, known), _holding(said, known)):
        if len(fits) == 1:
            return fits[0]
        if fits:
            names = ", ".join(repr(name) for name in fits)
            raise InputError(f"{said!r} may be any of the cameras {names}", "write the whole name")
    names = ", ".join(sorted(known)) or "none"
    raise InputError(
        f"no camera in the library is called {said!r}; there are: {names}",
        'name one of them, or put words that do not name a camera in "quotes"',
    )


def _without(form: re.Pattern[str], text: str, known: Sequence[str], found: dict[str, None]) -> str:
    def read(match: re.Match[str]) -> str:
        if (names := _names(match, known)) is None:
            return match[0]
        found.update(dict.fromkeys(names))
        return " "

    return form.sub(read, text)


def _names(match: re.Match[str], known: Sequence[str]) -> list[str] | None:
    """The cameras of a match; None where it speaks of a camera as a thing, or of a broadcaster."""
    groups = match.groupdict()
    if literal := groups.get("literal"):
        return [camera_named(literal, known)]
    if ids := groups.get("ids"):
        said = re.findall(_ID, ids, re.IGNORECASE)
        if groups["word"].lower().startswith("ch") and not _same(said[0], known):
            return None
        return [_numbered(groups["word"], one, known) for one in said]
    if name := groups.get("name"):
        words = name.lower().split()
        if groups["looks"] or (words[-1] in _KINDS_OF_CAMERA and not _same(name, known)):
            return None
        return [camera_named(name.strip(), known)]
    return []


def _numbered(word: str, number: str, known: Sequence[str]) -> str:
    return camera_named(f"{word.lower().rstrip('s')} {number}", known)


def _literally(known: Sequence[str]) -> Iterator[re.Pattern[str]]:
    """Names that no sentence holds by chance, such as cam3-yard; the longest first."""
    for name in sorted(known, key=len, reverse=True):
        is_word = not re.search(r"[\d_.-]", name) or name.isdigit()
        if not is_word and not _NUMBERED.fullmatch(name):
            yield re.compile(
                rf"\b{_BY}\s+(?:the\s+)?(?P<literal>{re.escape(name)})(?:\s+{_CAMERA})?{_FOOTAGE}",
                re.IGNORECASE,
            )


def _written(said: str, known: Sequence[str]) -> list[str]:
    return [name for name in known if _folded(name) == _folded(said)]


def _same(said: str, known: Sequence[str]) -> list[str]:
    return [name for name in known if _words(name) == _words(said)]


def _holding(said: str, known: Sequence[str]) -> list[str]:
    return [name for name in known if set(_words(said)) <= set(_words(name))]


def _folded(name: str) -> str:
    return re.sub(r"[\W_]+", "", unicodedata.normalize("NFKC", name).casefold())


def _words(name: str) -> tuple[str, ...]:
    """What sets a camera apart: no "camera", numbers without leading zeros."""
    folded = unicodedata.normalize("NFKC", name).casefold()
    words = [_NUMBERS.get(word, word) for word in re.findall(r"[^\W\d_]+|\d+", folded)]
    telling = tuple(w.lstrip("0") or "0" for w in words if w not in _GENERIC)
    return telling or tuple(words)
