"""Summaries: events in the same words are one line with its count; silence and gaps have names."""

from datetime import datetime, timedelta

import pytest

from vidindex.core.answering.citations import Footage, with_cites
from vidindex.core.answering.summaries import Summary, Told, bare_words, summarised
from vidindex.core.timing.wall_clock import WallClock
from vidindex.types import Channel, Coverage, Event, Gap, Span

TWO = datetime(2024, 3, 1, 14, 0).astimezone()
ZONE = TWO.isoformat()[-6:]
COVERAGE = Coverage(2, 7200.0)


def event(
    video_id: str, start_s: float, end_s: float, text: str, channel: Channel = "caption"
) -> Event:
    source = "a model" if channel == "caption" else "a reader"
    return Event(video_id, Span(start_s, end_s), text, channel, source, 1)


def told(
    video_id: str,
    *events: Event,
    camera: str | None = "cam3",
    starts_at: datetime | None = TWO,
    windows: tuple[Span, ...] = (Span(0.0, 3600.0),),
    captioned: bool = True,
) -> Told:
    clock = WallClock(starts_at) if starts_at else None
    footage = Footage(f"{video_id}.mp4", camera, clock, windows)
    return Told(video_id, footage, events, captioned)


def lines(summary: Summary) -> list[str]:
    """Titles and lines, as they are printed."""
    found = []
    for part in summary.parts:
        found += [f"{part.title}, {part.kind}", *(with_cites(line) for line in part.lines)]
    return found


def test_what_is_told_alike_is_one_line_with_its_count_and_where_it_was() -> None:
    summary = summarised(
        "cam3",
        [
            told(
                "a",
                event("a", 10, 15, "A man opens the gate."),
                event("a", 100, 110, "a white van leaves"),
                event("a", 200, 202, "the man opens a gate"),
            )
        ],
        COVERAGE,
        10,
    )
    assert lines(summary) == [
        f"camera cam3, 2024-03-01 14:00 – 15:00{ZONE}, seen",
        "A man opens the gate: twice, 7.0 s in all, first at 14:00:10, last at 14:03:20 [1][2]",
        "a white van leaves: once, for 10.0 s, at 14:01:40 [3]",
    ]
    assert [one.span.start_s for one in summary.citations] == [10, 200, 100]
    assert summary.num_events == 3


def test_an_event_that_goes_on_in_the_next_file_happened_once() -> None:
    later = TWO + timedelta(seconds=3601)
    summary = summarised(
        "cam3",
        [
            told("a", event("a", 3590, 3600, "a dog sleeps")),
            told("b", event("b", 0, 20, "a dog sleeps"), starts_at=later),
        ],
        COVERAGE,
        10,
    )
    assert lines(summary)[1:] == ["a dog sleeps: once, for 30.0 s, at 14:59:50 [1][2]"]


def test_hours_cameras_and_channels_stand_apart() -> None:
    summary = summarised(
        "all",
        [
            told("a", event("a", 5, 6, "a dog"), event("a", 7, 8, "EXIT", "screen")),
            told("b", event("b", 5, 6, "a dog"), camera="cam1"),
            told("c", event("c", 5, 6, "a dog"), starts_at=TWO + timedelta(hours=9)),
            told(
                "d",
                event("d", 5, 6, "Hello.", "speech"),
                event("d", 5, 6, "12:00", "clock"),
                camera=None,
                starts_at=None,
            ),
        ],
        COVERAGE,
        10,
    )
    assert lines(summary)[::2] == [
        "d.mp4, said",
        f"camera cam1, 2024-03-01 14:00 – 15:00{ZONE}, seen",
        f"camera cam3, 2024-03-01 14:00 – 15:00{ZONE}, seen",
        f"camera cam3, 2024-03-01 14:00 – 15:00{ZONE}, on screen",
        f"camera cam3, 2024-03-01 23:00 – 24:00{ZONE}, seen",
    ]


def test_a_file_is_told_by_its_own_times() -> None:
    summary = summarised("a", [told("a", event("a", 65, 70, "a dog"))], COVERAGE, 10, by_hour=False)
    assert lines(summary) == ["a.mp4, seen", "a dog: once, for 5.0 s, at 00:01:05.0 [1]"]


def test_only_what_lies_in_the_hours_asked_about_counts() -> None:
    summary = summarised(
        "from 14:10",
        [told("a", event("a", 0, 700, "a dog sleeps"), windows=(Span(600.0, 3600.0),))],
        COVERAGE,
        10,
    )
    assert lines(summary)[1:] == ["a dog sleeps: once, for 1.7 min, at 14:10:00 [1]"]


def test_of_many_lines_those_told_most_often_stay_and_the_others_are_counted() -> None:
    events = [event("a", 10.0 * n, 10.0 * n + 1, f"line {n}") for n in range(5)]
    events += [event("a", 1000, 1001, "line 3")]
    (part,) = summarised("a", [told("a", *events)], COVERAGE, 2).parts
    assert [line.text.partition(":")[0] for line in part.lines] == ["line 0", "line 3"]
    assert part.left_out == (3, 3)


def test_stretches_in_which_nothing_happens_are_named_also_over_files() -> None:
    summary = summarised(
        "cam3",
        [
            told("a", event("a", 0, 3000, "rain")),
            told("b", event("b", 900, 3600, "rain"), starts_at=TWO + timedelta(hours=1)),
        ],
        COVERAGE,
        10,
    )
    assert summary.quiet == (f"quiet for 25.0 min from 2024-03-01 14:50:00{ZONE} in camera cam3",)


def test_what_no_model_was_shown_is_not_called_quiet() -> None:
    assert summarised("a", [told("a", captioned=False)], COVERAGE, 10).quiet == ()


def test_gaps_in_the_recordings_are_named() -> None:
    gap = Gap("cam3", TWO, TWO + timedelta(minutes=5))
    summary = summarised("a", [], Coverage(0, 0.0, gaps=(gap,)), 10)
    assert summary.quiet == (f"camera cam3 has no recording 2024-03-01 14:00:00 – 14:05:00{ZONE}",)
    assert "no recording" not in summary.basis


def test_captions_are_called_what_they_are() -> None:
    seen = summarised("a", [told("a", event("a", 0, 1, "a dog"))], COVERAGE, 10)
    assert seen.caution.startswith("What was seen is what a model said of the frames. Nothing of")
    read = summarised("a", [told("a", event("a", 0, 1, "EXIT", "screen"))], COVERAGE, 10)
    assert read.caution == ""


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        ("A man opens the gate.", "the man opens a gate", True),
        ("A man", "a woman", False),
        ("男が門を開ける", "男が門を開ける。", True),
        ("12:30", "12:31", False),
        ("?!", "?!", True),
        ("?!", "...", False),
    ],
)
def test_captions_are_alike_but_for_case_articles_and_marks(
    one: str, other: str, alike: bool
) -> None:
    assert (bare_words(one) == bare_words(other)) is alike
