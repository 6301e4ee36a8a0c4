"""Dump a whole library as JSON Lines, from which `backup.restore` rebuilds it.

Schema `vidindex.library/1`: a timeline of all videos (`vidindex.adapters.exporters.record`)
with more kinds of records, which readers of timelines leave out. Every video represents
itself, a proxy too. The records of a video follow its own:

library      schema, version (of vidindex); the second line
camera       what the user entered        calibration  what a model's scores are worth
video, event, clock                       as in every timeline
info         the video with every field of `VideoInfo`
place        root, path, mtime_ns, size_bytes, status, linked (bytes that are no text as U+F780 on)
plan         the frame plan
work, piece  stages that are finished for the video with their keys, and pieces of others
frames       vectors of frames with their spans, and the model's space: see `backup.frames`
reading      what was read in a segment of a video whose reading is not finished
transcript   what was heard in a piece of a video that is not transcribed to its end
words        the words of an event with their times: event_id, words
reply        a model's reply: key, asked_for, prompt, model, frame_times_s, reply
verdict      a candidate's check on fresh frames: key, query, verdict
mark, hold   people's marks on hits, and what must not be erased
failure      what could not be used, and why
end          records: how many lines come before it; a file without it is cut off

Left out: what is derived (words, vectors of texts, recordings, pictures), the log of runs, the
latest answers, and which hits standing searches have notified about.
"""

from collections.abc import Callable, Iterator
from dataclasses import asdict, astuple, dataclass
from typing import Any, TextIO

from pipelines.backup.frames import frame_records
from pipelines.export.timelines import Timelines
from store.library import Library
from store.sqlite.encoding import from_path
from store.tables.records import (
    Kept,
    KeptPiece,
    KeptPlan,
    KeptReading,
    KeptReply,
    KeptTranscript,
    KeptVerdict,
    KeptWork,
)
from vidindex.core.formatting.counts import counted
from vidindex.core.formatting.to_json import json_text
from vidindex.types import Location, Timeline, VideoTimeline

SCHEMA = "vidindex.library/1"

KEPT: dict[str, type[Kept]] = {
    "plan": KeptPlan,
    "work": KeptWork,
    "piece": KeptPiece,
    "reading": KeptReading,
    "transcript": KeptTranscript,
    "reply": KeptReply,
    "verdict": KeptVerdict,
}
"""The kinds of records that represent rows of the store."""

Record = dict[str, Any]


@dataclass(frozen=True, slots=True)
class ArchiveWriter:
    """Writes a library. head, body: the records of a timeline and of one of its videos."""

    library: Library
    head: Callable[[Timeline], Record]
    body: Callable[[VideoTimeline], Iterator[Record]]
    version: str

    def write(self, stream: TextIO) -> None:
        """Write one state of the library, whatever is written to it meanwhile."""
        count = 0
        with self.library.transaction():
            for record in self._records():
                stream.write(_line(record))
                count += 1
        stream.write(_line({"kind": "end", "records": count}))

    def _records(self) -> Iterator[Record]:
        library, videos = self.library, self.library.videos.all()
        yield self.head(Timeline(counted(len(videos), "video"), ()))
        yield {"kind": "library", "schema": SCHEMA, "version": self.version}
        for camera in library.cameras.all():
            yield {"kind": "camera", **asdict(camera)}
        for calibration in library.calibrations.all():
            yield {"kind": "calibration", **asdict(calibration)}
        for video in videos:
            yield from self._of_video(video.video_id)
        for mark in library.marks.all():
            yield {"kind": "mark", **asdict(mark), "mark_id": None}
        for hold in library.holds.all():
            yield {"kind": "hold", **asdict(hold)}
        for video_id in library.tombstones.all():
            yield {"kind": "erased", "video_id": video_id}
        for failure in library.failures.all():
            facts = {"stage": failure.stage, "message": failure.message}
            yield {"kind": "failure", **_place(failure.location), **facts}

    def _of_video(self, video_id: str) -> Iterator[Record]:
        alone = Timelines(self.library).alone(video_id)
        video, *rest = self.body(alone)
        yield video
        yield {"kind": "info", **asdict(alone.video)}
        for location in self.library.videos.locations(video_id):
            yield {"kind": "place", "video_id": video_id, **_place(location)}
        yield from rest
        for fields in frame_records(self.library, video_id):
            yield {"kind": "frames", **fields}
        names = {kept: kind for kind, kept in KEPT.items()}
        for kept, fields in self.library.records.of_video(video_id):
            if kept is KeptReply:
                fields["asked_for"] = fields.pop("kind")
            yield {"kind": names[kept], **fields}
        for event_id, words in self.library.transcripts.of_events(video_id):
            record = {"event_id": event_id, "words": [astuple(word) for word in words]}
            yield {"kind": "words", "video_id": video_id, **record}


def _place(location: Location) -> Record:
    """The identity on this disk means nothing elsewhere."""
    record = {
        "root": from_path(location.root),
        "path": from_path(location.path),
        "mtime_ns": location.mtime_ns,
        "size_bytes": location.size_bytes,
        "status": location.status,
    }
    return record | ({"linked": True} if location.linked else {})


def _line(record: Record) -> str:
    return json_text(record) + "\n"
