"""From cheap signals to a frame plan: chunks that tile a video, each with its own even rate.

Pure arithmetic, deterministic. Motion gets frames, stillness gets few, and nothing is
dropped: a chunk that shows the picture of the one before is marked as continuing it.
Packet sizes depend on rate control, so they move a rate by one step at most and every
chunk keeps the floor of 0.5 fps.
"""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from vidindex.sampling import FACTOR_PX, LADDER_FPS, even_grid, smart_resize
from vidindex.types import Chunk, FramePlan, ModelLimits, Signals, Span, VideoInfo

Times = npt.NDArray[np.float64]
Policy = Literal["adaptive", "uniform"]
VERSION = 1

UNIFORM_FPS = 1.0
STILL_DIFFERENCE, CALM_DIFFERENCE, LIVELY_DIFFERENCE = 0.004, 0.03, 0.12
"""Mean luma change from look to look: below the first nothing moves, above the last all does."""

CUT_DIFFERENCE = 0.15
"""A mean luma change of this much from one look to the next is a cut."""

UNCHANGED_PEAK = 0.02
"""No small block of the picture may change by more where a chunk is called unchanged."""

MAX_LOOK_GAP_S = 12.0
"""Looks that lie further apart than this say nothing about what came between."""

SMALL_PACKET_BITS_PER_PIXEL = 0.004
"""Packets between keyframes that are this small hold no change that a person would see."""


@dataclass(frozen=True, slots=True)
class PlanSettings:
    """How much one chunk may hold. Tokens are Qwen2.5-VL's vision tokens.

    tokens_per_s: the budget of a uniform plan; an adaptive one spends half of it where
    little moves and up to twice of it where much does.
    """

    policy: Policy = "adaptive"
    max_chunk_s: float = 32.0
    min_chunk_s: float = 4.0
    tokens_per_s: float = 80.0
    max_frames: int = 768
    max_tokens: int = 24_576
    min_pixels: int = 4 * FACTOR_PX**2
    max_pixels: int = 768 * FACTOR_PX**2

    @property
    def identity(self) -> str:
        """Everything that would change a plan, as text."""
        return (
            f"{self.policy}/{VERSION} chunk {self.min_chunk_s:g}-{self.max_chunk_s:g} s, "
            f"{self.tokens_per_s:g} tokens/s, up to {self.max_frames} frames, "
            f"{self.max_tokens} tokens, {self.min_pixels}-{self.max_pixels} pixels"
        )


def settings_for(limits: ModelLimits | None, policy: Policy) -> PlanSettings:
    """The settings for this model, or Qwen2.5-VL's published bounds where there is none yet."""
    if limits is None:
        return PlanSettings(policy)
    return PlanSettings(
        policy=policy,
        max_frames=limits.max_frames,
        max_tokens=limits.max_video_tokens,
        min_pixels=limits.min_pixels,
        max_pixels=limits.max_pixels,
    )


def make_plan(video: VideoInfo, signals: Signals, settings: PlanSettings) -> FramePlan:
    """The frame plan of one video: chunks that tile [0, duration_s) without gap or overlap."""
    evidence = _Evidence(video, signals)
    chunks: list[Chunk] = []
    for span, fps in _tiles(video, evidence, settings):
        size = _size(video, span, fps, settings)
        chunks.append(
            Chunk(
                index=len(chunks),
                span=span,
                fps=fps,
                times_s=even_grid(span, fps),
                width=size[1],
                height=size[0],
                continues=bool(chunks) and evidence.unchanged(chunks[-1].span.hull(span)),
            )
        )
    seen = f"{len(evidence.looks_s)} looks, {len(evidence.cuts)} cuts seen"
    return FramePlan(video.video_id, settings.policy, tuple(chunks), f"{settings.identity}; {seen}")


def _tiles(
    video: VideoInfo, evidence: "_Evidence", settings: PlanSettings
) -> Iterator[tuple[Span, float]]:
    """Spans and rates from the start to the end, ending at cuts where they can."""
    start_s = 0.0
    while start_s < video.duration_s:
        longest = Span(start_s, min(start_s + settings.max_chunk_s, video.duration_s))
        fps = UNIFORM_FPS
        if settings.policy == "adaptive":
            fps = evidence.rate(longest)
        end_s = min(longest.end_s, start_s + settings.max_frames / fps)
        end_s = _at_cut(start_s, end_s, evidence.cuts, settings.min_chunk_s)
        if 0 < video.duration_s - end_s < settings.min_chunk_s:
            end_s = _without_crumb(start_s, video.duration_s, settings.max_frames / fps)
        yield Span(start_s, end_s), fps
        start_s = end_s


def _at_cut(
    start_s: float, end_s: float, cuts: Sequence[tuple[float, float]], min_chunk_s: float
) -> float:
    """The hardest cut in reach that leaves a chunk of some length, else `end_s`."""
    reach = [cut for cut in cuts if start_s + min_chunk_s <= cut[0] <= end_s]
    return max(reach, key=lambda cut: cut[1])[0] if reach else end_s


def _without_crumb(start_s: float, duration_s: float, longest_s: float) -> float:
    """The end of a video that is nearly over: all of it if it fits, else half of it."""
    if duration_s - start_s <= longest_s:
        return duration_s
    return (start_s + duration_s) / 2


def _size(video: VideoInfo, span: Span, fps: float, settings: PlanSettings) -> tuple[int, int]:
    """(height, width) within the chunk's share of tokens; never larger than the video."""
    num_frames = len(even_grid(span, fps))
    share = 1.0
    if settings.policy == "adaptive":
        share = {0.5: 0.5, 1.0: 1.0, 2.0: 1.5, 4.0: 2.0}[fps]
    budget = min(settings.max_tokens, settings.tokens_per_s * span.duration_s * share)
    pixels = int(budget / (num_frames / 2)) * FACTOR_PX**2
    # Not above what the video has: enlarging costs tokens and shows nothing new.
    most = min(settings.max_pixels, pixels, video.width * video.height)
    least = min(settings.min_pixels, settings.max_pixels)
    return smart_resize(video.height, video.width, least, max(least, most))


class _Evidence:
    """What the signals say of stretches of one video."""

    def __init__(self, video: VideoInfo, signals: Signals) -> None:
        inter = ~signals.packet_is_key
        self._video = video
        self._inter_times_s = signals.packet_times_s[inter]
        self._inter_sizes = signals.packet_sizes[inter]
        self._signals = signals
        self.looks_s = signals.look_times_s
        self.cuts = self._find_cuts()
        self._usual_packet = float(self._inter_sizes.mean()) if inter.any() else 0.0

    def rate(self, span: Span) -> float:
        """The rung for this stretch: by how looks differ, moved one rung by packet sizes."""
        inside = self._looks_in(span)
        if inside.sum() < 1 or not len(self._inter_sizes):
            return UNIFORM_FPS
        change = float(self._signals.look_differences[inside].mean())
        bounds = (STILL_DIFFERENCE, CALM_DIFFERENCE, LIVELY_DIFFERENCE)
        rung = bisect_right(bounds, change) + self._packet_step(span)
        return LADDER_FPS[min(max(rung, 0), len(LADDER_FPS) - 1)]

    def unchanged(self, span: Span) -> bool:
        """Whether all of `span` surely shows one picture: dense looks that agree, tiny packets."""
        inside = self._looks_in(span)
        if not inside.any() or self._signals.num_failed_looks:
            return False
        times_s = [span.start_s, *self.looks_s[inside], span.end_s]
        looked = bool(np.all(np.diff(times_s) <= MAX_LOOK_GAP_S))
        same = bool(np.all(self._signals.look_peaks[inside] <= UNCHANGED_PEAK))
        return looked and same and self._packets_are_tiny(span)

    def _looks_in(self, span: Span) -> npt.NDArray[np.bool_]:
        """Looks inside the span that can be compared with one before."""
        inside = (self.looks_s >= span.start_s) & (self.looks_s < span.end_s)
        if len(inside):
            inside[0] = False
        return inside

    def _packet_step(self, span: Span) -> int:
        """+1 where packets are twice as large as usual in this video, -1 where half."""
        sizes = self._sizes_in(span)
        if not len(sizes) or not self._usual_packet:
            return 0
        ratio = float(sizes.mean()) / self._usual_packet
        return int(ratio >= 2.0) - int(ratio <= 0.5)

    def _packets_are_tiny(self, span: Span) -> bool:
        sizes = self._sizes_in(span)
        limit_bytes = SMALL_PACKET_BITS_PER_PIXEL * self._video.width * self._video.height / 8
        return bool(len(sizes)) and bool(np.all(sizes <= limit_bytes))

    def _sizes_in(self, span: Span) -> npt.NDArray[np.int64]:
        times_s = self._inter_times_s
        return self._inter_sizes[(times_s >= span.start_s) & (times_s < span.end_s)]

    def _find_cuts(self) -> list[tuple[float, float]]:
        """(media time, change) of cuts: somewhere between two looks that differ much."""
        times_s, changes = self.looks_s, self._signals.look_differences
        early_s = _early_keyframes(self._signals)
        return [
            (
                self._cut_between(float(times_s[i - 1]), float(times_s[i]), early_s),
                float(changes[i]),
            )
            for i in range(1, len(times_s))
            if changes[i] >= CUT_DIFFERENCE
        ]

    def _cut_between(self, before_s: float, after_s: float, early_s: Times) -> float:
        """Where the encoder saw a new shot: an early keyframe, or a packet far above the rest."""
        early = early_s[(early_s > before_s) & (early_s <= after_s)]
        if len(early):
            return float(early[-1])
        within = (self._inter_times_s > before_s) & (self._inter_times_s < after_s)
        sizes = self._inter_sizes[within]
        if len(sizes) >= 3 and sizes.max() >= 5 * np.median(sizes):
            return float(self._inter_times_s[within][int(sizes.argmax())])
        return after_s


def _early_keyframes(signals: Signals) -> Times:
    """Keyframes that came before the encoder's usual interval was over."""
    keys_s = signals.packet_times_s[signals.packet_is_key]
    gaps_s = np.diff(keys_s)
    if not len(gaps_s):
        return keys_s[:0]
    early: Times = keys_s[1:][gaps_s < 0.95 * gaps_s.max()]
    return early
