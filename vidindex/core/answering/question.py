"""Parse a question: its kind, the caption to search for, its place and time.

"Did anyone wearing a red shirt appear today in camera 3?" asks whether there is "a person
wearing a red shirt" in the recordings of today by the camera cam3. That is English; in
another language the words are looked for as they are, and options say where and when.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, tzinfo

from vidindex.core.answering.camera_phrases import camera_named, extract_cameras
from vidindex.core.answering.filter_words import as_options, where_and_when
from vidindex.core.answering.question_kind import Kind, kind_of
from vidindex.core.answering.time_phrases import TimeFilter, extract_time
from vidindex.core.retrieval.query_rewrite import as_caption, is_english
from vidindex.core.timing.wall_clock import zone_of
from vidindex.errors import InputError
from vidindex.types import Camera, Filters

EVERYWHERE = Filters()


@dataclass(frozen=True, slots=True)
class Asked:
    """A question, understood. looked_for: as a caption; files: as the question names them.

    guessed: the day that hours without a day were taken to be of.
    """

    question: str
    kind: Kind
    looked_for: str
    filters: Filters
    files: tuple[str, ...] = ()
    guessed: date | None = None

    @property
    def where_and_when(self) -> str:
        """`camera cam3, 2024-03-01 00:00 – 24:00`: to what the search was narrowed."""
        return where_and_when(self.filters, self.guessed)


def understand(
    question: str,
    cameras: Sequence[Camera],
    now: datetime,
    zone: tzinfo | None = None,
    given: Filters = EVERYWHERE,
) -> Asked:
    """Read a question. now: aware; zone: of hours, unless the cameras asked for share another.

    given: what options say; the question narrows it further. Raises InputError for a camera
    that is not there or may be several, for days that contradict each other, and for a
    question that looks for nothing, or that is answered by what cannot be seen.
    """
    text = " ".join(question.split())
    known = [camera.name for camera in cameras]
    given = replace(given, cameras=tuple(camera_named(name, known) for name in given.cameras))
    if not is_english(text):
        kind, _ = kind_of(text)
        return Asked(question, kind, _something(text, given), given)
    text, files = _take_files(text)
    text, named = extract_cameras(text, known)
    filters = replace(given, cameras=_both(given.cameras, named, "cameras"))
    asked_of = [camera for camera in cameras if camera.name in filters.cameras]
    text, when = extract_time(text, now, _shared_zone(asked_of, zone), given.days)
    filters = _narrowed(filters, when)
    kind, rest = kind_of(_tidy(text))
    caption = as_caption(rest)
    return Asked(question, kind, _something(caption, filters), filters, files, when.guessed)


_SUFFIX = r"\.(?:mp4|mkv|mov|avi|webm|m4v|mts|m2ts|ts|mpe?g|wmv|flv|3gp|dav|mxf|ogv)"
_FILE = re.compile(
    r"\b(?:in|from|of|on)\s+(?:the\s+)?(?:(?:file|video|clip|recording|film)\s+)?"
    rf'(?:"(?P<quoted>[^"]+{_SUFFIX})"|(?P<bare>[^\s"]+{_SUFFIX}))(?![\w])',
    re.IGNORECASE,
)


def _take_files(text: str) -> tuple[str, tuple[str, ...]]:
    files = tuple(match["quoted"] or match["bare"] for match in _FILE.finditer(text))
    return _FILE.sub(" ", text), files


def _both(given: tuple[str, ...], named: tuple[str, ...], what: str) -> tuple[str, ...]:
    """What both options and question allow; where only one of them sets a limit, that."""
    both = tuple(one for one in named if one in given)
    if given and named and not both:
        raise InputError(
            f"the question is about {what} {', '.join(named)}, the options are about "
            f"{', '.join(given)}",
            "say it once",
        )
    return both or given or named


def _shared_zone(cameras: Sequence[Camera], zone: tzinfo | None) -> tzinfo | None:
    names = {camera.zone for camera in cameras}
    return zone_of(cameras[0]) or zone if len(names) == 1 else zone


def _narrowed(filters: Filters, when: TimeFilter) -> Filters:
    if filters.days and when.days:
        given, said = ([day.isoformat() for day in days] for days in (filters.days, when.days))
        both = _both(tuple(given), tuple(said), "the days")
        filters = replace(filters, days=tuple(map(date.fromisoformat, both)))
    since = max((at for at in (filters.since, when.since) if at), default=None)
    until = min((at for at in (filters.until, when.until) if at), default=None)
    if since and until and since >= until:
        raise InputError(
            f"there is nothing between {since} and {until}",
            "the options and the question contradict",
        )
    return replace(filters, days=filters.days or when.days, since=since, until=until)


_EDGE_WORDS = re.compile(
    r"^(?:[\s,.:;!-]+|(?:and|or|so)\b)+|(?:[\s,.:;!?-]+|\b(?:and|or)(?=[\s,.?!]*$))+$",
    re.IGNORECASE,
)


def _tidy(text: str) -> str:
    """Without the blanks and loose ends that stay where something was taken out."""
    bare = _EDGE_WORDS.sub("", re.sub(r"\s+([,?.!])", r"\1", " ".join(text.split())))
    return f"{bare}?" if text.rstrip().endswith("?") and bare else bare


_NOTHING_WORDS = (
    "a all and any anything did do does everything footage going happen happened happens has "
    "have in interesting is it of on person record recorded see seen show shown something "
    "summarise summarize the there unusual up was were what"
)
_NOTHING = frozenset(_NOTHING_WORDS.split()) - {"a", "person"}


def _something(caption: str, filters: Filters) -> str:
    """The caption. Raises InputError where it names nothing that one could look for."""
    words = re.findall(r"[\w']+", caption.casefold())
    if all(word in _NOTHING for word in words):
        raise InputError(
            "the question names nothing to look for",
            f"for all that happened there: vidindex summarize {as_options(filters)}".rstrip(),
        )
    return caption
