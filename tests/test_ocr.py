"""Text is read from pictures, and from films only where they change; clocks are found in them."""

import socket
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from vidindex.adapters.decoders.pyav import PyAVDecoder
from vidindex.adapters.media.ffmpeg import encode
from vidindex.adapters.media.probe import probe
from vidindex.adapters.ocr_rapid import RapidOcrReader, ReaderSettings
from vidindex.core.screen_text.clock_notation import asked_values
from vidindex.core.screen_text.frame_reader import SegmentReaderHere, step_s
from vidindex.core.screen_text.tracks import build
from vidindex.types import Box, ClockTrack, Event, Frame, Span, TextReading, VideoInfo
from vidindex.types.plan import Picture

WIDTH, HEIGHT, FPS = 320, 240, 5
SEGMENT_S = 60.0


class CountingReader:
    """The real reader, which counts how often it searches a whole picture."""

    def __init__(self, reader: RapidOcrReader) -> None:
        self._reader = reader
        self.name = reader.name
        self.num_searches = 0
        self.num_recognised = 0

    def may_hold_text(self, frame: Frame, beside: Sequence[Box] = ()) -> bool:
        return self._reader.may_hold_text(frame, beside)

    def find(self, frame: Frame) -> list[Box]:
        self.num_searches += 1
        return self._reader.find(frame)

    def read(self, frame: Frame, boxes: Sequence[Box] | None = None) -> list[TextReading]:
        boxes = self.find(frame) if boxes is None else boxes
        self.num_recognised += len(boxes)
        return self._reader.read(frame, boxes)


@pytest.fixture(scope="module")
def reader() -> RapidOcrReader:
    return RapidOcrReader(ReaderSettings(num_threads=1))


def picture(*lines: tuple[int, int, str], px: int = 28) -> Picture:
    image = Image.new("RGB", (WIDTH, HEIGHT), (40, 60, 90))
    for x, y, text in lines:
        ImageDraw.Draw(image).text((x, y), text, "white", ImageFont.load_default(px))
    return np.asarray(image)


def frame(shown: Picture) -> Frame:
    return Frame(1.5, 1.5, shown)


def film(folder: Path, at: Callable[[float], Picture], duration_s: float) -> tuple[VideoInfo, Path]:
    path = folder / "film.mp4"
    encode(path, (at(i / FPS) for i in range(round(duration_s * FPS))), WIDTH, HEIGHT, FPS)
    return probe(path, "film"), path


def readings_of(
    video: VideoInfo, path: Path, reader: RapidOcrReader | CountingReader, span: Span | None = None
) -> list[TextReading]:
    span = span or Span(0.0, video.duration_s)
    return SegmentReaderHere(PyAVDecoder(), reader).read(video.source(path), span)


def read_whole(path: Path, reader: RapidOcrReader) -> tuple[list[Event], list[ClockTrack]]:
    video = probe(path, path.stem)
    readings: list[TextReading] = []
    start_s = 0.0
    while start_s < video.duration_s:
        span = Span(start_s, min(start_s + SEGMENT_S, video.duration_s))
        readings += readings_of(video, path, reader, span)
        start_s += SEGMENT_S
    return build(readings, video, reader.name)


def times_of(question: str, clocks: Sequence[ClockTrack]) -> list[float]:
    found = (clock.time_of(v) for clock in clocks for v in asked_values(question, clock))
    return [time_s for time_s in found if time_s is not None]


# Pictures


def test_lines_are_read_from_top_to_bottom_with_their_places(reader: RapidOcrReader) -> None:
    shown = picture((20, 180, "HARBOUR WEST"), (20, 20, "2024-03-05 14:22"))
    first, second = reader.read(frame(shown))
    assert (first.text, second.text) == ("2024-03-05 14:22", "HARBOUR WEST")
    assert first.time_s == 1.5
    assert first.score > 0.9
    assert first.box == pytest.approx((20 / WIDTH, 24 / HEIGHT, 240 / WIDTH, 50 / HEIGHT), abs=0.06)


def test_known_boxes_are_read_again_without_a_search(reader: RapidOcrReader) -> None:
    before = reader.read(frame(picture((20, 20, "CAM 3"), (20, 180, "12:00:01"))))
    after = picture((20, 20, "CAM 3"), (20, 180, "12:00:07"))
    again = reader.read(frame(after), [before[1].box])
    assert [line.text for line in again] == ["12:00:07"]
    assert again[0].box == before[1].box


def test_a_picture_without_text_has_no_lines(reader: RapidOcrReader) -> None:
    assert reader.read(frame(picture())) == []
    assert reader.read(frame(picture()), [(0.1, 0.1, 0.5, 0.2)]) == []


def test_reading_needs_no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> socket.socket:
        raise AssertionError("a reader went to the network")

    monkeypatch.setattr(socket, "socket", refuse)
    assert RapidOcrReader(ReaderSettings(num_threads=1)).read(frame(picture((20, 20, "OFFLINE"))))


# Films


def test_a_film_in_which_nothing_changes_is_read_once(
    tmp_path: Path, reader: RapidOcrReader
) -> None:
    counting = CountingReader(reader)
    video, path = film(tmp_path, lambda _: picture((20, 20, "NO SIGNAL")), 20)
    readings = readings_of(video, path, counting)
    assert counting.num_searches == 1
    assert [(line.time_s, line.text) for line in readings] == [(0.0, "NO SIGNAL")]
    events, _ = build(readings, video, counting.name)
    assert [event.span for event in events] == [Span(0, 20)]


def test_of_a_running_clock_only_its_digits_are_read_again(
    tmp_path: Path, reader: RapidOcrReader
) -> None:
    def at(time_s: float) -> Picture:
        return picture((20, 20, f"12:00:{int(time_s) + 10:02d}"), (20, 180, "HARBOUR WEST"))

    counting = CountingReader(reader)
    video, path = film(tmp_path, at, 20)
    readings = readings_of(video, path, counting)
    num_looks = len({line.time_s for line in readings})
    assert counting.num_searches == 1
    assert counting.num_recognised <= 1 + num_looks
    events, clocks = build(readings, video, counting.name)
    assert [(event.text, event.span) for event in events] == [("HARBOUR WEST", Span(0, 20))]
    assert times_of("12:00:25", clocks) == [pytest.approx(15, abs=1 / FPS)]


def test_text_that_appears_beside_known_text_is_found_and_timed_to_a_look(
    tmp_path: Path, reader: RapidOcrReader
) -> None:
    def at(time_s: float) -> Picture:
        below = [(20, 180, "NIGHT SHIFT")] if 8 <= time_s < 14 else []
        return picture((20, 20, "GATE 3"), *below)

    video, path = film(tmp_path, at, 20)
    events, _ = build(readings_of(video, path, reader), video, reader.name)
    gate, shift = events
    assert (gate.text, gate.span) == ("GATE 3", Span(0, 20))
    assert shift.text == "NIGHT SHIFT"
    assert shift.span.start_s == pytest.approx(8, abs=step_s(20))
    assert shift.span.end_s == pytest.approx(14, abs=step_s(20))


def test_segments_read_apart_say_the_same_as_the_whole(
    tmp_path: Path, reader: RapidOcrReader
) -> None:
    def at(time_s: float) -> Picture:
        title = "HARBOUR WEST" if time_s < 13 else "NIGHT SHIFT"
        return picture((20, 20, f"00:{int(time_s):02d}"), (20, 180, title))

    video, path = film(tmp_path, at, 24)
    whole = readings_of(video, path, reader)
    parts = [readings_of(video, path, reader, span) for span in (Span(0, 10), Span(10, 24))]
    again = [readings_of(video, path, reader, span) for span in (Span(0, 10), Span(10, 24))]
    assert again == parts
    events, clocks = build(parts[0] + parts[1], video, reader.name)
    assert events == build(whole, video, reader.name)[0]
    assert times_of("00:17", clocks) == [pytest.approx(17, abs=1 / FPS)]


# Real footage


@pytest.mark.slow
def test_every_time_of_the_clock_film_is_found_where_its_frame_shows_it(
    shared: Path, reader: RapidOcrReader
) -> None:
    events, clocks = read_whole(shared / "footage" / "wpt_movie_300.mp4", reader)
    asked = (1, 7, 42, 59, 60, 83, 119, 155, 200, 241, 297)
    found = {value: times_of(f"{value // 60:02d}:{value % 60:02d}", clocks) for value in asked}
    assert found == {value: [pytest.approx(value, abs=1 / 24)] for value in asked}
    assert {event.text.lower() for event in events} == {"x0.5", "x1", "x2"}
    assert {event.span for event in events} == {Span(0, 300)}
    assert sorted(clock.rate for clock in clocks) == [0.5, 1.0, 1.0, 2.0]


def test_frame_counter_and_seconds_of_the_counter_film_are_found(
    shared: Path, reader: RapidOcrReader
) -> None:
    _, clocks = read_whole(shared / "footage" / "pyscenedetect_counter.mp4", reader)
    assert times_of("frame 12", clocks) == [pytest.approx(1.1, abs=0.05)]
    assert times_of("PTS 2.5", clocks) == [pytest.approx(2.5, abs=0.05)]


@pytest.mark.slow
def test_the_timecode_of_the_test_card_is_found_to_the_frame(
    shared: Path, reader: RapidOcrReader
) -> None:
    events, clocks = read_whole(shared / "footage" / "moviepy_doc_example.mp4", reader)
    assert times_of("00:00:03:03", clocks) == [pytest.approx(3.12, abs=0.02)]
    assert times_of("00:00:14:20", clocks) == [pytest.approx(14.8, abs=0.02)]
    assert [(event.text, event.span) for event in events] == [
        ("1024 x 768 25 fps Photo JPEG 75%", Span(0, 16))
    ]


@pytest.mark.slow
def test_chinese_captions_are_read_when_they_stand_there(
    shared: Path, reader: RapidOcrReader
) -> None:
    events, clocks = read_whole(shared / "footage" / "pdvc_xukun.mp4", reader)
    stands = {
        "全民制作人们大家好": 2.5,
        "我是练习时长两年半的": 4.0,
        "喜欢唱跳rap篮球": 7.0,
        "music": 9.0,
        "让我如此蠢蠢欲动": 44.0,
        "很多我自己作词作曲": 52.0,
        "编舞的原创作品": 55.0,
        "期待的话请多多为我投票吧": 56.5,
    }
    read = {
        text: [event.text for event in events if event.span.contains(time_s)]
        for text, time_s in stands.items()
    }
    missing = [text for text in stands if text not in [t.replace(" ", "") for t in read[text]]]
    assert missing == [], read
    assert [event.text for event in events if event.span.contains(50.0)].count("蔡徐坤") == 1
    assert clocks == []
