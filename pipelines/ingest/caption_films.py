"""One video in the caption pass: its chunks, which replies count, and the events they make."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from pipelines.ingest.stages import Work
from vidindex.core.prompts import ParsedReply, PromptProfile, parse_events
from vidindex.core.replies.stitching import chunk_events, coverage, looks_compressed, stitch
from vidindex.types import Chunk, Event, Reply


@dataclass(slots=True)
class Film:
    """A video under way. open: chunks that wait for a reply; problem: why it failed, or "".

    broken_at: the first chunk that could not be decoded; those behind it are not tried.
    """

    work: Work
    chunks: tuple[Chunk, ...]
    profile: PromptProfile
    source: str
    open: set[int] = field(default_factory=set)
    replies: dict[int, tuple[Chunk, Reply]] = field(default_factory=dict)
    problem: str = ""
    broken_at: float = float("inf")

    @property
    def is_done(self) -> bool:
        return bool(self.problem) or not self.open

    def prefer(self, chunk: Chunk, reply: Reply) -> None:
        """Of two replies on one chunk, the one that covers more of it counts."""
        old = self.replies.get(chunk.index)
        if old is None or self._covered(chunk, reply) > self._covered(*old):
            self.replies[chunk.index] = (chunk, reply)

    def doubtful(self) -> Iterator[Chunk]:
        """Chunks whose story was told in too little time, in order."""
        for _, (chunk, reply) in sorted(self.replies.items()):
            if looks_compressed(self._parsed(chunk, reply).events, chunk.span.duration_s):
                yield chunk

    def events(self) -> list[Event]:
        """Of all chunks that were asked about, stitched; repairs are counted."""
        found = {}
        for index, (chunk, reply) in sorted(self.replies.items()):
            parsed = self._parsed(chunk, reply)
            self._count(parsed, reply)
            found[index] = chunk_events(self.work.video_id, chunk, parsed.events, self.source)
        return stitch(self.chunks, found)

    def _count(self, parsed: ParsedReply, reply: Reply) -> None:
        repairs = self.work.report.repairs
        repairs.update(parsed.repairs)
        if not parsed.events and not parsed.says_absent:
            repairs["no event in reply"] += 1
        if reply.finish_reason == "length":
            repairs["reply cut at its token limit"] += 1

    def _parsed(self, chunk: Chunk, reply: Reply) -> ParsedReply:
        """What a reply says; the prompt's own words in it are no answer."""
        return parse_events(reply.text, chunk.span.duration_s, self.profile.segment)

    def _covered(self, chunk: Chunk, reply: Reply) -> float:
        return coverage(self._parsed(chunk, reply).events, chunk.span.duration_s)
