"""Values of answer sheets: pictures of an answer, and the sheet they are printed on."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from vidindex.types.plan import Frame, Picture
from vidindex.types.record import Box
from vidindex.types.search import Moment, SearchResult


@dataclass(frozen=True, slots=True)
class Outline:
    """Where the thing asked for is in a picture; `label` names it as who found it did."""

    box: Box
    label: str


Encode = Callable[[Picture, Sequence[Outline]], bytes]
"""A picture with its outlines drawn on it, as the bytes of a JPEG file."""


@dataclass(frozen=True, slots=True, eq=False)
class Pictured:
    """A candidate of an answer with its pictures.

    found: the frame that shows it, upright, at display size or smaller; None where none was
    asked for, or none can be obtained. strip: frames that the judge was shown, small,
    evenly chosen. notes: what is missing here, and why.
    """

    moment: Moment
    found: Frame | None = None
    outlines: tuple[Outline, ...] = ()
    strip: tuple[Frame, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class HashedFile:
    """An original that an answer rests on: SHA-256 over every byte, in hex digits.

    Where it cannot be read, `sha256` is empty; `problem` says why, or what else is wrong with
    it. copies: where the same video is as well, by its fingerprint; these were not read.
    """

    name: str
    path: Path
    size_bytes: int
    sha256: str
    problem: str = ""
    copies: tuple[Path, ...] = ()


@dataclass(frozen=True, slots=True)
class Sheet:
    """All that a printed answer says.

    shown, rejected: the candidates, best first. model: who would look at frames, "" for
    no one. failures: (file, why) of what could not be used; missing: files that are not
    where they were. sentences, looked_for, steps: of an answer to a question: what it says, how
    the question was read, and what was done for it, one by one; empty for a search.
    """

    result: SearchResult
    made_at: datetime
    version: str
    model: str
    shown: tuple[Pictured, ...]
    rejected: tuple[Pictured, ...]
    files: tuple[HashedFile, ...]
    failures: tuple[tuple[str, str], ...] = ()
    missing: tuple[str, ...] = ()
    sentences: tuple[str, ...] = ()
    looked_for: str = ""
    steps: tuple[str, ...] = ()
