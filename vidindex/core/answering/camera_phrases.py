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

_LOOKS = (
    r"(?P<looks>\b(?:look|stare|gaze|wave|point|smile|aim|shoot|throw|shout|bark)\w*\s+"
    r"(?:(?:an?|the|his|her|their)\s+\w+\s+)?)?"
)
_WORDS_AFTER = (
    "and or at in on by from to near between before after since until during around for with "
    "this last yesterday today tonight when while again once twice any all the a an is was did"
)
_ENDS = rf"(?=\s*(?:[,.;:?!)]|$)|\s+(?:\d|(?:{'|'.join(_WORDS_AFTER.split())})\b))"
_THINGS = (
    "view range shot frame frames angle angles sight height level crew bag bags operator man men "
    "woman lens flash roll phone equipment position footage recordings"
)

NO_CAMERAS = "leave the camera out, or see: vidindex cameras set --help"

_NUMBERED = re.compile(
    rf"(?:\b{_BY}\s+)?(?:the\s+)?(?<![\w-])(?P<word>{_CAMERA})(?:\s+(?:no\.?|number))?[\s#_.-]*"
    rf"(?P<ids>{_ID}(?:{_AND}(?:{_BY}\s+)?(?:{_CAMERA}[\s#_.-]*)?{_ID}{_NO_UNIT})*){_FOOTAGE}",
    re.IGNORECASE,
)
_NAMED = re.compile(
    rf"{_LOOKS}\b{_BY}\s+(?:the\s+)?(?P<name>{_NAME}){_CAMERA}{_FOOTAGE}",
    re.IGNORECASE,
)
_ANY = re.compile(
    rf"\b(?:{_BY}\s+)?(?:all|any|every|each)\s+(?:of\s+)?(?:the\s+|my\s+|our\s+)?{_CAMERA}(?![\w-])"
    rf"|\bon\s+(?:camera|cctv)(?![\w-])(?![\s#_.-]*{_ID})",
    re.IGNORECASE,
)
_UNKNOWN = re.compile(
    rf"\b(?:at|in|on|by|from|via|through)\s+(?:the\s+)?camera\s+"
    rf"(?!(?:{'|'.join((*_WORDS_AFTER.split(), *_THINGS.split()))})\b)"
    rf"(?P<name>[^\W\d][\w'-]*){_ENDS}",
    re.IGNORECASE,
)
_SAW = re.compile(
    rf"^(?:did|has|have|does|do)\s+(?P<camera>(?:the\s+)?(?:{_NAME})?{_CAMERA}"
    rf"(?:[\s#_.-]*{_ID}|(?:\s+[\w'-]+){{1,2}}?)?)"
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
    for index in range(0, len(pieces), 2):
        for form in (*_literally(known), *_places(known), _NUMBERED, _ANY, _NAMED, _UNKNOWN):
            pieces[index] = _without(form, pieces[index], known, found)
    return "".join(pieces), tuple(found)


QUOTES = 'name one of them, or put words that do not name a camera in "quotes"'
"""The remedy for a question; an option can only name another camera."""


def camera_named(wanted: str, known: Sequence[str], hint: str = QUOTES) -> str:
    """The known camera that `wanted` means: written so, else the same words, else one part of it.

    Raises InputError where no camera fits, or several do.
    """
    for fits in (_written(wanted, known), _same(wanted, known), _holding(wanted, known)):
        if len(fits) == 1:
            return fits[0]
        if fits:
            names = ", ".join(repr(name) for name in fits)
            raise InputError(
                f"{wanted!r} may be any of the cameras {names}", "write the whole name"
            )
    if not known:
        raise InputError(f"the library has no cameras, so none is called {wanted!r}", NO_CAMERAS)
    names = ", ".join(sorted(known))
    raise InputError(f"no camera in the library is called {wanted!r}; there are: {names}", hint)


def cameras_named(names: Sequence[str], known: Sequence[str]) -> tuple[str, ...]:
    """The known cameras that `names` mean, each once. Raises InputError as `camera_named`."""
    return tuple(dict.fromkeys(camera_named(name, known, "name one of them") for name in names))


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
    if places := groups.get("places"):
        wanted = re.findall(_any_of(known), places, re.IGNORECASE)
        return None if groups["looks"] else [camera_named(one, known) for one in wanted]
    if ids := groups.get("ids"):
        wanted = re.findall(_ID, ids, re.IGNORECASE)
        if groups["word"].lower().startswith("ch") and not _same(wanted[0], known):
            return None
        return [_numbered(groups["word"], one, known) for one in wanted]
    if name := groups.get("name"):
        words = name.lower().split()
        if groups.get("looks") or (words[-1] in _KINDS_OF_CAMERA and not _same(name, known)):
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


def _places(known: Sequence[str]) -> Iterator[re.Pattern[str]]:
    """Names that are words, after "camera", as in "by cameras gate and yard", or "at the"."""
    if not (name := _any_of(known)):
        return
    for lead in (rf"(?:{_BY}\s+)?(?:the\s+)?{_CAMERA}\s+", r"at\s+(?:the\s+)?"):
        one_more = rf"{_AND}(?:at\s+)?(?:the\s+)?(?:{name})"
        places = rf"(?P<places>(?:{name})(?:{one_more}{_ENDS})*)"
        yield re.compile(rf"{_LOOKS}\b{lead}{places}{_FOOTAGE}{_ENDS}", re.IGNORECASE)


def _any_of(known: Sequence[str]) -> str:
    """A form of every name that is words, the longest first; "" where no name is."""
    words = {name: [w for w in _words(name) if w not in _GENERIC] for name in known}
    names = sorted(
        (name for name in known if "".join(words[name]).isalpha()), key=len, reverse=True
    )
    return "|".join(rf"\b{'[ _.-]+'.join(map(re.escape, words[name]))}\b" for name in names)


def _written(wanted: str, known: Sequence[str]) -> list[str]:
    return [name for name in known if _folded(name) == _folded(wanted)]


def _same(wanted: str, known: Sequence[str]) -> list[str]:
    return [name for name in known if _words(name) == _words(wanted)]


def _holding(wanted: str, known: Sequence[str]) -> list[str]:
    return [name for name in known if set(_words(wanted)) <= set(_words(name))]


def _folded(name: str) -> str:
    return re.sub(r"[\W_]+", "", unicodedata.normalize("NFKC", name).casefold())


def _words(name: str) -> tuple[str, ...]:
    """What sets a camera apart: no "camera", numbers without leading zeros."""
    folded = unicodedata.normalize("NFKC", name).casefold()
    words = [_NUMBERS.get(word, word) for word in re.findall(r"[^\W\d_]+|\d+", folded)]
    telling = tuple(w.lstrip("0") or "0" for w in words if w not in _GENERIC)
    return telling or tuple(words)
