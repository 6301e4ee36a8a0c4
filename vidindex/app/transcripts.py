"""Show the transcript of a video, correct its lines, and write it to a file."""

from typing import TYPE_CHECKING, Literal

from vidindex.app.base import LibraryBase

if TYPE_CHECKING:
    from pipelines.ingest.transcript import TranscriptLine

TranscriptFormat = Literal["text", "srt", "vtt", "json"]


class Transcripts(LibraryBase):
    """What is said in videos, line by line and word by word."""

    def transcript(self, video_id: str) -> "list[TranscriptLine]":
        """The spoken lines of a video in order of time, with their words where these have times."""
        from pipelines.ingest.transcript import transcript_of

        return transcript_of(self.library, video_id)

    def correct_line(self, event_id: int, text: str) -> "TranscriptLine":
        """Replace a spoken line by what a person wrote: kept in later ingests, and found.

        Raises InputError where there is no such line, LibraryLocked during an ingest.
        """
        from pipelines.ingest.transcript import correct

        with self.writer() as library:
            return correct(library, self.text_services.embedder, event_id, text)

    def transcript_text(self, video_id: str, written_as: TranscriptFormat = "text") -> str:
        """A transcript as plain text, SubRip, WebVTT, or JSON with the times of words."""
        from vidindex.core.formatting.to_json import json_text, jsonable
        from vidindex.core.speech.writing import as_srt, as_text, as_vtt

        lines = self.transcript(video_id)
        if written_as == "json":
            return json_text(jsonable(lines), indent=2) + "\n"
        spans = [(line.span, line.text) for line in lines]
        return {"text": as_text, "srt": as_srt, "vtt": as_vtt}[written_as](spans)
