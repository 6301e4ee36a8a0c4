"""Replies of models: every span that a reader finds, none invented, every repair counted."""

import json
import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vidindex.core.families import QWEN3_FAMILY, box_scale_of
from vidindex.core.replies import ParsedReply, SaidEvent, parse_boxes, parse_events
from vidindex.core.replies.time_literals import read_time
from vidindex.types import ModelLimits, Span

TOLERANCE_S = 0.01
LIMITS = ModelLimits("", "", 32_768, 768, 3136, 602_112, 16_384)


def load(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


CORPUS = load(Path(__file__).with_name("reply_corpus.jsonl"))
"""Replies after the manners of Qwen2.5-VL, Qwen3-VL, GPT-4o, Gemini and their fine-tunes,
written for these tests, with the spans that a reader finds in them."""


def spans_of(parsed: ParsedReply) -> list[tuple[float, float]]:
    return [(event.span.start_s, event.span.end_s) for event in parsed.events]


def assert_spans(parsed: ParsedReply, wanted: list[list[float]]) -> None:
    found = spans_of(parsed)
    assert len(found) == len(wanted), found
    for one, other in zip(found, wanted, strict=True):
        assert one == pytest.approx(other, abs=TOLERANCE_S)


@pytest.mark.parametrize("case", CORPUS, ids=lambda case: case["shows"])
def test_a_reply_gives_the_spans_that_a_reader_finds(case: dict[str, Any]) -> None:
    parsed = parse_events(case["reply"], case["duration_s"])
    assert_spans(parsed, case["spans"])
    if case.get("absent"):
        assert parsed.says_absent
    elif case["spans"]:
        assert not parsed.says_absent


def test_real_replies_give_the_spans_that_a_reader_finds(shared: Path) -> None:
    records = load(shared / "evaluation" / "model_replies.jsonl")
    assert len(records) == 17
    for record in records:
        parsed = parse_events(record["raw"], record["video_duration"])
        if record["gold_spans"] is not None:
            assert_spans(parsed, record["gold_spans"])


def test_reasoning_that_names_a_span_twice_gives_it_once(shared: Path) -> None:
    records = {r["id"]: r for r in load(shared / "evaluation" / "model_replies.jsonl")}
    cut = parse_events(records["vllm26902_02"]["raw"], 360.0)
    assert spans_of(cut) == [(28.2, 35.5), (195.2, 220.7)]
    assert spans_of(parse_events(records["videollama3_01"]["raw"], 10.0)) == []


def test_real_captions_keep_their_words(shared: Path) -> None:
    records = {r["id"]: r for r in load(shared / "evaluation" / "model_replies.jsonl")}
    chinese = parse_events(records["issue1761_02"]["raw"], 265.0)
    assert chinese.events[1].text == "显示0815 BBQ的品牌标志和网站信息。"
    inline = parse_events(records["timechat_01"]["raw"], 24.2)
    assert [event.text for event in inline.events] == [
        "A person turns on the water to a sink.",
        "A person uncorks a bottle of wine.",
    ]


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        ("**Scene (0:00-0:12)**\nThe camera pans.", ["Scene"]),
        ("A man opens (0:02-0:05), sits (0:05-0:09).", ["A man opens", "sits"]),
        ("0:02-0:05: opens; 0:05-0:09: sits", ["opens", "sits"]),
        ("Start: 0:02\nEnd: 0:05\nDescription: a man", ["a man"]),
        ("| Time | Event |\n|---|---|\n| 0:02-0:05 | a man |", ["a man"]),
        ('{"start": 2, "end": 5, "id": "e1", "event": "x", "caption": "a man"}', ["a man"]),
        ('[{"start": 2, "end": 5, "description": "a \\"red\\" car\\n"}]', ['a "red" car']),
    ],
)
def test_words_go_with_their_span(reply: str, words: list[str]) -> None:
    assert [event.text for event in parse_events(reply, 60).events] == words


@pytest.mark.parametrize(
    ("written", "seconds"),
    [
        (12, 12.0),
        ("12.5", 12.5),
        ("12.5s", 12.5),
        ("12,5 Sekunden", 12.5),
        ("about 12 seconds", 12.0),
        ("01:32.40", 92.4),
        ("01:02:03.5", 3723.5),
        ("00:00:01,500", 1.5),
        ("00:01:02:50", 62.5),
        ("1m05s", 65.0),
        ("1 minute and 5 seconds", 65.0),
        ("1'05\"", 65.0),
        ("1分23秒", 83.0),
        ("1時間2分3秒", 3723.0),
        ("第12秒", 12.0),
        ("450 ms", 0.45),
        ("２分３０秒", 150.0),
        ("-3", -3.0),
    ],
)
def test_every_way_to_write_a_time_is_read(written: object, seconds: float) -> None:
    time = read_time(written)
    assert time is not None
    assert time.seconds == pytest.approx(seconds)


@pytest.mark.parametrize(
    "written", ["", "N/A", "mm:ss.ff", "5 - 7", "frame 12", True, None, "12 px"]
)
def test_what_is_no_time_is_not_read_as_one(written: object) -> None:
    assert read_time(written) is None


def test_what_breaks_off_is_kept_as_far_as_it_is_whole() -> None:
    reply = (
        '[{"start_time": "00:01.00", "end_time": "00:04.00", "description": "a"}, {"start_time": "0'
    )
    parsed = parse_events(reply, 60)
    assert parsed.events == (SaidEvent(Span(1.0, 4.0), "a"),)
    assert parsed.repairs == {"truncated": 1}


def test_thinking_without_an_answer_is_counted_not_parsed() -> None:
    parsed = parse_events("<think>It starts at 3 s and ends at 5 s", 60)
    assert parsed == ParsedReply((), {"reasoning": 1}, False)


def test_the_prompts_own_words_are_no_answer() -> None:
    prompt = 'Answer like this: [{"start_time": "00:01.00", "end_time": "00:02.00"}]'
    parsed = parse_events(f"{prompt}\nFrom 4 s to 6 s.", 60, prompt)
    assert spans_of(parsed) == [(4.0, 6.0)]
    assert parsed.repairs["echo"] == 1


def test_three_part_clocks_that_only_fit_as_minutes_are_counted() -> None:
    reply = '[{"start": "00:25:00", "end": "00:46:50", "event": "cut"}]'
    assert parse_events(reply, 265).repairs == {"frame_clock": 2}
    assert spans_of(parse_events(reply, 7200)) == [(1500.0, 2810.0)]


def test_seconds_beyond_sixty_are_read_as_written_and_counted() -> None:
    parsed = parse_events('{"start": "00:75.00", "end": "00:80.00", "event": "x"}', 100)
    assert spans_of(parsed) == [(75.0, 80.0)]
    assert parsed.repairs == {"clock_overflow": 2}


def test_minutes_written_with_a_point_are_not_guessed() -> None:
    parsed = parse_events('{"start": 1.30, "end": 1.45, "event": "x"}', 200)
    assert spans_of(parsed) == [(1.3, 1.45)]


def test_a_span_beyond_the_video_is_counted_not_scaled() -> None:
    assert parse_events("From 70 s to 80 s.", 60) == ParsedReply((), {"outside": 1}, False)


def test_identical_lines_of_a_loop_are_merged_and_counted() -> None:
    parsed = parse_events("0:05 - 0:09: a man walks\n" * 50, 60)
    assert parsed.events == (SaidEvent(Span(5.0, 9.0), "a man walks"),)
    assert parsed.repairs == {"duplicate": 49, "loop": 1}


def test_a_loop_in_equal_steps_is_counted_and_keeps_what_lies_in_the_video() -> None:
    lines = [f"{5 * i}s - {5 * i + 5}s: a man walks" for i in range(100)]
    parsed = parse_events("\n".join(lines), 60)
    assert spans_of(parsed) == [(5.0 * i, 5.0 * i + 5) for i in range(12)]
    assert parsed.repairs == {"outside": 88, "loop": 1}


def test_a_sentence_that_repeats_to_the_end_is_said_once() -> None:
    reply = '[{"start": 0, "end": 5, "description": "He walks. ' + "The man sits down. " * 80
    parsed = parse_events(reply, 60)
    assert parsed.events[0].text == "He walks. The man sits down."
    assert parsed.repairs == {"truncated": 1, "loop": 1}


def test_different_events_in_equal_steps_are_no_loop() -> None:
    reply = "\n".join(f"{5 * i}s - {5 * i + 5}s: scene {'abcdefghij'[i]}" for i in range(10))
    assert parse_events(reply, 60).repairs == {}


def test_clocks_that_open_their_lines_are_moments() -> None:
    parsed = parse_events("[00:05] a man enters\n[00:09] he leaves", 60)
    assert [event.span.start_s for event in parsed.events] == [5.0, 9.0]
    assert parsed.repairs == {"point": 2}


times = st.floats(0, 1e4).map(lambda time_s: round(time_s, 2))
pieces = st.sampled_from(
    ["[", "]", "{", "}", '"', "'", ":", ",", "-", " to ", "start", "end", "\n", "|", "```", "00:05",
     "12.5", "s", "秒", "到", "<think>", "</think>", "<answer>", "\\", "(", "1e999", "9" * 30, "…",
     "from ", "until ", "null", "分", "1:2:3:4", "-5", "start,end\n", "\ud800", "\x00", "٣", "²",
     '{"start":', '"end":', '"occurs": false', "no dog ", "I watched ", "但", "没有出现", "5,5",
     "PT5S", "０５", "：", "∶", "−", " the end", "the beginning", '{"minutes": 1}', '"unit": "ms"',
     "but ", "Perhaps ", "No. ", ". "]
)  # fmt: skip
hostile = st.one_of(st.text(max_size=200), st.lists(pieces, max_size=60).map("".join))


@settings(max_examples=300, deadline=None)
@given(reply=hostile, duration_s=st.one_of(st.none(), st.floats(0.01, 1e5)))
def test_no_reply_raises_or_gives_a_span_outside_the_video(
    reply: str, duration_s: float | None
) -> None:
    parsed = parse_events(reply, duration_s)
    last_s = math.inf if duration_s is None else duration_s
    for event in parsed.events:
        assert 0 <= event.span.start_s < event.span.end_s <= last_s
    assert all(count > 0 for count in parsed.repairs.values())
    parse_boxes(reply, 100, 100)


def as_clock(time_s: float, comma: str = ".", colon: str = ":") -> str:
    hundredths = round(time_s * 100)
    minutes, rest = divmod(hundredths, 6000)
    return f"{minutes:02d}{colon}{rest // 100:02d}{comma}{rest % 100:02d}"


def full_width(text: str) -> str:
    return text.translate(str.maketrans("0123456789.", "０１２３４５６７８９．"))


NOTATIONS: dict[str, Callable[[float], object]] = {
    "a number": lambda t: t,
    "seconds": lambda t: f"{t:.2f} s",
    "a decimal comma": lambda t: f"{t:.2f}".replace(".", ","),
    "a clock": as_clock,
    "a clock with a decimal comma": lambda t: as_clock(t, ","),
    "a spaced clock": lambda t: as_clock(t, colon=" : "),
    "a clock with a ratio sign": lambda t: as_clock(t, colon="∶"),
    "a full-width number": lambda t: full_width(f"{t:.2f}"),
    "a full-width clock": lambda t: full_width(as_clock(t, colon="：")),
    "ISO 8601": lambda t: f"PT{t:.2f}S",
    "parts": lambda t: {"minutes": int(t // 60), "seconds": round(t % 60, 2)},
    "a value with its unit": lambda t: {"value": round(t * 1000), "unit": "ms"},
}


@pytest.mark.parametrize("notation", NOTATIONS)
@settings(max_examples=25, deadline=None)
@given(
    edges=st.tuples(st.integers(0, 59_99), st.integers(1, 60_00)).filter(lambda e: e[0] < e[1]),
    keys=st.sampled_from([("start", "end"), ("von", "bis"), ("début", "fin"), ("inicio", "fin")]),
)
def test_a_span_in_any_notation_is_that_span(
    notation: str, edges: tuple[int, int], keys: tuple[str, str]
) -> None:
    write = NOTATIONS[notation]
    start_s, end_s = (edge / 100 for edge in edges)
    reply = json.dumps([dict(zip(keys, (write(start_s), write(end_s)), strict=True))])
    ((found,),) = (spans_of(parse_events(reply, 60.0)),)
    assert found == pytest.approx((start_s, end_s), abs=0.006)


DENIALS = (
    "No, the event does not occur in the video ({a} - {b}).",
    "There is no dog between {a} and {b}.",
    "From {a} to {b} no dog is visible.",
    "I checked the clip from {a} to {b}, but the dog never appears.",
    "Zwischen {a} und {b} ist kein Hund zu sehen.",
    "Aucun chien n'est visible de {a} à {b}.",
    "El perro no aparece entre {a} y {b}.",
    "在{a}到{b}之间没有出现狗。",
    '{{"occurs": "No", "start": "{a}", "end": "{b}"}}',
    '{{"found": false, "timestamps": [["{a}", "{b}"]]}}',
)


@pytest.mark.parametrize("denial", DENIALS)
@settings(max_examples=25, deadline=None)
@given(
    edges=st.tuples(st.integers(0, 59), st.integers(1, 60)).filter(lambda e: e[0] < e[1]),
    write=st.sampled_from([as_clock, lambda t: f"{t:.1f}s", lambda t: f"{t} seconds"]),
)
def test_a_denial_that_names_a_stretch_is_a_denial_of_it(
    denial: str, edges: tuple[int, int], write: Callable[[float], str]
) -> None:
    parsed = parse_events(denial.format(a=write(edges[0]), b=write(edges[1])), 60.0)
    assert (spans_of(parsed), parsed.says_absent) == ([], True)
    assert parsed.repairs == {"denied": 1}


@pytest.mark.parametrize(
    "reply",
    [
        "He does not see the car from 3 s to 9 s.",
        "From 3 s to 9 s the man shows no fear.",
        "She does not drop any plates from 3 s to 9 s.",
        "Sin ninguna duda aparece de 3 s a 9 s.",
        "Sans aucun doute, il apparaît de 3 s à 9 s.",
        "The dog is visible from 3 s to 9 s and cannot be seen afterwards.",
    ],
)
def test_a_negative_word_in_what_happens_is_no_denial(reply: str) -> None:
    assert spans_of(parse_events(reply, 60)) == [(3.0, 9.0)]


def test_what_a_description_denies_is_a_description() -> None:
    reply = "0:00 - 0:05: There is no one in the street.\n0:05 - 0:09: A man walks in."
    described = parse_events(reply, 60, describes=True)
    assert spans_of(described) == [(0.0, 5.0), (5.0, 9.0)]
    assert spans_of(parse_events(reply, 60)) == [(5.0, 9.0)]


@settings(max_examples=100, deadline=None)
@given(
    spans=st.lists(st.tuples(times, times).filter(lambda pair: pair[0] < pair[1]), unique=True),
    words=st.text(st.characters(codec="utf-8", categories=["L"]), min_size=1, max_size=30),
)
def test_what_was_parsed_parses_to_itself(spans: list[tuple[float, float]], words: str) -> None:
    items = [{"start_time": a, "end_time": b, "description": words} for a, b in spans]
    parsed = parse_events(json.dumps(items, ensure_ascii=False), 2e4)
    assert spans_of(parsed) == spans
    assert [event.text for event in parsed.events] == [words] * len(spans)


@pytest.mark.slow
@pytest.mark.parametrize(
    "unit", ["[", '{"a":', "5 - ", "9,", "1 2 3 ", "\\boxed{", '"x" ', "<think>"]
)
def test_a_long_hostile_reply_is_read_to_its_end(unit: str) -> None:
    parsed = parse_events(unit * (200_000 // len(unit)) + "\nFrom 7 s to 9 s.", 60)
    assert all(event.span.end_s <= 60 for event in parsed.events)


def test_boxes_are_read_as_shares_of_the_picture() -> None:
    reply = '```json\n[{"bbox_2d": [10, 20, 60, 202], "label": "dog"}, {"bbox_2d": [1, 2, 3]}]\n```'
    boxes, repairs = parse_boxes(reply, 100, 200)
    assert [(box.box, box.label) for box in boxes] == [((0.1, 0.1, 0.6, 1.0), "dog")]
    assert repairs == {"clipped": 1, "unreadable": 1}


def test_swapped_and_doubled_boxes_are_counted() -> None:
    reply = json.dumps([{"bbox_2d": box} for box in ([60, 20, 10, 40], [10, 20, 60, 40])])
    boxes, repairs = parse_boxes(reply, 100, 100)
    assert [box.box for box in boxes] == [(0.1, 0.2, 0.6, 0.4)]
    assert repairs == {"swapped": 1, "duplicate": 1}


@pytest.mark.parametrize(
    "corners",
    [[323, 118, 444, 825], [0.1, 0.2, 0.4, 0.8], [10, 20, 10.5, 40], [10, -90, 60, 40]],
)
def test_boxes_on_another_scale_than_the_models_are_unreadable_not_clipped(
    corners: list[float],
) -> None:
    reply = json.dumps([{"bbox_2d": [10, 20, 60, 40]}, {"bbox_2d": corners}])
    assert parse_boxes(reply, 448, 252) == ((), {"unreadable": 2})


def test_boxes_are_converted_where_the_model_is_known_to_use_another_scale() -> None:
    reply = '[{"bbox_2d":[323,118,444,825],"label":"w"}]'
    tuned = replace(LIMITS, identity="my-tune@abc bfloat16", family=QWEN3_FAMILY.name)
    scale = box_scale_of(tuned)
    ((box,), repairs) = parse_boxes(reply, 448, 252, scale)
    assert (box.box, repairs) == ((0.323, 0.118, 0.444, 0.825), {})
    shares = parse_boxes('[{"bbox_2d":[0.1,0.2,0.4,0.8]}]', 448, 252, "shares")
    assert shares.boxes[0].box == (0.1, 0.2, 0.4, 0.8)
    for name in ("Qwen/Qwen2.5-VL-7B-Instruct", "bundled@0123 float32", "qwen-tiny"):
        assert box_scale_of(replace(LIMITS, identity=name)) == "pixels"
    served_elsewhere = replace(LIMITS, identity="OpenGVLab/InternVL3-8B@as-served served")
    assert box_scale_of(served_elsewhere) == "thousandths"


def test_a_parsed_reply_is_its_events_and_its_repairs() -> None:
    events, repairs = parse_events("From 4 s to 90 s.", 60)
    assert [event.span for event in events] == [Span(4.0, 60.0)]
    assert repairs == {"clipped": 1}


def test_a_bare_carriage_return_and_an_endless_cell_are_no_table() -> None:
    for reply in ("start,end\n1,\r2", "start,end,what\n1,2," + "x" * 200_000):
        assert spans_of(parse_events(reply, 60.0)) in ([], [(1.0, 2.0)])
