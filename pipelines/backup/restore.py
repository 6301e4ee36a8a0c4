"""Restore a library from its dump: all of it, or nothing where the dump is doubtful.

A video that the library knows already stays as it is. Trusts nothing in the file: every record
is checked against its type, and a file on disk counts as a video only by its content.
"""

import json
import re
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, NoReturn

from pydantic import TypeAdapter, ValidationError

from pipelines.backup.checks import MAX_VIDEO_S, check_values
from pipelines.backup.dump import KEPT, SCHEMA, Record
from pipelines.backup.frames import put_frames
from pipelines.backup.record_types import (
    ClockRecord,
    ErasedRecord,
    EventRecord,
    FramesRecord,
    PlaceRecord,
    WordsRecord,
)
from pipelines.progress import Progress
from pipelines.recordings import link_events, update_recordings
from store.coverage import FRAMES
from store.library import Library
from store.sqlite.encoding import to_path
from store.tables.holds import Hold
from vidindex.core.retrieval.calibration import Calibration
from vidindex.errors import InputError, MediaError
from vidindex.types import Camera, ClockTrack, Event, Location, Mark, Span, VideoInfo
from vidindex.types.speech import Word

_VIDEO_ID = re.compile(r"(full-)?[0-9a-f]{8,64}")
_MAX_EVENT_ID = 2**48
_HINT = "export it again: vidindex export --format jsonl -o library.jsonl, without VIDEOS"
_BATCH = 1000


@dataclass(slots=True)
class Restored:
    """What came of a restoration. known: videos that were here already, and stayed as they are.

    missing: places where the video is not now. taken: places that another video holds. erased:
    videos that are left out, since they were erased from this library. without_frames: videos
    whose frames were embedded by another model than this library's; an ingest does it again.
    """

    videos: int = 0
    known: int = 0
    erased: int = 0
    places: int = 0
    missing: int = 0
    taken: int = 0
    events: int = 0
    replies: int = 0
    marks: int = 0
    without_frames: int = 0


_TYPES: dict[str, TypeAdapter[Any]] = {
    "camera": TypeAdapter(Camera),
    "calibration": TypeAdapter(Calibration),
    "info": TypeAdapter(VideoInfo),
    "place": TypeAdapter(PlaceRecord),
    "failure": TypeAdapter(PlaceRecord),
    "erased": TypeAdapter(ErasedRecord),
    "event": TypeAdapter(EventRecord),
    "clock": TypeAdapter(ClockRecord),
    "words": TypeAdapter(WordsRecord),
    "frames": TypeAdapter(FramesRecord),
    "mark": TypeAdapter(Mark),
    "hold": TypeAdapter(Hold),
    **{kind: TypeAdapter(kept) for kind, kept in KEPT.items()},
}


def restore(
    library: Library, path: Path, is_video: Callable[[Path, str], bool], progress: Progress
) -> Restored:
    """Bring the videos of an archive, with all that was kept of them, into this library.

    is_video: whether a file is, by its content, the video of this id. Raises InputError, which
    names the line, where the file is no whole archive; then nothing was changed.
    """
    library.require_exclusive()
    run = _Restoration(library, is_video)
    progress.start("import", path.stat().st_size, "B")
    try:
        with library.transaction():
            for line in _lines(path):
                run.line += 1
                run.take(_record(line))
                progress.advance(len(line), path.name)
            run.finish()
    except InputError as error:
        raise InputError(f"{path}:{run.line}: {error.message}", error.hint) from error
    finally:
        progress.finish()
    return run.done


@dataclass(slots=True)
class _Restoration:
    """One archive on its way in; line: the one that is read."""

    library: Library
    is_video: Callable[[Path, str], bool]
    done: Restored = field(default_factory=Restored)
    line: int = 0
    _is_archive: bool = False
    _is_whole: bool = False
    _known: set[str] = field(default_factory=set)
    _new: set[str] = field(default_factory=set)
    _shift: int = 0
    _events: list[Event] = field(default_factory=list)
    _clocks: dict[str, list[ClockTrack]] = field(default_factory=dict)
    _links: list[tuple[int, int]] = field(default_factory=list)
    _without_frames: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._shift = self.library.records.last_event_id()

    def take(self, record: Record) -> None:
        """Put one record where it belongs."""
        kind = record.pop("kind", None)
        if self._is_whole:
            _refuse("there is more behind the end")
        if kind == "library":
            self._begin(record)
        elif kind == "end":
            self._end(record)
        elif kind not in ("timeline", "video"):
            self._put(kind, record)

    def finish(self) -> None:
        """Link events that continue in the next file, and regroup the files into recordings."""
        if not self._is_whole:
            _refuse("the file is not a library, or cut off: its end is missing")
        self._flush()
        ids = {event_id for link in self._links for event_id in link}
        there = {event.event_id for event in self.library.events.by_ids(sorted(ids))}
        for event_id, next_id in self._links:
            if next_id in there:
                self.library.events.link(event_id, next_id)
        for video_id, tracks in self._clocks.items():
            self.library.screen_clocks.replace(video_id, tracks)
        update_recordings(self.library)
        if self._known:
            link_events(self.library)  # to and from those that were here

    def _begin(self, record: Record) -> None:
        if record.get("schema") != SCHEMA:
            made_by = f"vidindex {record.get('version', 'of another kind')}"
            _refuse(f"this is {record.get('schema')!r} of {made_by}", "update vidindex")
        self._is_archive = True

    def _end(self, record: Record) -> None:
        if record.get("records") != self.line - 1:
            _refuse(f"{record.get('records')} records were written, {self.line - 1} are here")
        self._is_whole = True

    def _put(self, kind: object, record: Record) -> None:
        if not self._is_archive:
            _refuse("this is a timeline, or no export at all: it does not hold a whole library")
        if kind not in _TYPES:
            _refuse(f"unknown kind of record {kind!r}", "update vidindex")
        if kind == "reply":
            record["kind"] = record.pop("asked_for", None)
        value = _checked(str(kind), record)
        if kind == "info":
            self._video(value)
        elif kind in ("camera", "calibration", "failure"):
            getattr(self, f"_{kind}")(value)
        elif kind == "erased":
            self._erased(value.video_id)
        elif self._is_new(value.video_id):
            self._of_video(str(kind), value)

    def _is_new(self, video_id: str) -> bool:
        if video_id not in self._new and video_id not in self._known:
            _refuse(f"the video {video_id!r} has not come yet")
        return video_id in self._new

    def _of_video(self, kind: str, value: Any) -> None:
        if value.video_id in self._without_frames and getattr(value, "stage", "") == FRAMES:
            return  # so that the next ingest embeds them
        if kind in KEPT:
            self.done.replies += kind == "reply"
            try:
                self.library.records.put(value)
            except sqlite3.IntegrityError as error:
                raise InputError(f"this {kind} is here already", _HINT) from error
        else:
            getattr(self, f"_{kind}")(value)

    def _video(self, info: VideoInfo) -> None:
        if not _VIDEO_ID.fullmatch(info.video_id):
            _refuse(f"{info.video_id!r} is not a video id")
        if self.library.videos.get(info.video_id):
            self._known.add(info.video_id)
            self.done.known += 1
            return
        if self.library.tombstones.has(info.video_id):
            self._known.add(info.video_id)
            self.done.erased += 1
            return
        self.library.videos.put(info)
        self._new.add(info.video_id)
        self.done.videos += 1

    def _erased(self, video_id: str) -> None:
        if self.library.videos.get(video_id) is None:
            self.library.tombstones.put([video_id])

    def _place(self, record: PlaceRecord) -> None:
        """Store a location; a path that holds another video by now stays with that one."""
        path = to_path(record.path)
        held = self.library.videos.location_at(path)
        if held and held[0] != record.video_id:
            self.done.taken += 1
            return
        location = _location(record)
        try:
            stat = path.stat()
            there = self.is_video(path, record.video_id)
            location = replace(location, mtime_ns=stat.st_mtime_ns, size_bytes=stat.st_size)
        except (MediaError, OSError, ValueError):
            there = False
        location = replace(location, status="present" if there else "missing")
        self.library.videos.put_location(record.video_id, location)
        self.done.places += 1
        self.done.missing += not there

    def _event(self, event: EventRecord) -> None:
        """Ids move behind all that were ever given here, and keep their order."""
        event_id = _event_id(event.event_id) + self._shift
        span = _span(event.start_s, event.end_s)
        text, source = event.text, event.source
        self._events.append(Event(event.video_id, span, text, event.channel, source, event_id))
        if event.continued_by is not None:
            self._links.append((event_id, event.continued_by + self._shift))
        if len(self._events) >= _BATCH:
            self._flush()

    def _flush(self) -> None:
        try:
            self.library.records.put_events(self._events)
        except sqlite3.IntegrityError as error:
            raise InputError("an event is here twice", _HINT) from error
        self.done.events += len(self._events)
        self._events.clear()

    def _words(self, record: WordsRecord) -> None:
        """The words of an event that came before."""
        self._flush()
        try:
            words = [Word(*word) for word in record.words]
            self.library.transcripts.put_words(_event_id(record.event_id) + self._shift, words)
        except sqlite3.IntegrityError as error:
            raise InputError(f"event {record.event_id} is not here, or twice", _HINT) from error

    def _clock(self, clock: ClockRecord) -> None:
        span = _span(clock.start_s, clock.end_s)
        track = ClockTrack(
            clock.video_id, span, clock.value_at_start_s, clock.rate, clock.style,
            clock.template, clock.resolution_s, clock.source,
        )  # fmt: skip
        check_values("clock", track)
        self._clocks.setdefault(clock.video_id, []).append(track)

    def _frames(self, record: FramesRecord) -> None:
        if not put_frames(self.library, record):
            self._without_frames.add(record.video_id)
            self.done.without_frames = len(self._without_frames)

    def _mark(self, mark: Mark) -> None:
        self.library.marks.add(mark)
        self.done.marks += 1

    def _hold(self, hold: Hold) -> None:
        self.library.records.put_hold(hold)

    def _camera(self, camera: Camera) -> None:
        if self.library.cameras.get(camera.name) is None:
            self.library.cameras.put(camera)

    def _calibration(self, calibration: Calibration) -> None:
        if self.library.calibrations.get(calibration.judge) is None:
            self.library.calibrations.put(calibration)

    def _failure(self, record: PlaceRecord) -> None:
        self.library.failures.put(_location(record), record.stage, record.message)


def _lines(path: Path) -> Iterator[str]:
    try:
        with path.open(encoding="utf-8", newline="\n") as stream:
            yield from stream
    except UnicodeDecodeError as error:
        raise InputError("not UTF-8 text", _HINT) from error


def _record(line: str) -> Record:
    try:
        record = json.loads(line, parse_constant=_not_finite, parse_float=_finite)
    except (ValueError, RecursionError) as error:
        raise InputError(f"not JSON: {error}", _HINT) from error
    if not isinstance(record, dict):
        _refuse("not a record")
    return record


def _finite(text: str) -> float:
    number = float(text)
    if number in (float("inf"), float("-inf")):
        _not_finite(text)
    return number


def _not_finite(text: str) -> NoReturn:
    raise ValueError(f"{text} is not a finite number")


def _checked(kind: str, record: Record) -> Any:
    try:
        value = _TYPES[kind].validate_python(record)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(map(str, first["loc"]))
        raise InputError(f"{kind}: {where}: {first['msg']}", _HINT) from error
    check_values(kind, value)
    return value


def _event_id(value: int) -> int:
    if not 0 < value <= _MAX_EVENT_ID:
        _refuse(f"{value} is not an event id")
    return value


def _span(start_s: float, end_s: float) -> Span:
    if not 0 <= start_s < end_s <= MAX_VIDEO_S:
        _refuse(f"{start_s} to {end_s} is not a time span")
    return Span(start_s, end_s)


def _location(record: PlaceRecord) -> Location:
    root, path = to_path(record.root), to_path(record.path)
    if not path.is_absolute():
        _refuse(f"{record.path!r} is not an absolute path")
    found = record.mtime_ns, record.size_bytes, record.status
    return Location(root, path, *found, linked=record.linked)


def _refuse(what: str, hint: str = _HINT) -> NoReturn:
    raise InputError(what, hint)
