"""Cut sound into pieces that overlap, and join the words of pieces at a pause."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from vidindex.types.speech import SAMPLES_PER_S, Samples, Word


@dataclass(frozen=True, slots=True)
class Pieces:
    """Piece i is [i * piece_s, (i + 1) * piece_s), with `overlap_s` more on both sides."""

    piece_s: float = 240.0
    overlap_s: float = 5.0

    def start_s(self, index: int) -> float:
        """Where the sound of this piece begins, its overlap included."""
        return max(0.0, index * self.piece_s - self.overlap_s)

    def cut(self, sound: Iterable[Samples], first: int = 0) -> Iterator[tuple[int, Samples]]:
        """Number and 16 kHz samples of each piece from `first` on.

        sound: consecutive samples that begin at `start_s(first)`.
        """
        index, begins = first, self._sample(self.start_s(first))
        held = np.zeros(0, np.float32)
        for samples in sound:
            held = np.concatenate([held, samples])
            while begins + len(held) >= self._end(index):
                yield index, held[: self._end(index) - begins]
                index += 1
                held = held[self._sample(self.start_s(index)) - begins :]
                begins = self._sample(self.start_s(index))
        repeated_s = 2 * self.overlap_s if index else 0.0  # the piece before heard this much of it
        if len(held) > self._sample(repeated_s):
            yield index, held

    def join(self, pieces: Mapping[int, Sequence[Word]]) -> list[Word]:
        """The words of consecutive pieces, all on one clock, each word once."""
        words: list[Word] = []
        for index in sorted(pieces):
            following = pieces[index]
            cut_s = self._pause_s(words, following, index) if index else 0.0
            words = [word for word in words if word.middle_s < cut_s]
            words += [word for word in following if word.middle_s >= cut_s]
        return words

    def _pause_s(self, words: Sequence[Word], following: Sequence[Word], index: int) -> float:
        """The middle of the longest pause that both pieces hear where they overlap."""
        seam_s = index * self.piece_s
        start_s, end_s = seam_s - self.overlap_s, seam_s + self.overlap_s
        both = sorted([*words, *following], key=lambda word: word.start_s)
        both = [word for word in both if word.end_s > start_s and word.start_s < end_s]
        pauses, begins_s = [], start_s
        for word in both:
            pauses.append((word.start_s - begins_s, (begins_s + word.start_s) / 2))
            begins_s = max(begins_s, word.end_s)
        pauses.append((end_s - begins_s, (begins_s + end_s) / 2))
        longest_s, middle_s = max(pauses)
        return middle_s if longest_s > 0 else seam_s

    def _end(self, index: int) -> int:
        return self._sample((index + 1) * self.piece_s + self.overlap_s)

    def _sample(self, time_s: float) -> int:
        return round(time_s * SAMPLES_PER_S)


def shifted(words: Iterable[Word], by_s: float) -> list[Word]:
    """The words so many seconds later."""
    return [replace(word, start_s=word.start_s + by_s, end_s=word.end_s + by_s) for word in words]
