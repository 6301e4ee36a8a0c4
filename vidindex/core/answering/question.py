"""Parse a question: its kind, the caption to search for, its place and time.

"Did anyone wearing a red shirt appear today in camera 3?" asks whether there is "a person
wearing a red shirt" in the recordings of today by the camera cam3. That is English; in other
languages with rules the kind and the relation are read, and the words are looked for as they are.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, tzinfo
from functools import partial

from vidindex.core.answering.camera_phrases import cameras_named, extract_cameras
from vidindex.core.answering.filter_words import as_options, where_and_when
from vidindex.core.answering.languages import ENGLISH, Kind, Language, language_of
from vidindex.core.answering.question_kind import kind_of, searches_of
from vidindex.core.answering.relation import PLAIN, Relation, kind_in, read_relation
from vidindex.core.answering.time_phrases import TimeFilter, extract_time
from vidindex.core.retrieval.query_rewrite import as_caption, clause_as_caption, one_of
from vidindex.core.timing.wall_clock import zone_named
from vidindex.core.timing.wall_window import wall_window
from vidindex.errors import InputError
from vidindex.types import Camera, Filters

EVERYWHERE = Filters()


@dataclass(frozen=True, slots=True)
class Asked:
    """A question, understood. looked_for: as a caption; files: as the question names them.

    guessed: the day that hours without a day were taken to be of. zones: of the cameras asked
    for, None for this machine's. where_and_when: `camera cam3, 2024-03-01 00:00 – 24:00+01:00`,
    to what the search was narrowed. language: its code, "" for one without rules. relation: in
    time; anchors: what it relates to, as questions. searches: all captions to look for, of which
    `looked_for` is the first; none where it asks what happens.
    """

    question: str
    kind: Kind
    looked_for: str
    filters: Filters
    files: tuple[str, ...] = ()
    guessed: date | None = None
    zones: tuple[str | None, ...] = (None,)
    where_and_when: str = ""
    language: str = "en"
    relation: Relation = PLAIN
    anchors: tuple["Asked", ...] = ()
    searches: tuple[str, ...] = ()

    @property
    def clocks(self) -> tuple[tzinfo | None, ...]:
        """`zones`, as zones."""
        return tuple(zone_named(name) if name else None for name in self.zones)

    def of_files(self, globs: tuple[str, ...]) -> "Asked":
        """The same question, and all that it relates to, of these files."""
        anchors = tuple(one.of_files(globs) for one in self.anchors)
        narrowed = self.narrowed_to(replace(self.filters, globs=globs))
        return replace(narrowed, anchors=anchors)

    def narrowed_to(self, filters: Filters) -> "Asked":
        """The same question, asked of what these filters allow."""
        words = where_and_when(filters, self.clocks, self.guessed)
        return replace(self, filters=filters, where_and_when=words)


def understand(
    question: str,
    cameras: Sequence[Camera],
    now: datetime,
    zone: str | None = None,
    given: Filters = EVERYWHERE,
    *,
    others: bool = True,
) -> Asked:
    """Read a question. now: aware; zone: of a camera without one (None: this machine's).

    given: what options say; the question narrows it further. others: there are videos of no
    camera, too. Raises InputError for a camera that is not there or may be several, for days
    that contradict each other, for a relation in time that no rule reads, and for a question
    that looks for nothing, or that is answered by what cannot be seen.
    """
    text, known = " ".join(question.split()), [camera.name for camera in cameras]
    given = replace(given, cameras=cameras_named(given.cameras, known))
    language = language_of(text)
    if language is None:
        kind: Kind = "whether" if text.endswith(_ASKS) else "what"
        asked = Asked(question, kind, text, given, language="")
        _refuse_nothing(text, given)
        return _with_hours(asked, cameras, zone, others)
    asks = text.endswith(_ASKS)
    for form, english in language.translated:
        text = form.sub(english, text)
    text, files = _take_files(text)
    here = language.elsewhere.sub(" ", text)
    bare, named = extract_cameras(here, known)
    filters = replace(given, cameras=_both(given.cameras, named, "cameras"))
    asked = _with_hours(
        Asked(question, "whether", text, filters, files, language=language.code),
        cameras, zone, others,
    )  # fmt: skip
    read_time = _time_reader(asked, now, zone, given)
    bare, when = read_time(bare)
    asked = replace(asked, filters=_narrowed(asked.filters, when), guessed=when.guessed)
    relation = read_relation(_tidy(bare), language, elsewhere=here != text)
    several = len(named) > 1 and bool(relation.anchors)
    if several:
        relation = read_relation(_tidy(read_time(here)[0]), language)
    wide = replace(asked.filters, cameras=given.cameras)
    subject = _Clauses(asked, language, known, wide if several else None, asks)
    return subject.whole(relation)


def _time_reader(
    asked: Asked, now: datetime, zone: str | None, given: Filters
) -> Callable[[str], tuple[str, TimeFilter]]:
    """Extracts times from a text, by the clocks of the cameras that are asked about."""
    clocks = asked.clocks
    at = clocks[0] if len(clocks) == 1 else zone_named(zone) if zone else None
    return partial(extract_time, now=now, zone=at, days=given.days, by_each_clock=len(clocks) > 1)


@dataclass(frozen=True, slots=True)
class _Clauses:
    """Makes questions of the parts of one. wide: filters without the cameras that it names,
    where each part names its own; None where all that is named holds for every part.
    """

    asked: Asked
    language: Language
    known: Sequence[str]
    wide: Filters | None
    asks: bool

    def whole(self, relation: Relation) -> Asked:
        """The question with its relation, and what it relates to as questions of their own."""
        anchors = tuple(self._one(text, self._as_anchor) for text in relation.anchors)
        if relation.elsewhere:
            everywhere = replace(self.asked, filters=replace(self.asked.filters, cameras=()))
            subject = self._subject(relation, everywhere)
        else:
            subject = self._subject(relation, self.asked)
        kind = "when" if relation.wants in ("how long", "gap") else subject.kind
        found = replace(subject, kind=kind, relation=relation, anchors=anchors)
        return found.narrowed_to(subject.filters)

    def _subject(self, relation: Relation, asked: Asked) -> Asked:
        if relation.whole:
            return replace(asked, kind="open", looked_for="", searches=())
        if relation.wants == "events" or (relation.wants == "gap" and not relation.subject):
            return replace(asked, kind="what", looked_for="", searches=())
        counts = relation.wants == "how many different"
        read = self._as_counted if counts else self._as_subject
        return self._one(relation.subject, read, asked)

    def _one(
        self,
        text: str,
        read: "Callable[[str], tuple[Kind, tuple[str, ...]]]",
        asked: Asked | None = None,
    ) -> Asked:
        """One part as a question; raises InputError where it names nothing."""
        text, named = extract_cameras(text, self.known)
        asked = asked or self.asked
        if self.wide is not None:
            cameras = _both(self.wide.cameras, named, "cameras")
            asked = replace(asked, filters=replace(self.wide, cameras=cameras))
        kind, searches = read(_tidy(text))
        for caption in searches:
            _refuse_nothing(caption, asked.filters)
        part = replace(asked, kind=kind, looked_for=searches[0], searches=searches)
        return part.narrowed_to(asked.filters)

    def _as_counted(self, text: str) -> tuple[Kind, tuple[str, ...]]:
        """Of "how many different red cars": a red car, as captions say it."""
        if self.language is not ENGLISH:
            return "how many", (text.rstrip(" ?？。"),)
        _, rest = kind_of(f"how many {text}")
        return "how many", (one_of(rest),)

    def _as_anchor(self, text: str) -> tuple[Kind, tuple[str, ...]]:
        english = self.language is ENGLISH
        return "what", (clause_as_caption(text) if english else text,)

    def _as_subject(self, text: str) -> tuple[Kind, tuple[str, ...]]:
        bare = text.rstrip(" ?？。")
        if self.language is not ENGLISH:
            kind, rest = kind_in(bare, self.language, asks=self.asks)
            return kind, (rest,)
        text = f"{bare}?" if self.asks else bare
        kind, rest = kind_of(text)
        if kind in ("what", "whether") and any(form.match(bare) for _, form in self.language.kinds):
            return "open", tuple(_LOOSE_VERB.sub("", one) for one in searches_of(bare))
        return kind, (_LOOSE_VERB.sub("", as_caption(rest)),)


_ASKS = ("?", "？", "؟", "吗")


def _with_hours(asked: Asked, cameras: Sequence[Camera], zone: str | None, others: bool) -> Asked:
    """With the zones of the cameras that it is about, and the hours of its options by them."""
    about = [camera for camera in cameras if camera.name in asked.filters.cameras]
    zones = [camera.zone or zone for camera in about or cameras]
    if not about and (others or not cameras):
        zones.append(zone)
    found = replace(asked, zones=tuple(dict.fromkeys(zones)))
    since, until = wall_window(asked.filters.since, asked.filters.until, found.clocks)
    return found.narrowed_to(replace(asked.filters, since=since, until=until))


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


def _narrowed(filters: Filters, when: TimeFilter) -> Filters:
    if filters.days and when.days:
        given, named = ([day.isoformat() for day in days] for days in (filters.days, when.days))
        both = _both(tuple(given), tuple(named), "the days")
        filters = replace(filters, days=tuple(map(date.fromisoformat, both)))
    bounds = (filters.since, when.since, filters.until, when.until)
    if len({at.tzinfo is None for at in bounds if at}) > 1:
        raise InputError(
            "the options and the question both say hours, and the cameras have several zones",
            "say the hours once, or name cameras of one zone",
        )
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


_LOOSE_VERB = re.compile(r"(?<=\w)\s+(?:is|are|was|were)$", re.IGNORECASE)
"""Of "who was at the gate", once the place is taken out."""


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


def _refuse_nothing(caption: str, filters: Filters) -> None:
    """Raises InputError for a caption that names nothing that one could look for."""
    words = re.findall(r"[\w']+", caption.casefold())
    if all(word in _NOTHING for word in words):
        raise InputError(
            "the question names nothing to look for",
            f"for all that happened there: vidindex summarize {as_options(filters)}".rstrip(),
        )
