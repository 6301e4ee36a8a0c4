"""Extract numbers and what they count from English text, to compare two texts.

"5 times" is not "5.0 s", and the 3 of camera 3 counts no men. Times and dates may be cut to
the minute; words with digits in them, such as file names, match only themselves.
"""

import re

_NUMBER_NAMES = "zero one two three four five six seven eight nine ten eleven twelve"
_AS_NUMBER = {name: float(n) for n, name in enumerate(_NUMBER_NAMES.split())}
_TIMES = {"once": 1.0, "twice": 2.0}
_UNITS = {
    "s": ("s", "sec", "second", "seconds"),
    "min": ("min", "minute", "minutes"),
    "h": ("h", "hour", "hours"),
    "times": ("time", "times", "occasion", "occasions", "further"),
    "camera": ("camera", "cameras", "cam", "channel"),
}
_UNIT_OF = {word: unit for unit, words in _UNITS.items() for word in words}
_PLAIN = re.compile(r"\d+(?:,\d{3})*(?:\.\d+)?")
_WITH_UNIT = re.compile(r"(\d+(?:\.\d+)?)(s|min|h)")
_CLOCK = re.compile(r"\d+(?:[:/-]\d+)+(?:\.\d+)?")
_ZONED = re.compile(rf"({_CLOCK.pattern})([+-]\d\d:\d\d)")
_REACH = 3
"""A number counts one of so many words behind it: "3 small red cars"."""


def unsupported_number(text: str, basis: str) -> str | None:
    """The first number of `text` that `basis` does not say of the same thing, as it is written."""
    tokens, known = _tokens(text), _tokens(basis)
    counted = _counted(known)
    clocks = {word for word, _ in known if _CLOCK.fullmatch(word)}
    words = {word for word, _ in known}
    for index, (word, _) in enumerate(tokens):
        if _value(word) is not None:
            value, counts = _count(tokens, index)
            if not counts & counted.get(value, set()):
                return word
        elif _CLOCK.fullmatch(word):
            if not any(f"{one}:".startswith(f"{word}:") for one in clocks):
                return word
        elif any(map(str.isdigit, word)) and word not in words:
            return word
    return None


_Token = tuple[str, bool]


def _tokens(text: str) -> list[_Token]:
    """Words in lower case, each with whether a mark ends the phrase behind it.

    `5s` is two, and so are `14:00:02+01:00`.
    """
    found: list[_Token] = []
    for written in text.casefold().split():
        word = written.strip("“”\"'’()[]{}.,:;!?*")
        ends = written.rstrip("“”\"'’)]}")[-1:] in tuple(".,:;!?")
        if match := _WITH_UNIT.fullmatch(word) or _ZONED.fullmatch(word):
            found += [(match[1], False), (match[2], ends)]
        elif word:
            found.append((word, ends))
    return found


def _value(word: str) -> float | None:
    if _PLAIN.fullmatch(word):
        return float(word.replace(",", ""))
    return _AS_NUMBER.get(word, _TIMES.get(word))


def _count(tokens: list[_Token], index: int) -> tuple[float, set[str]]:
    """The number at this place, and what it may count: a unit, else words that follow."""
    word, ends = tokens[index]
    value = _value(word)
    assert value is not None
    if word in _TIMES:
        return value, {"times"}
    if index and _UNIT_OF.get(tokens[index - 1][0]) == "camera":
        return value, {"camera"}
    counts: set[str] = set()
    for following, ends_here in tokens[index + 1 : index + 1 + _REACH]:
        if ends:
            break
        if unit := _UNIT_OF.get(following):
            return value, counts | {unit}
        counts.add(re.sub(r"(?:es|s)$", "", following) or following)
        ends = ends_here
    return value, counts


def _counted(tokens: list[_Token]) -> dict[float, set[str]]:
    """Every number with all that it counts somewhere; cam3 names the camera 3."""
    found: dict[float, set[str]] = {}
    for index, (word, _) in enumerate(tokens):
        if _value(word) is not None:
            value, counts = _count(tokens, index)
            found.setdefault(value, set()).update(counts)
        elif index and tokens[index - 1][0] == "camera":
            for figures in re.findall(r"\d+", word):
                found.setdefault(float(figures), set()).add("camera")
    return found
