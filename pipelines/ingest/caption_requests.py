"""Build the caption request for one chunk: prompt, frame rate and frame size."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from pipelines.inference.video_request import VideoRequest
from pipelines.ingest.stages import StageContext
from vidindex.core.prompts import PromptProfile, segment_schema
from vidindex.core.prompts.profile import MAX_CHARS, MAX_EVENTS, MAX_TOKENS
from vidindex.core.replies import ParsedReply, parse_events
from vidindex.core.replies.stitching import chunk_events, coverage, looks_compressed, stitch
from vidindex.core.sampling.grid import LADDER_FPS, decode_times, even_grid, size_for_model
from vidindex.types import Chunk, Event, ModelLimits, Reply


@dataclass(frozen=True, slots=True)
class ChunkReply:
    """A reply about one chunk, parsed once. is_cut: it reached its token limit."""

    chunk: Chunk
    parsed: ParsedReply
    is_cut: bool

    @classmethod
    def read(cls, chunk: Chunk, reply: Reply, prompt: str) -> "ChunkReply":
        """What a reply says; the prompt's own words in it are no answer."""
        parsed = parse_events(reply.text, chunk.span.duration_s, prompt, describes=True)
        return cls(chunk, parsed, reply.finish_reason == "length")

    @property
    def coverage(self) -> float:
        return coverage(self.parsed.events, self.chunk.span.duration_s)


@dataclass(slots=True)
class VideoJob:
    """A video under way. open: chunks that wait for a reply; problem: why it failed, or "".

    broken_at: the first chunk that could not be decoded; those behind it are not tried.
    """

    context: StageContext
    chunks: tuple[Chunk, ...]
    profile: PromptProfile
    source: str
    open: set[int] = field(default_factory=set)
    replies: dict[int, ChunkReply] = field(default_factory=dict)
    problem: str = ""
    broken_at: float = float("inf")

    @property
    def is_done(self) -> bool:
        return bool(self.problem) or not self.open

    def prefer(self, chunk: Chunk, reply: Reply) -> None:
        """Of two replies on one chunk, the one that covers more of it counts."""
        new, old = (
            ChunkReply.read(chunk, reply, self.profile.segment),
            self.replies.get(chunk.index),
        )
        if old is None or new.coverage > old.coverage:
            self.replies[chunk.index] = new

    def doubtful(self) -> Iterator[Chunk]:
        """Chunks whose events cover too little of their time, in order."""
        for _, one in sorted(self.replies.items()):
            if looks_compressed(one.parsed.events, one.chunk.span.duration_s):
                yield one.chunk

    def events(self) -> list[Event]:
        """Of all chunks that were asked about, stitched; repairs are counted."""
        found = {}
        for index, one in sorted(self.replies.items()):
            self._count(one)
            found[index] = chunk_events(
                self.context.video_id, one.chunk, one.parsed.events, self.source
            )
        return stitch(self.chunks, found)

    def _count(self, one: ChunkReply) -> None:
        repairs = self.context.report.repairs
        repairs.update(one.parsed.repairs)
        if not one.parsed.events and not one.parsed.says_absent:
            repairs["no event in reply"] += 1
        if one.is_cut:
            repairs["reply cut at its token limit"] += 1


@dataclass(frozen=True, slots=True)
class CaptionRequest:
    """One chunk to be asked about; key: of the call, under which its reply is kept."""

    job: VideoJob
    chunk: Chunk
    key: str

    @property
    def num_bytes(self) -> int:
        """Of its pictures."""
        return 3 * self.chunk.num_frames * self.chunk.width * self.chunk.height


@dataclass(frozen=True, slots=True)
class RequestBuilder:
    """How chunks are asked about. language: of the captions, or None."""

    limits: ModelLimits
    profile: PromptProfile
    language: str | None

    def request(self, job: VideoJob, chunk: Chunk) -> CaptionRequest:
        return CaptionRequest(job, chunk, self.video_request(job, chunk).key(self.limits.identity))

    @property
    def prompt(self) -> str:
        """The words of every request, in the language of the captions."""
        if not self.language:
            return self.profile.segment
        return self.profile.segment + self.profile.segment_language.format(language=self.language)

    def video_request(self, job: VideoJob, chunk: Chunk) -> VideoRequest:
        """Built for the key, and again for the frames: a request that waits holds no times."""
        return VideoRequest(
            video_id=job.context.video_id,
            times_s=tuple(time_s - chunk.span.start_s for time_s in chunk.times_s),
            shown_s=tuple(decode_times(chunk)),
            fps=chunk.fps,
            size=(chunk.width, chunk.height),
            system=self.profile.system,
            prompt=self.prompt,
            max_tokens=min(MAX_TOKENS, self.limits.context_tokens // 3),
            schema=segment_schema(MAX_EVENTS, MAX_CHARS),
        )

    def other_setting(self, job: VideoJob, chunk: Chunk) -> Chunk:
        """The next higher rate that the model can take, else the next lower one."""
        limits = self.limits
        higher = [fps for fps in LADDER_FPS if fps > chunk.fps]
        fits = [fps for fps in higher if len(even_grid(chunk.span, fps)) <= limits.max_frames]
        fps = fits[0] if fits else max((f for f in LADDER_FPS if f < chunk.fps), default=chunk.fps)
        pixels = int(chunk.width * chunk.height * min(1.0, chunk.fps / fps))
        video = job.context.video
        width, height = size_for_model(video.width, video.height, limits, pixels)
        times_s = even_grid(chunk.span, fps)
        return replace(chunk, fps=fps, times_s=times_s, width=width, height=height)
