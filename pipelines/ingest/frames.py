"""Embed frames of every chunk in two passes, resuming piece by piece where a run stopped.

The keyframes that planning decodes anyway come first and make a video searchable at once; then
frames at an even rate, and at the start of every chunk, take their place. A frame that shows
what the one before shows extends its span.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import closing
from dataclasses import dataclass, field
from itertools import islice, pairwise
from math import ceil
from pathlib import Path

from pipelines.inference.prefetch import Prefetcher
from pipelines.ingest.stages import StageContext
from store.coverage import FRAMES
from vidindex.core.sampling.still_frames import compared_size, shows_the_same
from vidindex.errors import DecodeError, MediaError
from vidindex.ports import Decoder, FrameEmbedder
from vidindex.types import Frame, FramePlan, FrameVector, Picture, Signals, Source, Span

PIECE_S = 60.0
RULE = 1
"""Of choosing and collapsing frames; frames chosen by another rule are embedded again."""

BATCH = 16
_SAME_TIME_S = 0.05
_AHEAD_BYTES = 64 << 20


@dataclass(slots=True)
class Shown:
    """One picture and the stretch over which the video shows it."""

    picture: Picture
    start_s: float
    end_s: float


def distinct(frames: Iterable[Frame], end_s: float) -> Iterator[Shown]:
    """Frames without those that show what the one before shows, as soon as each has its end.

    frames: in order of time; one that is out of order is left out. end_s: of the stretch; the
    last one lasts until there.
    """
    current: Shown | None = None
    for frame in frames:
        if current is None:
            current = Shown(frame.picture, frame.time_s, frame.time_s)
        elif frame.time_s > current.end_s:
            current.end_s = frame.time_s
            if not shows_the_same(current.picture, frame.picture):
                yield current
                current = Shown(frame.picture, frame.time_s, frame.time_s)
    if current and current.start_s < end_s:
        current.end_s = end_s
        yield current


def embed(embedder: FrameEmbedder, video_id: str, shown: Iterable[Shown]) -> list[FrameVector]:
    """A vector for each picture, with its span; holds the pictures of one batch at a time."""
    rows: list[FrameVector] = []
    left = iter(shown)
    while batch := list(islice(left, BATCH)):
        vectors = embedder.embed_pictures([one.picture for one in batch])
        rows += [
            FrameVector(video_id, Span(one.start_s, one.end_s), vector)
            for one, vector in zip(batch, vectors, strict=True)
        ]
    return rows


def frame_times(plan: FramePlan | None, span: Span, rate_fps: float) -> list[float]:
    """Media times in a span: its start, an even grid, and the starts of the plan's chunks."""
    first, last = ceil(span.start_s * rate_fps), ceil(span.end_s * rate_fps)
    grid = [number / rate_fps for number in range(first, last)]
    starts = [chunk.span.start_s for chunk in plan.chunks] if plan else []
    times_s = sorted({span.start_s, *grid, *(t for t in starts if span.contains(t))})
    apart = [now for before, now in pairwise(times_s) if now - before > _SAME_TIME_S]
    return [span.start_s, *apart]


@dataclass(frozen=True, slots=True)
class KeyframeReader:
    """Embeds the keyframes that planning decodes, with no second decode.

    read: yields keyframes of a video at a size, at most one a second, and its signals last.
    read_signals: the signals alone, for videos whose frames have vectors.
    """

    embedder: FrameEmbedder
    read: Callable[[Source, tuple[int, int]], Iterator[Frame | Signals]]
    read_signals: Callable[[Source], Signals]

    def signals(self, context: StageContext) -> tuple[Signals, list[FrameVector]]:
        """The signals of a video, and vectors of its keyframes; none where it has frames."""
        video = context.video
        source = video.source(context.location)
        if context.library.frame_vectors.count_of_video(video.video_id):
            return self.read_signals(source), []
        found: list[Signals] = []

        def keyframes() -> Iterator[Frame]:
            size = compared_size(video.width, video.height, max(self.embedder.size))
            for read in self.read(source, size):
                if isinstance(read, Signals):
                    found.append(read)
                elif 0 <= read.time_s < video.picture_end_s:
                    context.report.frames += 1
                    yield read

        before = context.report.frames
        shown = distinct(keyframes(), video.picture_end_s)
        rows = embed(self.embedder, video.video_id, shown)
        context.report.frames_collapsed += context.report.frames - before - len(rows)
        return found[0], rows


@dataclass(frozen=True, slots=True)
class FrameStage:
    """Frames of every chunk become vectors with spans, in place of those of keyframes.

    rate_fps: frames looked at per second, beside the first of every chunk.
    """

    decoder: Decoder
    embedder: FrameEmbedder
    rate_fps: float = 1.0
    prefetcher: Prefetcher = field(default_factory=lambda: Prefetcher(_AHEAD_BYTES))
    name: str = FRAMES

    def key(self, paths: Sequence[Path]) -> str:
        space = self.embedder.space
        return f"{space.model}@{space.revision}/{self.rate_fps:g}/{PIECE_S:g}/{RULE}"

    def run(self, context: StageContext) -> None:
        """Piece by piece; raises DecodeError at the end where pieces could not be read."""
        library, video, key = context.library, context.video, self.key(context.paths)
        done = library.work_ledger.pieces(video.video_id, self.name, key)
        context.report.resumed += bool(done)
        spans = self._spans(video.picture_end_s)
        left = {piece: span for piece, span in spans.items() if piece not in done}
        skipped_s = sum(spans[piece].duration_s for piece in spans.keys() - left.keys())
        context.progress.advance(
            skipped_s + video.duration_s - video.picture_end_s, context.path.name
        )
        problems = [problem for problem in self._pieces(context, key, left) if problem]
        if problems:
            raise DecodeError(
                f"{len(problems)} of {len(spans)} pieces of {PIECE_S:g} s cannot be read:"
                f" {problems[0]}",
                "what could be read is searchable; try again with --retry-failed",
            )
        library.work_ledger.finish(video.video_id, self.name, key)

    def close(self) -> None:
        """Nothing is left open."""

    def drop(self) -> None:
        """Nothing is gathered."""

    def _spans(self, end_s: float) -> dict[int, Span]:
        return {
            piece: Span(piece * PIECE_S, min((piece + 1) * PIECE_S, end_s))
            for piece in range(ceil(end_s / PIECE_S))
        }

    def _pieces(self, context: StageContext, key: str, spans: dict[int, Span]) -> Iterator[str]:
        """Decode the next piece while one is embedded; yields why a piece failed, or ""."""
        source = context.video.source(context.location)
        size = compared_size(source.width, source.height, max(self.embedder.size))
        plan = context.library.frame_plans.get(context.video_id)
        times_s = {piece: frame_times(plan, span, self.rate_fps) for piece, span in spans.items()}

        def decoded(piece: int) -> list[Frame]:
            return list(self.decoder.frames(source, times_s[piece], size))

        def num_bytes(piece: int) -> int:
            return 3 * size[0] * size[1] * len(times_s[piece])

        with closing(self.prefetcher.results(spans, decoded, num_bytes)) as pieces:
            for piece, frames in pieces:
                context.deadline.check()
                problem = self._piece(context, key, (piece, spans[piece]), frames)
                if problem:
                    context.report.frames_failed += len(times_s[piece])
                context.progress.advance(spans[piece].duration_s, context.path.name)
                yield problem

    def _piece(
        self,
        context: StageContext,
        key: str,
        piece: tuple[int, Span],
        decoded: "Future[list[Frame]]",
    ) -> str:
        number, span = piece
        try:
            frames = decoded.result()
        except (MediaError, OSError) as error:
            return str(error)
        rows = embed(self.embedder, context.video_id, distinct(frames, span.end_s))
        library = context.library
        with library.transaction():
            library.frame_vectors.replace(context.video_id, rows, within=span)
            library.work_ledger.finish_piece(
                context.video_id, self.name, number, key, span.duration_s
            )
        context.report.frames += len(frames)
        context.report.frames_collapsed += len(frames) - len(rows)
        return ""
