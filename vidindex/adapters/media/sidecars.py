"""Find subtitle files beside videos and read their lines, in any format and encoding.

Timing lines that pysubs2 does not take (negative hours, no or six digits of a second) are
rewritten for it first, inline word times of WebVTT and drawings of ASS are removed, and text
that is not Unicode is decoded by what chardet makes of it.
"""

import codecs
import html
import math
import os
import re
import stat
import time
import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import BinaryIO

import chardet
import pysubs2

from vidindex.adapters.media.verified_open import open_at
from vidindex.errors import MediaError

SIDECAR_SUFFIXES = (".srt", ".vtt", ".ass", ".ssa", ".sub")
ROLLS_WITHIN_S = 0.05
"""How soon after a cue the next one begins where captions roll up."""

MAX_BYTES = 32 << 20
"""A larger file holds no subtitles: a line every second for a day is 5 MB."""

Line = tuple[float, float, str]
"""start_s, end_s, text."""

_SETTLED_NS = 2_000_000_000  # as coarse as file times get
_UTF16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_MPEG_PACK = b"\x00\x00\x01\xba"  # how a VobSub file begins (ISO 13818-1, pack header)
_INLINE_TIME = re.compile(r"<(?:\d+:)?\d+:\d+[.,]\d+>")
_TAGS = re.compile(r"(\{[^}]*\})")
_DRAWING_SCALE = re.compile(r"\\p(\d+)")
_CLOCK = r"(-?)(?:(\d+):)?(\d+):(\d+)(?:[.,](\d+))?"
_TIMING_LINE = re.compile(
    rf"^[^\S\n]*{_CLOCK}[^\S\n]*-->[^\S\n]*{_CLOCK}(?=[^\S\n]|$)", re.MULTILINE
)


class PictureSubtitles(Exception):
    """The file holds subtitles as pictures (VobSub): nothing to read, and nothing wrong."""


def find_sidecars(path: Path) -> list[Path]:
    """Subtitle files beside `path` that carry its stem: film.srt, film.en.srt, film.mp4.vtt.

    film.part2.srt belongs to film.part2.mp4 where that is beside them, not to film.mp4. Names
    are compared in NFC, since some file systems and archives store NFD.
    """
    try:
        changed_ns = path.parent.stat().st_mtime_ns
        # What changed just now may change again at what the file system calls the same time.
        settled = time.time_ns() - changed_ns > _SETTLED_NS
        sidecars, stems = (_beside if settled else _beside.__wrapped__)(path.parent, changed_ns)
    except OSError:
        return []
    stem = _composed(path.stem)
    return [
        path.parent / name
        for name in sidecars.get(stem, ())
        if not any(len(other) > len(stem) and other in stems for other in _prefixes(name))
    ]


@lru_cache(maxsize=8)
def _beside(folder: Path, _changed_ns: int) -> tuple[dict[str, list[str]], set[str]]:
    """Names of subtitle files by each beginning they have, and the stems of all other files.

    A folder is listed once, not once for each of its files.
    """
    sidecars: dict[str, list[str]] = {}
    stems = set()
    for file in sorted(folder.iterdir()):
        if file.suffix.lower() in SIDECAR_SUFFIXES:
            for prefix in _prefixes(file.name):
                sidecars.setdefault(prefix, []).append(file.name)
        else:
            stems.add(_composed(file.stem))
    return sidecars, stems


def _prefixes(name: str) -> list[str]:
    """What comes before each dot of a name, in NFC."""
    composed = _composed(name)
    return [composed[:i] for i, character in enumerate(composed) if character == "."]


def _composed(name: str) -> str:
    return unicodedata.normalize("NFC", name)


def leads_out(path: Path) -> bool:
    """Whether it is a link, and not one to a file in its own folder or below."""
    return path.is_symlink() and not path.resolve().is_relative_to(path.parent.resolve())


def sidecar_lines(
    path: Path, average_fps: float, *, follow_links: bool = False
) -> tuple[list[Line], str]:
    """The lines of a file in order, and the encoding where it was guessed, else "".

    average_fps: of the video, for formats that count frames. Raises PictureSubtitles for
    VobSub, MediaError where the file cannot be read or has no line.
    """
    content = _read_regular(path, follow_links)
    if path.suffix.lower() == ".sub" and content.startswith(_MPEG_PACK):
        raise PictureSubtitles
    try:
        text, guessed = _decoded(content)
        # Formats that count frames (MicroDVD) may not say how many there are in a second.
        subtitles = pysubs2.SSAFile.from_string(_normalised(text), fps=average_fps or None)
    except (ValueError, pysubs2.exceptions.Pysubs2Error) as error:
        hint = "check that it holds subtitles as text, in UTF-8"
        raise MediaError(f"it cannot be read ({error})", hint) from error
    spoken = [line for line in subtitles if not line.is_comment]
    lines = on_one_line(
        (line.start / 1000, line.end / 1000, plain_text(line.text)) for line in spoken
    )
    if not lines:
        raise MediaError("it has no line of text", "delete it, or save it again as .srt")
    return lines, guessed


def _read_regular(path: Path, follow_links: bool) -> bytes:
    """The bytes of a regular file of bounded size. Raises MediaError for anything else."""
    folder = path.parent.resolve()
    try:
        descriptor = open_at(folder, path.resolve(), linked=follow_links)
    except OSError as error:
        reason = error.strerror or str(error)
        raise MediaError(f"it cannot be read ({reason})", "check its permissions") from error
    with os.fdopen(descriptor, "rb") as file:
        return _bounded_bytes(file)


def _bounded_bytes(file: BinaryIO) -> bytes:
    try:
        found = os.fstat(file.fileno())
        if not stat.S_ISREG(found.st_mode):
            raise MediaError("it is not a regular file", "replace it by one, or delete it")
        if found.st_size > MAX_BYTES:
            size = f"{found.st_size:,} bytes"
            raise MediaError(f"its {size} are too many for subtitles", "check what it is")
        return file.read(MAX_BYTES)
    except OSError as error:
        reason = error.strerror or str(error)
        raise MediaError(f"it cannot be read ({reason})", "check its permissions") from error


def _decoded(content: bytes) -> tuple[str, str]:
    """The text, and the encoding where it had to be guessed, else "".

    UTF-8 and UTF-16 (by its mark) are certain. Raises ValueError for what is not text.
    """
    if content.startswith(_UTF16_MARKS):
        return _without_nulls(content.decode("utf-16")), ""
    try:
        return _without_nulls(content.decode("utf-8-sig")), ""
    except UnicodeDecodeError:
        encoding = _guessed_encoding(content)
        return _without_nulls(content.decode(encoding)), encoding


def _guessed_encoding(content: bytes) -> str:
    """What chardet takes the words for; numbers and timing lines would only dilute them."""
    words = b"\n".join(line for line in content.splitlines() if any(byte > 127 for byte in line))
    guess = chardet.detect(words)["encoding"]
    return str(guess) if guess else "cp1252"


def _without_nulls(text: str) -> str:
    if "\0" in text:
        raise ValueError("it is not text in UTF-8, UTF-16 or an older encoding")
    return text


def _normalised(text: str) -> str:
    """The text with timing lines as pysubs2 takes them and without inline word times.

    With two inline times, pysubs2 takes a line of words for a timing line.
    """
    return _TIMING_LINE.sub(_timing_line, _INLINE_TIME.sub("", text))


def _timing_line(match: re.Match[str]) -> str:
    start, end = (_clock(*match.groups()[i : i + 5]) for i in (0, 5))
    return f"{start} --> {end}"


def _clock(sign: str, hours: str | None, minutes: str, seconds: str, fraction: str | None) -> str:
    """`00:00:01.000`; a time before the beginning of the video is its beginning."""
    if sign:
        return "00:00:00.000"
    thousandths = f"{fraction or '0':0<3}"[:3]
    return f"{int(hours or 0):02d}:{minutes:0>2}:{seconds:0>2}.{thousandths}"


def plain_text(text: str) -> str:
    """The words of an ASS, SubRip or WebVTT cue, row by row: no tags, no HTML, no drawings."""
    words = pysubs2.SSAEvent(text=_without_drawings(_INLINE_TIME.sub("", text))).plaintext
    rows = html.unescape(words).replace("\u200b", "").split("\n")
    return "\n".join(row for words in rows if (row := " ".join(words.split())))


def on_one_line(cues: Iterable[Line]) -> list[Line]:
    """The cues with text, in order, their rows joined; a row that only stays on is not repeated.

    Captions that roll up show a row again under the next one, and for a moment in a cue of its
    own: it is counted once, until the cue ends that adds nothing to it.
    """
    lines: list[Line] = []
    shown: list[str] = []
    shown_until_s = -math.inf
    for start_s, end_s, text in cues:
        rows = text.split("\n") if text else []
        stayed = shown if 0 <= start_s - shown_until_s <= ROLLS_WITHIN_S else []
        new = [row for row in rows if row not in stayed]
        if new:
            lines.append((start_s, end_s, " ".join(new)))
        elif rows and lines:
            lines[-1] = (lines[-1][0], end_s, lines[-1][2])
        shown, shown_until_s = rows, end_s
    return lines


def _without_drawings(text: str) -> str:
    r"""The text without what follows `{\p1}`, up to `{\p0}` (ASS drawing commands)."""
    kept, drawing = [], False
    for part in _TAGS.split(text):
        if part.startswith("{") and part.endswith("}"):
            for scale in _DRAWING_SCALE.findall(part):
                drawing = int(scale) > 0
            kept.append(part)
        elif not drawing:
            kept.append(part)
    return "".join(kept)
