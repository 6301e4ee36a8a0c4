"""What the caption pass asks of one chunk: words, rate and size; decodes and asks nothing."""

from dataclasses import dataclass, replace

from pipelines.inference.video_request import Question
from pipelines.ingest.caption_films import Film
from vidindex.core.prompts import PromptProfile, segment_schema
from vidindex.core.sampling.grid import LADDER_FPS, decode_times, even_grid, smart_resize
from vidindex.types import Chunk, ModelLimits

MAX_EVENTS, MAX_CHARS = 12, 200
MAX_TOKENS = 1024


@dataclass(frozen=True, slots=True)
class Call:
    """One chunk to be asked about; key: of the call, under which its reply is kept."""

    film: Film
    chunk: Chunk
    key: str

    @property
    def num_bytes(self) -> int:
        """Of its pictures."""
        return 3 * self.chunk.num_frames * self.chunk.width * self.chunk.height


@dataclass(frozen=True, slots=True)
class CallForm:
    """How chunks are asked about. language: of the captions, or None."""

    limits: ModelLimits
    profile: PromptProfile
    language: str | None

    def call(self, film: Film, chunk: Chunk) -> Call:
        return Call(film, chunk, self.question(film, chunk).key(self.limits.identity))

    def question(self, film: Film, chunk: Chunk) -> Question:
        words = self.profile.segment
        if self.language:
            words += self.profile.segment_language.format(language=self.language)
        return Question(
            video_id=film.work.video_id,
            times_s=tuple(time_s - chunk.span.start_s for time_s in chunk.times_s),
            shown_s=tuple(decode_times(chunk)),
            fps=chunk.fps,
            size=(chunk.width, chunk.height),
            system=self.profile.system,
            prompt=words,
            max_tokens=min(MAX_TOKENS, self.limits.context_tokens // 3),
            schema=segment_schema(MAX_EVENTS, MAX_CHARS),
        )

    def other_setting(self, film: Film, chunk: Chunk) -> Chunk:
        """The next higher rate that the model can take, else the next lower one."""
        limits = self.limits
        higher = [fps for fps in LADDER_FPS if fps > chunk.fps]
        fits = [fps for fps in higher if len(even_grid(chunk.span, fps)) <= limits.max_frames]
        fps = fits[0] if fits else max((f for f in LADDER_FPS if f < chunk.fps), default=chunk.fps)
        pixels = int(chunk.width * chunk.height * min(1.0, chunk.fps / fps))
        height, width = smart_resize(
            film.work.video.height,
            film.work.video.width,
            limits.min_pixels,
            max(limits.min_pixels, min(pixels, limits.max_pixels)),
        )
        times_s = even_grid(chunk.span, fps)
        return replace(chunk, fps=fps, times_s=times_s, width=width, height=height)
