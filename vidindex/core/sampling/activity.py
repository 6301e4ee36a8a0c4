"""Derive activity from cheap signals, second by second: motion, cuts, stillness.

Reads arrays, decides no chunk. Two signals that fail in different ways are weighed
against each other: how much keyframes differ (blind between them), and how many bytes
are between them, in parts of a keyframe (swayed by noise and rate control).
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from vidindex.types import Signals, Span, VideoInfo

Floats = npt.NDArray[np.float64]
Rungs = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

LOOK_BOUNDS = (0.004, 0.03, 0.12)
"""Mean luma change from look to look at which the next higher rate is wanted."""

NOVELTY_BOUNDS = (0.15, 1.0, 4.0)
"""The same for novelty. Seen in x264's output at a fixed quality: a still picture 0.03,
with sensor noise 0.1, a dog that chews 0.6, traffic 1.7, a dancer 3, a bird in flight 8."""

UNKNOWN_RUNG = 1

ONE_PICTURE_PEAK = 0.03
"""No block of 1/64 x 1/36 of the picture may change by more where it is called the same."""

QUIET_NOVELTY = 0.1
"""Between keyframes that agree, seconds below this hold nothing that comes and goes."""

EMPTY_PACKET_BYTES = 24
"""About what a codec takes to say that nothing has changed."""

DENSE_GAP_S = 2.2
"""Looks no further apart show what the lowest rate, 0.5 fps, would show a model."""

CUT_CHANGE = 0.12
"""A mean luma change of this much between two looks may be a cut, if something else says when."""

EARLY_S = 0.1
"""A keyframe that comes this much before the longest interval is over was asked for."""

STANDS_OUT = 2.0
"""A change that is this many times the usual one around it is a cut, not more motion."""

UNSEEN_CHANGE = 0.3
"""What is assumed of a sudden packet without looks to judge by."""


@dataclass(frozen=True, slots=True)
class _Gap:
    """Between two looks: how much the picture changed."""

    start_s: float
    end_s: float
    change: float
    peak: float


class Activity:
    """What the signals of one video say; every array has one entry per second."""

    def __init__(self, video: VideoInfo, signals: Signals) -> None:
        self._signals = signals
        self._num_seconds = int(np.ceil(video.picture_end_s))
        self._end_s = video.picture_end_s

    @cached_property
    def novelty(self) -> Floats | None:
        """Bytes between keyframes per second, in keyframes of this video; None without any.

        The bytes that even an empty packet has are not counted: in a small, plain picture
        they would be a good part of a keyframe.
        """
        is_key = self._signals.packet_is_key
        if not is_key.any() or is_key.all():
            return None
        seconds = self._second_of(self._signals.packet_times_s[~is_key])
        sizes = np.maximum(0, self._signals.packet_sizes[~is_key] - EMPTY_PACKET_BYTES)
        total = np.bincount(seconds, weights=sizes, minlength=self._num_seconds)
        return np.asarray(total / np.median(self._signals.packet_sizes[is_key]), dtype=np.float64)

    @cached_property
    def wanted_rates(self) -> Rungs:
        """Index into the ladder of rates for every second; a tie of both signals goes up."""
        by_looks = self._rungs_by_looks()
        if self.novelty is None:
            rungs = np.where(by_looks < 0, UNKNOWN_RUNG, by_looks)
        else:
            by_packets = np.searchsorted(NOVELTY_BOUNDS, self.novelty, side="right")
            rungs = np.where(by_looks < 0, by_packets, (by_looks + by_packets + 1) // 2)
        return np.where(self._empty, 0, rungs)

    @cached_property
    def _empty(self) -> Flags:
        """Seconds in which no packet begins: the picture on screen is held."""
        times_s = self._signals.packet_times_s
        counts = np.bincount(self._second_of(times_s), minlength=self._num_seconds)
        return np.asarray(counts == 0) & bool(len(times_s))

    @cached_property
    def cuts(self) -> list[tuple[float, float]]:
        """(media time, certainty 0 to 1) where a new shot may begin."""
        found = {*self._early_keyframes(), *self._sudden_packets()}
        found |= self._sudden_looks(np.array(sorted(found)))
        times_s = np.array(sorted(found))
        looks = np.searchsorted(self._signals.look_times_s, times_s)
        # Many candidates between two looks share the change: that is motion, not a cut.
        shares = [self._changes[look] / np.count_nonzero(looks == look) for look in looks]
        return [
            (float(time_s), float(1 - self._usual_changes[look] / share))
            for time_s, look, share in zip(times_s, looks, shares, strict=True)
            if share >= CUT_CHANGE and share > self._usual_changes[look]
        ]

    def still(self, span: Span) -> int | None:
        """The thumbnail that represents all of `span`, or None where that is uncertain.

        The first one in the span, or where there is none the one before it.
        """
        times_s = self._signals.look_times_s
        first, last = (int(at) for at in np.searchsorted(times_s, (span.start_s, span.end_s)))
        look = first if first < last else first - 1
        return look if look >= 0 and self.shows(span, look) else None

    def packets_in(self, span: Span) -> list[float]:
        """When the packets of a stretch begin, in order."""
        times_s = self._signals.packet_times_s
        first, last = np.searchsorted(times_s, (span.start_s, span.end_s))
        return [float(time_s) for time_s in times_s[first:last]]

    def is_held(self, shown_s: float, end_s: float) -> bool:
        """Whether the picture of `shown_s` is on screen until `end_s`: no packet begins."""
        times_s = self._signals.packet_times_s
        begin = int(np.searchsorted(times_s, shown_s, side="right"))
        return bool(len(times_s)) and begin == int(np.searchsorted(times_s, end_s))

    def shows(self, span: Span, look: int) -> bool:
        """Whether all of `span` surely shows the picture of `look`.

        Every look in it agrees block by block, and each second is vouched for by looks or by
        packets too small to hold anything. Without a look in it, the one before it counts, if
        all packets since together are too small.
        """
        times_s = self._signals.look_times_s
        first, last = (int(at) for at in np.searchsorted(times_s, (span.start_s, span.end_s)))
        if self._signals.num_failed_looks:
            return False
        if first == last:
            if first == 0 or not self._is_quiet(times_s[first - 1], span.end_s):
                return False
            first -= 1
        # Signed and wide enough, since pictures are unsigned bytes.
        anchor = self._signals.looks[look].astype(np.int16)
        agrees = np.abs(self._signals.looks[first:last] - anchor).max() <= ONE_PICTURE_PEAK * 255
        seconds = slice(int(span.start_s), int(np.ceil(span.end_s)))
        return bool(agrees and self._vouched[seconds].all())

    def _is_quiet(self, start_s: float, end_s: float) -> bool:
        seconds = slice(int(start_s), int(np.ceil(end_s)))
        return self.novelty is not None and self.novelty[seconds].sum() <= QUIET_NOVELTY

    @cached_property
    def _vouched(self) -> Flags:
        """Seconds in which nothing can have come and gone unseen between looks that agree."""
        vouched = self._empty.copy()
        if self.novelty is not None:
            vouched |= self.novelty <= QUIET_NOVELTY
        times_s = np.append(self._signals.look_times_s, self._end_s)
        vouched[self._second_of(times_s[:-1])] = True
        for start_s, gap_s in zip(times_s, np.diff(times_s), strict=False):
            if gap_s <= DENSE_GAP_S:
                vouched[int(start_s) : int(np.ceil(start_s + gap_s))] = True
        return vouched

    @cached_property
    def _gaps(self) -> list[_Gap]:
        signals = self._signals
        times_s = [float(time_s) for time_s in signals.look_times_s]
        looks = signals.looks
        return [
            _Gap(
                times_s[i - 1],
                times_s[i],
                float(signals.look_differences[i]),
                float(np.abs(looks[i].astype(np.int16) - looks[i - 1]).max() / 255),
            )
            for i in range(1, len(times_s))
        ]

    def _rungs_by_looks(self) -> Rungs:
        """-1 where no pair of looks covers it, or where the pair shows a cut and not motion."""
        rate_options = np.full(self._num_seconds, -1, dtype=np.int64)
        cuts_s = np.array([time_s for time_s, _ in self.cuts])
        for gap in self._gaps:
            if ((cuts_s > gap.start_s) & (cuts_s <= gap.end_s)).any():
                continue
            rung = int(np.searchsorted(LOOK_BOUNDS, gap.change, side="right"))
            # Something small that moves is motion, however little of the picture it is.
            rung = max(rung, int(gap.peak > ONE_PICTURE_PEAK))
            rate_options[int(gap.start_s) : int(np.ceil(gap.end_s))] = rung
        return rate_options

    @cached_property
    def _changes(self) -> Floats:
        """From the look before to each look; the first and one past the last are not known."""
        changes = np.append(self._signals.look_differences, UNSEEN_CHANGE)
        changes[0] = UNSEEN_CHANGE
        return changes

    @cached_property
    def _usual_changes(self) -> Floats:
        """The median change at the two looks before and the two after each; 0 of fewer than two."""
        known = self._signals.look_differences
        around = [[*known[max(1, i - 2) : i], *known[i + 1 : i + 3]] for i in range(len(known) + 1)]
        return np.array([np.median(changes) if len(changes) > 1 else 0.0 for changes in around])

    def _early_keyframes(self) -> list[float]:
        """Keyframes that came before the encoder's usual interval was over."""
        is_key = self._signals.packet_is_key
        keys_s = self._signals.packet_times_s[is_key]
        # Where keyframes are common, an early one means nothing.
        if len(keys_s) < 2 or 4 * len(keys_s) > len(is_key):
            return []
        gaps_s = np.diff(keys_s)
        early = gaps_s < gaps_s.max() - EARLY_S
        if np.count_nonzero(~early) == 1:  # an interval seen once is no usual one
            early[:] = True
        return [float(time_s) for time_s in keys_s[1:][early]]

    def _sudden_packets(self) -> list[float]:
        """Packets between keyframes that hold half a picture, far above those around them."""
        is_key = self._signals.packet_is_key
        if self.novelty is None:
            return []
        sizes = self._signals.packet_sizes[~is_key]
        times_s = self._signals.packet_times_s[~is_key]
        half = 0.5 * np.median(self._signals.packet_sizes[is_key])
        return [
            float(times_s[i])
            for i in np.flatnonzero(sizes >= half)
            if sizes[i] >= 5 * np.median(sizes[max(0, i - 25) : i + 26])
        ]

    def _sudden_looks(self, others_s: Floats) -> set[float]:
        """Looks far more unlike the one before than those around are, and nothing says why.

        Had the shot begun between the two, a packet would show it: it began with the look.
        """
        return {
            gap.end_s
            for look, gap in enumerate(self._gaps, start=1)
            if gap.change >= max(CUT_CHANGE, STANDS_OUT * self._usual_changes[look])
            and not ((others_s > gap.start_s) & (others_s <= gap.end_s)).any()
        }

    def _second_of(self, times_s: Floats) -> npt.NDArray[np.int64]:
        return np.clip(times_s.astype(np.int64), 0, self._num_seconds - 1)
