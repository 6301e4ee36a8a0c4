"""Parse JSON as models write it, in one pass.

Takes what json.loads refuses: text around it, a missing end, single or typographic
quotes, quotes within text, bare words, Python's None and True, trailing and missing
commas, tuples, elisions. What was cut off is marked, never completed.
"""

import json
import re
from dataclasses import dataclass, field
from typing import Final

_MAX_DEPTH: Final = 32

_CLOSER: Final = {"{": "}", "[": "]", "(": ")"}
_QUOTES: Final = {'"': '"', "'": "'", "“": "”", "`": "`"}
_BLANK: Final = re.compile(r"[\s,，;]*")
_AFTER_VALUE: Final = re.compile(
    r"\s*(?:[}\])]|$|```|[,，]\s*(?:[\"'“{}\[\](\d-]|$|null|None|true|false|[A-Za-z_]{1,30}\s*[:：])"
    r"|\n\s*[\"'“}\]])"
)
_AFTER_KEY: Final = re.compile(r"\s*[:：]|\s*[,}]")
_COLON: Final = re.compile(r"\s*[:：]")
_BARE_KEY: Final = re.compile(r"[^:：,，{}\[\]\"“\n`]+")
_BARE_VALUE: Final = re.compile(r"[^,，{}\[\]()\"“\n`]+(?:\([^,，{}\[\]()\"“\n`]*\)?)*")
_COMMA_NUMBER: Final = re.compile(r"-?\d{1,7},\d{1,9}(?=\s*[,}])")
_NUMBER: Final = re.compile(r"-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?")
_WORDS: Final = {"null": None, "none": None, "nan": None, "true": True, "false": False}


@dataclass(frozen=True, slots=True)
class Cut:
    """A text or number that breaks off with the reply."""

    text: str


@dataclass(slots=True)
class Node:
    """An object ("{", items have keys) or a list ("[" or "("); `cut`: its end is missing."""

    opener: str
    items: list[tuple[str | None, "Value"]] = field(default_factory=list)
    cut: bool = False

    @property
    def values(self) -> list["Value"]:
        return [value for _, value in self.items]


Value = str | float | bool | None | Cut | Node


@dataclass(frozen=True, slots=True)
class Region:
    """A top-level object or list, at text[start:stop]."""

    start: int
    stop: int
    node: Node


def read_regions(text: str) -> list[Region]:
    """Every outermost {...} and [...] of the text, in order."""
    regions = []
    opening = re.compile(r"[{\[]")
    match = opening.search(text)
    while match:
        region = _Reader(text, match.start()).read()
        regions.append(region)
        match = opening.search(text, region.stop)
    return regions


class _Reader:
    """One pass over text[start:] up to the end of the container that opens there."""

    def __init__(self, text: str, start: int) -> None:
        self.text = text
        self.start = start
        self.at = start
        self.open: list[Node] = []
        self.too_deep = 0
        self.key: str | None = None
        self.root = Node(text[start])

    def read(self) -> Region:
        self._enter(self.root)
        while self.open:
            blank = _BLANK.match(self.text, self.at)
            self.at = blank.end() if blank else self.at
            if self.at >= len(self.text) or self.text.startswith("```", self.at):
                self._break_off()
            else:
                self._step(self.text[self.at])
        return Region(self.start, self.at, self.root)

    def _step(self, char: str) -> None:
        if char in "{[" or (char == "(" and not self._wants_key()):
            self._open(char)
        elif char in "}])":
            self._close(char)
        elif char in ":：":
            self.at += 1
        elif char in _QUOTES:
            self._put(self._quoted(char))
        else:
            self._put(self._bare())

    def _wants_key(self) -> bool:
        return self.open[-1].opener == "{" and self.key is None

    def _enter(self, node: Node) -> None:
        self.open.append(node)
        self.key = None
        self.at += 1

    def _open(self, char: str) -> None:
        if len(self.open) >= _MAX_DEPTH:
            self.too_deep += 1
            self.at += 1
            return
        node = Node(char)
        self.open[-1].items.append((self.key, node))
        self._enter(node)

    def _close(self, char: str) -> None:
        """A closing bracket ends the nearest container of its kind; those inside it were cut."""
        self.at += 1
        self.key = None
        if self.too_deep:
            self.too_deep -= 1
            return
        if all(_CLOSER[node.opener] != char for node in self.open):
            return
        while _CLOSER[self.open[-1].opener] != char:
            self.open.pop()
        self.open.pop()

    def _break_off(self) -> None:
        for node in self.open:
            node.cut = True
        self.open.clear()

    def _put(self, value: Value) -> None:
        names = self._wants_key() and _COLON.match(self.text, self.at)
        if names and isinstance(value, str | float):
            self.key = value if isinstance(value, str) else f"{value:g}"
            return
        self.open[-1].items.append((self.key, value))
        self.key = None

    def _quoted(self, quote: str) -> Value:
        closing = _QUOTES[quote]
        begin = self.at + 1
        at = begin
        after = _AFTER_KEY if self._wants_key() else _AFTER_VALUE
        while True:
            at = self.text.find(closing, at)
            if at < 0:
                self.at = len(self.text)
                return Cut(_unescaped(self.text[begin:]))
            if not self._escaped(begin, at) and after.match(self.text, at + 1):
                self.at = at + 1
                return _unescaped(self.text[begin:at])
            at += 1

    def _escaped(self, begin: int, at: int) -> bool:
        slashes = 0
        while at - slashes > begin and self.text[at - slashes - 1] == "\\":
            slashes += 1
        return slashes % 2 == 1

    def _bare(self) -> Value:
        pattern = _BARE_KEY if self._wants_key() else _BARE_VALUE
        if self.open[-1].opener == "{" and self.key is not None:
            # After a key no second value may follow: {"start": 5,5, "end": 7,25}.
            pattern = _COMMA_NUMBER if _COMMA_NUMBER.match(self.text, self.at) else pattern
        match = pattern.match(self.text, self.at)
        if match is None:
            self.at += 1
            return None
        self.at = match.end()
        word = match.group().strip()
        if self.at >= len(self.text):
            return Cut(word)
        if word.casefold() in _WORDS:
            return _WORDS[word.casefold()]
        return float(word) if _NUMBER.fullmatch(word) else word


def _unescaped(raw: str) -> str:
    if "\\" not in raw:
        return raw
    try:
        return str(json.loads(f'"{raw}"', strict=False))
    except ValueError:
        return raw.replace('\\"', '"').replace("\\n", "\n").replace("\\", "")
