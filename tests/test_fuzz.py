"""Nothing that a model, a file name or a person writes breaks what reads it: seeded mutations.

Some thousands here; under `make torture` a million replies, and more of the rest.
"""

import io
import json
import math
import random
import string
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from lxml import etree
from support.library_assets import event, video
from test_planning import check, signals_of

from vidindex.adapters.exporters import EXPORTERS
from vidindex.core.answering.question import understand
from vidindex.core.formatting.time_format import parse_time
from vidindex.core.prompts import QWEN25_VL
from vidindex.core.replies import Tally, parse_boxes, parse_events, sanitise
from vidindex.core.retrieval.query_rewrite import as_caption, search_words
from vidindex.core.retrieval.tokens import query_terms
from vidindex.core.sampling.planner import PlanSettings, make_plan
from vidindex.core.screen_text.clock_notation import asked_values, is_coarser, numbers
from vidindex.core.timing.filename_dates import read_name
from vidindex.errors import InputError
from vidindex.types import Camera, ClockTrack, Signals, Span, Timeline, VideoTimeline

CORPUS = Path(__file__).parent / "reply_corpus.jsonl"
PIECES = (
    *"[]{}\"':,.-–~/\\\n\t <>|`#*()=\x00\u202e\ud800٣四",
    "00:05", "1:02:03.5", "12.5s", "-3", "1e999", "NaN", "null", "true", "```json", "<think>",
    "</think>", "start_time", "end_time", "description", "from ", " to ", "seconds", "\\boxed{",
    "不存在", "does not occur", "no dog", "I watched", "PT5S", "５，５", "∶", "−", " : ", "the end",
    '{"minutes": 1, "seconds": 5}', '"occurs": false', '"unit": "ms"', "Perhaps", "but", "没有",
    "99999999999999999999", "0", "🙂", '{"a":', "[[", "]]", "| - |",
)  # fmt: skip
NAMES = (
    "cam3_20240301_140005.mp4", "GX010042.MP4", "DJI_20240301140005_0001_D.MP4", "1709301605.ts",
    "NVR_ch3_main_20240301140000_20240301150000.dav", "2024-03-01 14-00-05.mkv", "VID-20240301.mp4",
    "front.2024-03-31T02:30:00+01:00.mp4", "PXL_20240301_140005123.mp4",
)  # fmt: skip
QUESTIONS = (
    'did anyone wearing a "red shirt" appear today in camera 3?',
    "what happened at the gate between 14:00 and 3 pm on 2024-03-01",
    "cam3 last Monday after 23:59 until midnight 01:23", "PTS=12.5 frame 700 00:01:02:03",
    "has nobody moved in cam1/*.mp4 since yesterday",
    "一个人在打篮球 at 5", "не 14:00", "show me a car",
)  # fmt: skip


def quick_and_torture(quick: int, torture: int) -> pytest.MarkDecorator:
    thorough = pytest.param(torture, marks=pytest.mark.torture)
    return pytest.mark.parametrize("count", [quick, thorough])


def mutated(rng: random.Random, texts: tuple[str, ...]) -> str:
    """One of the texts, cut, repeated, spliced with another, and sown with pieces."""
    text = rng.choice(texts)
    for _ in range(rng.randint(1, 6)):
        a, b = sorted((rng.randint(0, len(text)), rng.randint(0, len(text))))
        other = rng.choice(texts)
        text = rng.choice(
            (
                text[:a] + text[b:],
                text[:b] + text[a:],
                text[:a] + rng.choice(PIECES) + text[a:],
                text[:a] + rng.choice(PIECES) * rng.randint(1, 9) + text[b:],
                text[:a] + other[rng.randint(0, len(other)) :],
                text[:a] + text[a:b].swapcase() + text[b:],
                text[:a] + text[a:b][::-1] + text[b:],
                text[:a] + "".join(rng.choices(string.printable, k=3)) + text[a:],
            )
        )[:4000]
    return text


@quick_and_torture(3_000, 1_000_000)
def test_no_mutated_reply_raises_or_leaves_its_video(count: int) -> None:
    lines = map(json.loads, CORPUS.read_text(encoding="utf-8").splitlines())
    texts = tuple(line["reply"] for line in lines)
    rng = random.Random(count)
    for _ in range(count):
        reply = mutated(rng, texts)
        duration_s = rng.choice((None, 0.04, 7.0, 60.0, 5000.0))
        parsed = parse_events(reply, duration_s, QWEN25_VL.segment)
        last_s = math.inf if duration_s is None else duration_s
        for one in parsed.events:
            assert 0 <= one.span.start_s < one.span.end_s <= last_s, ascii(reply)
            assert math.isfinite(one.span.end_s), ascii(reply)
        assert all(number > 0 for number in parsed.repairs.values()), ascii(reply)
        if rng.random() < 0.1:
            assert parse_events(reply, duration_s, QWEN25_VL.segment) == parsed
            parse_boxes(reply, 100, 100)


@quick_and_torture(3_000, 1_000_000)
def test_every_span_is_kept_within_its_video_or_counted(count: int) -> None:
    rng = random.Random(count)
    odd = (0.0, -0.0, 1e-300, 1e308, math.inf, -math.inf, math.nan, 59.999, 60.0, 60.001, -5.0)
    for _ in range(count // 3):
        said = [
            (*(rng.choice((rng.choice(odd), rng.uniform(-9, 70))) for _ in range(2)), "x")
            for _ in range(3)
        ]
        tally = Tally()
        events = sanitise(said, 60.0, tally)  # type: ignore[arg-type]
        assert all(0 <= one.span.start_s < one.span.end_s <= 60.0 for one in events), said
        left_out = tally["outside"] + tally["duplicate"] + tally["not_a_number"]
        assert len(events) + left_out == len(said), said


@quick_and_torture(150, 20_000)
def test_every_plan_tiles_on_the_ladder_within_its_budget_and_is_the_same_again(
    count: int,
) -> None:
    rng = np.random.default_rng(count)
    for _ in range(count):
        duration_s = float(rng.choice([0.03, 1.0, 33.3, 61.7, 700.0]) * rng.uniform(0.5, 1.5))
        sides = rng.integers(32, 4096, 2)
        info = replace(
            video(duration_s=duration_s), width=int(sides[0]), height=int(sides[1]),
            average_fps=float(rng.choice([0.0, 0.5, 12.0, 29.97, 240.0])),
        )  # fmt: skip
        bounds = PlanSettings(
            policy="adaptive" if rng.random() < 0.8 else "uniform",
            max_frames=int(rng.integers(8, 768)),
            max_tokens=int(rng.integers(256, 24_576)),
        )
        signals = any_signals(rng, duration_s)
        plan = make_plan(info, signals, bounds)
        check(plan, info, bounds)
        assert plan == make_plan(info, signals, bounds)


def any_signals(rng: np.random.Generator, duration_s: float) -> Signals:
    number = int(rng.integers(0, 80))
    times_s = np.sort(rng.uniform(-0.5, duration_s + 0.5, number))
    is_key = rng.random(number) < rng.choice([0.0, 0.1, 0.5, 1.0])
    sizes = rng.integers(1, 10**7, number)
    looks = rng.integers(0, 256, (int(is_key.sum()), 36, 64), dtype=np.uint8)
    return signals_of(times_s, sizes, is_key, looks) if len(looks) else Signals(
        times_s, sizes, is_key
    )  # fmt: skip


@quick_and_torture(300, 20_000)
def test_every_exporter_writes_any_text(count: int) -> None:
    rng = random.Random(count)
    for _ in range(count):
        texts = [mutated(rng, (*QUESTIONS, *PIECES)) for _ in range(3)]
        name = mutated(rng, NAMES).replace("\ud800", "\udc80") + ".mp4"
        events = [event(text, i, i + 1.5) for i, text in enumerate(texts)]
        one = VideoTimeline(video(), name, tuple(events), path=f"/media/{name}")
        for format_name, exporter in EXPORTERS.items():
            stream = io.StringIO()
            exporter.write(Timeline(texts[0], (one,)), stream)
            written = stream.getvalue()
            written.encode("utf-8")
            if format_name in ("fcpxml", "fcp7xml"):
                etree.fromstring(written.encode("utf-8"))
            if format_name in ("json", "otio"):
                json.loads(written)


@quick_and_torture(3_000, 300_000)
def test_every_file_name_says_an_instant_or_nothing(count: int) -> None:
    rng, zones = random.Random(count), (None, UTC, ZoneInfo("Europe/Berlin"))
    for _ in range(count):
        name = mutated(rng, NAMES).replace("/", "_").replace("\0", "")
        clock = read_name(name or "x", rng.choice(zones))
        assert clock is None or clock.starts_at.utcoffset() is not None, ascii(name)


@quick_and_torture(2_000, 200_000)
def test_every_question_is_understood_or_refused(count: int) -> None:
    rng, now = random.Random(count), datetime(2024, 3, 31, 12, tzinfo=UTC)
    cameras = [Camera("cam1"), Camera("cam3", zone="Asia/Tokyo"), Camera("gate 2")]
    track = ClockTrack("a", Span(0, 60), 83.0, 1.0, "mm:ss", "PTS={}", 1.0, "ocr")
    for text in asked(rng, count):
        assert all(term.startswith('"') and term.endswith('"') for term in query_terms(text))
        search_words(text)
        as_caption(text)
        numbers(text)
        assert all(map(math.isfinite, asked_values(text, track))), ascii(text)
        is_coarser(text, track)
        with suppress(InputError):
            filters = understand(text, cameras, now, "Europe/Berlin").filters
            both = filters.since and filters.until
            assert not both or filters.since < filters.until, ascii(text)  # type: ignore[operator]
        with suppress(InputError):
            assert 0 <= parse_time(text) < math.inf


def asked(rng: random.Random, count: int) -> Iterator[str]:
    for _ in range(count):
        yield mutated(rng, QUESTIONS)
