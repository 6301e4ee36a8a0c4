"""Plan frames from activity signals: chunks that tile a video, each at an even rate.

Pure arithmetic and deterministic; reads no video and asks no model. Motion gets frames,
stillness gets few, and nothing is dropped: a chunk that shows the picture of the one
before is marked as continuing it, and every other chunk keeps the floor of 0.5 fps.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from vidindex.core.families import QWEN25_FAMILY, Family, family_named
from vidindex.core.sampling.activity import Activity
from vidindex.core.sampling.chunking import RateOption, plan_chunks
from vidindex.core.sampling.grid import (
    LADDER_FPS,
    MAX_ASPECT_RATIO,
    decode_times,
    even_grid,
    smart_resize,
    vision_tokens,
)
from vidindex.errors import InputError, MediaError
from vidindex.types import Chunk, FramePlan, ModelLimits, Signals, Span, VideoInfo

Policy = Literal["adaptive", "uniform"]
VERSION = 2

MIN_FRAMES = 4
"""Fewer were never shown to Qwen2.5-VL as a video (qwen-vl-utils, FPS_MIN_FRAMES)."""

TOKEN_SHARES = {0.5: 0.5, 1.0: 1.0, 2.0: 1.6, 4.0: 3.2}
"""What a second may cost at each rate, in parts of `tokens_per_s`.

At 80 tokens a second a pair of frames has 160, 160, 128 and 128 of them: pictures
shrink as the rate rises, down to the least that the reference gives a video frame.
"""


@dataclass(frozen=True, slots=True)
class PlanSettings:
    """How much one chunk may hold. Tokens are those of pictures, `factor_px` square.

    tokens_per_s: what a second costs at 1 fps; TOKEN_SHARES says what at other rates.
    uniform_fps: the rate of every chunk under the policy "uniform", which looks at no
    signal and spends `tokens_per_s` evenly.
    """

    policy: Policy = "adaptive"
    max_chunk_s: float = 32.0
    min_chunk_s: float = 4.0
    tokens_per_s: float = 80.0
    uniform_fps: float = 1.0
    max_frames: int = 768
    max_tokens: int = 24_576
    min_pixels: int = QWEN25_FAMILY.min_pixels
    max_pixels: int = QWEN25_FAMILY.max_pixels
    factor_px: int = QWEN25_FAMILY.factor_px

    def __post_init__(self) -> None:
        if self.uniform_fps not in LADDER_FPS:
            raise InputError(f"{self.uniform_fps:g} fps is not on the ladder", f"use {LADDER_FPS}")
        if not 1 <= self.min_chunk_s <= self.max_chunk_s / 2:
            raise InputError(
                f"chunks of {self.min_chunk_s:g} to {self.max_chunk_s:g} s cannot tile every video",
                "the least must be 1 s or more, and the most twice that or more",
            )
        if self.most_frames < MIN_FRAMES:
            raise InputError(
                f"a call holds {self.most_frames} frames; a video needs {MIN_FRAMES}",
                "use a model with a larger context, or allow smaller pictures",
            )

    @property
    def most_frames(self) -> int:
        """Frames of one call: as many as are allowed and, at their smallest, affordable.

        Twice the smallest size is counted, since sides are rounded up to whole patches.
        """
        pairs = self.max_tokens // math.ceil(2 * self.min_pixels / self.factor_px**2)
        return min(self.max_frames // 2 * 2, 2 * pairs)

    @property
    def identity(self) -> str:
        """Everything that would change a plan, as text."""
        rate = "" if self.policy == "adaptive" else f" at {self.uniform_fps:g} fps"
        is_usual = self.factor_px == QWEN25_FAMILY.factor_px
        sides = "" if is_usual else f", sides in steps of {self.factor_px}"
        return (
            f"{self.policy}{rate}/{VERSION} chunk {self.min_chunk_s:g}-{self.max_chunk_s:g} s, "
            f"{self.tokens_per_s:g} tokens/s, up to {self.max_frames} frames, "
            f"{self.max_tokens} tokens, {self.min_pixels}-{self.max_pixels} pixels{sides}"
        )


def settings_for(limits: ModelLimits | None, policy: Policy) -> PlanSettings:
    """The settings for this model, or Qwen2.5-VL's published bounds without a model."""
    if limits is None:
        return PlanSettings(policy)
    return PlanSettings(
        policy=policy,
        max_frames=limits.max_frames,
        max_tokens=limits.max_video_tokens,
        min_pixels=limits.min_pixels,
        max_pixels=limits.max_pixels,
        factor_px=family_named(limits.family).factor_px,
    )


def make_plan(video: VideoInfo, signals: Signals, settings: PlanSettings) -> FramePlan:
    """The frame plan of one video: chunks that tile [0, picture_end_s) without gap or overlap.

    Raises MediaError for a picture so slim that no model was ever shown its like.
    """
    if max(video.width, video.height) > MAX_ASPECT_RATIO * min(video.width, video.height):
        raise MediaError(
            f"its picture of {video.width}x{video.height} is more than "
            f"{MAX_ASPECT_RATIO} times longer than wide",
            "crop or scale it before it is ingested",
        )
    if settings.policy == "uniform":
        return _plan(video, _uniform_tiles(video, settings), settings, "one rate throughout")
    activity = Activity(video, signals)
    rate_options = _rate_options(video, settings)
    tiles = plan_chunks(video.picture_end_s, activity.wanted_rates, activity.cuts, rate_options)
    seen = f"{len(signals.look_times_s)} looks, {len(activity.cuts)} possible cuts"
    return _plan(video, tiles, settings, seen, activity)


def plan_tokens(plan: FramePlan, family: Family = QWEN25_FAMILY) -> int:
    """Vision tokens of the chunks that a model of the family is asked about."""
    asked = (chunk for chunk in plan.chunks if not chunk.continues)
    return sum(vision_tokens(one.num_frames, one.width, one.height, family) for one in asked)


def _plan(
    video: VideoInfo,
    tiles: Sequence[tuple[Span, float]],
    settings: PlanSettings,
    reason: str,
    activity: Activity | None = None,
) -> FramePlan:
    chunks: list[Chunk] = []
    look: int | None = None  # represents the last chunk that is asked, if that is all still
    shown_s = -math.inf  # a moment with the picture that is known to end the chunk before
    for span, fps in _around_packets(tiles, activity):
        same = bool(activity and look is not None and activity.shows(span, look))
        held = bool(activity and chunks and activity.is_held(shown_s, span.end_s))
        if activity and not (same or held):
            look = activity.still(span)
        width, height = _size(video, span, fps, settings)
        grid = even_grid(span, fps)
        chunks.append(Chunk(len(chunks), span, fps, grid, width, height, same or held))
        if not held:
            shown_s = decode_times(chunks[-1])[-1]
    return FramePlan(video.video_id, settings.identity, tuple(chunks), reason)


def _around_packets(
    tiles: Sequence[tuple[Span, float]], activity: Activity | None
) -> Iterator[tuple[Span, float]]:
    """The tiles at the lowest rate, cut so that a held picture is not shown again and again.

    What comes before the first packet of a tile, and after its last, is a chunk of its own.
    """
    for span, fps in tiles:
        times_s = activity.packets_in(span) if activity and fps == LADDER_FPS[0] else []
        edges_s = [span.start_s]
        if times_s:
            least_s = MIN_FRAMES / fps
            if span.start_s > 0 and times_s[0] - span.start_s >= least_s:
                edges_s.append(times_s[0])
            # The last frame shown must be the one that is held.
            seen_s = max(edges_s[-1] + least_s, times_s[-1] + 2 / fps)
            if span.end_s - seen_s >= least_s:
                edges_s.append(seen_s)
        for start_s, end_s in pairwise([*edges_s, span.end_s]):
            yield Span(start_s, end_s), fps


def _uniform_tiles(video: VideoInfo, settings: PlanSettings) -> list[tuple[Span, float]]:
    """As few chunks of one length as there can be."""
    fps = settings.uniform_fps
    longest_s = min(settings.max_chunk_s, settings.most_frames / fps)
    count = math.ceil(video.picture_end_s / longest_s)
    edges_s = [video.picture_end_s * i / count for i in range(count + 1)]
    edges_s[-1] = video.picture_end_s
    return [(Span(edges_s[i], edges_s[i + 1]), fps) for i in range(count)]


def _rate_options(video: VideoInfo, settings: PlanSettings) -> list[RateOption]:
    """The rates that this video may be seen at, with how long a chunk may then last."""
    source_fps = video.average_fps or max(LADDER_FPS)
    rate_options = []
    for fps in LADDER_FPS:
        # A rate above the video's own shows nothing more; the lowest is always there.
        if fps > max(source_fps, LADDER_FPS[0]):
            break
        longest_s = min(settings.max_chunk_s, settings.most_frames / fps)
        least_s = min(
            max(settings.min_chunk_s, MIN_FRAMES / fps), longest_s / 2, video.picture_end_s
        )
        rate_options.append(RateOption(fps, least_s, longest_s))
    return rate_options


def _size(video: VideoInfo, span: Span, fps: float, settings: PlanSettings) -> tuple[int, int]:
    """(width, height) within the chunk's share of tokens; not larger than the video has."""
    share = TOKEN_SHARES[fps] if settings.policy == "adaptive" else 1.0
    tokens = min(settings.max_tokens, settings.tokens_per_s * share * span.duration_s)
    pairs = len(even_grid(span, fps)) // 2
    factor = settings.factor_px
    most = min(int(tokens / pairs) * factor**2, settings.max_pixels, video.width * video.height)
    least = settings.min_pixels
    most = max(most, least)
    height, width = smart_resize(video.height, video.width, least, most, factor)
    if width * height < least:  # both sides were rounded down
        height, width = smart_resize(height, width, least, settings.max_pixels, factor)
    elif width * height > most:  # a side is never below one patch: squeezed lengthwise
        longest_px = most // factor**2 * factor
        width, height = min(width, longest_px), min(height, longest_px)
    return width, height
