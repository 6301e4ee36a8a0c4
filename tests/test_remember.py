"""Frames that were decoded once are not decoded again, and no more than agreed are kept."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from support.clip_assets import number_of, numbered

from pipelines.inference.frame_cache import CachingDecoder
from vidindex.adapters.decoders.pyav import PyAVDecoder
from vidindex.adapters.media.ffmpeg import encode
from vidindex.adapters.media.probe import probe
from vidindex.errors import DecodeError
from vidindex.types import Frame, Source


class Counting:
    """The real decoder, with the number of times that it was asked."""

    name = PyAVDecoder.name

    def __init__(self) -> None:
        self.asked = 0

    def frames(
        self, source: Source, times_s: Sequence[float], size: tuple[int, int] | None
    ) -> Iterator[Frame]:
        self.asked += 1
        return PyAVDecoder().frames(source, times_s, size)


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Source:
    path = tmp_path_factory.mktemp("remember") / "numbered.mp4"
    encode(path, (numbered(i) for i in range(50)), 192, 96, 25)
    return probe(path, "id").source(path)


def numbers(decoder: CachingDecoder, source: Source, *times_s: float) -> list[int]:
    return [number_of(frame.picture) for frame in decoder.frames(source, times_s, None)]


def test_the_same_question_is_decoded_once_and_answered_alike(source: Source) -> None:
    counting = Counting()
    decoder = CachingDecoder(counting)
    assert numbers(decoder, source, 0.0, 1.0) == numbers(decoder, source, 0.0, 1.0) == [0, 25]
    assert counting.asked == 1
    assert numbers(decoder, source, 0.0, 0.4) == [0, 10]
    assert counting.asked == 2


def test_the_oldest_frames_are_forgotten_where_room_is_short(source: Source) -> None:
    counting = Counting()
    decoder = CachingDecoder(counting, max_bytes=2 * 192 * 96 * 3)
    for time_s in (0.0, 0.2, 0.4, 0.4, 0.2):
        numbers(decoder, source, time_s)
    assert counting.asked == 3
    numbers(decoder, source, 0.0)
    assert counting.asked == 4


def test_frames_larger_than_the_room_still_come(source: Source) -> None:
    assert numbers(CachingDecoder(Counting(), max_bytes=1), source, 0.0, 1.0) == [0, 25]


def test_what_failed_is_tried_again(source: Source, tmp_path: Path) -> None:
    gone = Source(tmp_path / "gone.mp4", 0, 0.0, 1.0, 192, 96)
    counting = Counting()
    decoder = CachingDecoder(counting)
    for _ in range(2):
        with pytest.raises(DecodeError):
            numbers(decoder, gone, 0.0)
    assert counting.asked == 2
