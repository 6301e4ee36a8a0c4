"""Words find events in any language, whatever people type, and filters come before the limit."""

import sqlite3
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.library_assets import add_video, event, video

from store import Library
from store.index import event_filter
from store.index import full_text as words
from vidindex.types import Camera, Filters, Span

A, B = "a" * 32, "b" * 32


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    with Library.open(tmp_path / "library", create=True) as opened:
        add_video(opened, video(A), "cam1/film.mp4")
        yield opened


def found(library: Library, text: str, filters: Filters | None = None, limit: int = 10) -> set[str]:
    ids = [event_id for event_id, _ in library.full_text.search(text, filters or Filters(), limit)]
    return {found.text for found in library.events.by_ids(ids)}


def test_more_matching_and_rarer_words_rank_higher(library: Library) -> None:
    library.events.add([event(f"a car number {i}") for i in range(20)])
    best = library.events.add([event("a red car in the rain")])
    hits = library.full_text.search("red car", Filters(), 5)
    assert hits[0][0] == best[0]
    assert len(hits) == 5
    assert [score for _, score in hits] == sorted((score for _, score in hits), reverse=True)


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("一个人在打篮球", "篮球"),
        ("一个人在打篮球", "球"),
        ("一个人在打篮球", "谁在玩篮球？"),
        ("赤い車が駅前を走る", "駅前"),
        ("バスケットボールをする", "ボール"),
        ("ﾊﾞｽが来る", "バス"),
        ("고양이가 잔다", "고양이"),
        ("แมวกินปลา", "กิน"),
        ("拍摄于iPhone手机", "iphone"),
        ("ein Café in Zürich", "cafe zurich"),
        ("мужчина в Красном", "красном"),
        ("एक लाल गाड़ी", "गाड़ी"),
        ("ＬＩＶＥ　１２：３０", "live"),
        ("on screen 01:23", "01:23"),
        ("gate C-3", "C-3"),
        ("it is 5 AND 6", "AND"),
        ("she said NEAR the door", 'NEAR("the door")'),
        ("plate B*77", "B*"),
    ],
)
def test_words_of_any_script_and_signs_are_words(library: Library, text: str, query: str) -> None:
    library.events.add([event(text), event("something else: 01 02")])
    assert found(library, query) == {text}


@pytest.mark.parametrize(
    "query", ["", " ", "-", '"', "***", "()", "\0", "a:b:c {}", "^", "x" * 9999]
)
def test_signs_alone_find_nothing_and_break_nothing(library: Library, query: str) -> None:
    library.events.add([event("a red car")])
    assert library.full_text.search(query, Filters(), 5) in (
        [],
        library.full_text.search("a", Filters(), 5),
    )


@settings(
    max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.text())
def test_any_text_can_be_stored_searched_and_replaced(library: Library, text: str) -> None:
    library.events.replace(A, "caption", [event(text + " needle")])
    library.full_text.search(text, Filters(), 5)
    assert len(library.full_text.search("needle", Filters(), 5)) == 1


def test_a_whole_page_of_words_can_be_looked_for(library: Library) -> None:
    library.events.add([event(f"word{i}") for i in range(3000)])
    hits = library.full_text.search(" ".join(f"word{i}" for i in range(3000)), Filters(), 100)
    assert len(hits) == 64


def test_a_common_word_is_dropped_only_beside_a_rarer_one(library: Library) -> None:
    library.events.add([event(f"the road {i}") for i in range(200)])
    library.events.add([event("the bear")])
    assert found(library, "the bear") == {"the bear"}
    assert len(found(library, "the", limit=500)) == 201


def test_filters_come_before_the_limit(library: Library) -> None:
    add_video(library, video(B, camera="gate"), "cam2/other.mp4")
    library.events.add([event("car car car", i, i + 1) for i in range(50)])
    library.events.add([event("one car in a long sentence about rain", 40, 50, video_id=B)])
    library.events.add([event("she says car in a long sentence", 60, 70, channel="speech")])
    for filters in (
        Filters(globs=("cam2/*",)),
        Filters(globs=("other.mp4",)),
        Filters(cameras=("gate",)),
    ):
        assert found(library, "car", filters, limit=1) == {"one car in a long sentence about rain"}
    assert found(library, "car", Filters(channels=("speech",)), limit=1) == {
        "she says car in a long sentence"
    }
    assert found(library, "car", Filters(start_s=55), limit=1) == {
        "she says car in a long sentence"
    }
    assert found(library, "car", Filters(globs=("cam2/*",), end_s=40)) == set()
    assert found(library, "car", Filters(globs=("nothing*",))) == set()


def test_a_day_is_the_day_on_the_clock_of_the_camera(library: Library) -> None:
    library.cameras.put(Camera("tokyo", zone="Asia/Tokyo"))
    began = datetime(2024, 5, 1, 14, 0, tzinfo=UTC)  # 23:00 in Tokyo
    add_video(library, video(B, duration_s=7200, recorded_at=began, camera="tokyo"), "night.mp4")
    library.events.add(
        [
            event("car before midnight", 3500, 3590, video_id=B),
            event("car at midnight", 3590, 3610, video_id=B),
            event("car after midnight", 3600, 3700, video_id=B),
            event("car of no known day"),
        ]
    )
    first, second = date(2024, 5, 1), date(2024, 5, 2)
    both = {"car before midnight", "car at midnight", "car after midnight"}
    assert found(library, "car", Filters(days=(first,))) == both - {"car after midnight"}
    assert found(library, "car", Filters(days=(second,))) == both - {"car before midnight"}
    assert found(library, "car", Filters(days=(first, second))) == both
    assert found(library, "car", Filters(days=(date(2024, 5, 3),))) == set()
    assert found(library, "car", Filters(days=(second,), start_s=3650)) == {"car after midnight"}
    assert library.videos.selected(Filters(days=(first,), end_s=9000)) == {B: [Span(0, 3600)]}
    assert library.videos.selected(Filters(end_s=50)) == {A: [Span(0, 50)], B: [Span(0, 50)]}


def test_a_recording_gives_its_camera_to_its_files(library: Library) -> None:
    library.recordings.put([A], camera="dashboard")
    library.events.add([event("a red car")])
    assert found(library, "car", Filters(cameras=("dashboard",))) == {"a red car"}


@pytest.mark.parametrize(
    "wanted",
    [Filters(), Filters(globs=("cam2/*",)), Filters(channels=("caption",)), Filters(start_s=50.0)],
)
@pytest.mark.parametrize("narrow", [5, 10_000])
def test_many_matches_are_ranked_as_few_are(
    library: Library, wanted: Filters, narrow: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Captions of one length: their BM25 follows from which words they have."""
    add_video(library, video(B), "cam2/film.mp4")
    colours, things = ("red", "blue", "green"), ("car", "dog", "hat", "box", "drum")
    for i in range(300):
        text = f"a {colours[i % 3]} {things[i % 5]} here {i % 7}"
        library.events.add([event(text, i % 90, i % 90 + 5, video_id=(A, B)[i % 2])])
    exact = library.full_text.search("green hat 6", wanted, 25)
    monkeypatch.setattr(words, "RANKED_BY_BM25", 10)
    monkeypatch.setattr(event_filter, "NARROW", narrow)
    quick = library.full_text.search("green hat 6", wanted, 25)
    assert len(exact) > 15
    assert [event_id for event_id, _ in quick] == [event_id for event_id, _ in exact]


def test_words_of_many_matches_follow_what_others_write(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(words, "RANKED_BY_BM25", 0)
    library.events.add([event(f"a red car {i}") for i in range(3)])
    with Library.open(library.path) as reader:
        assert len(found(reader, "red car")) == 3
        library.events.add([event("a red car again")])
        assert len(found(reader, "red car")) == 4
        library.events.replace(A, "caption", [])
        assert found(reader, "red car") == set()


def test_words_that_most_events_have_are_looked_for_in_all_of_them(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(words, "RANKED_BY_BM25", 10)
    add_video(library, video(B), "cam2/film.mp4")
    library.events.add([event(f"grey car {i}") for i in range(300)])
    library.events.add([event("grey car at last", video_id=B)])
    assert found(library, "grey car", Filters(globs=("cam2/*",))) == {"grey car at last"}


def _fold_as_before(library: Path) -> None:
    """Make the index of words as libraries had it before texts were folded for it."""
    with sqlite3.connect(library / "library.db") as db:
        db.executescript(
            """
            DROP TABLE event_words;
            DROP TABLE index_versions;
            DELETE FROM _sqlite_migrations WHERE name = 'm017_folded_words';
            CREATE VIRTUAL TABLE event_words USING fts5 (
                words, content='', tokenize="unicode61 remove_diacritics 2"
            );
            INSERT INTO event_words (rowid, words) SELECT event_id, text FROM events;
            """
        )


@pytest.mark.parametrize("write", [False, True])
def test_a_library_made_before_finds_other_spellings_once_it_is_opened(
    library: Library, write: bool
) -> None:
    library.events.add([event("KA 05 MJ 9876"), event("κόσμος")])
    library.close()
    _fold_as_before(library.path)
    with Library.open(library.path, write=write) as opened:
        assert found(opened, "KA05MJ9876") == {"KA 05 MJ 9876"}
        assert found(opened, "ΚΟΣΜΟΣ") == {"κόσμος"}
        assert opened.check() == []


def test_an_index_of_another_folding_is_rebuilt_and_follows_later_changes(library: Library) -> None:
    library.events.add([event("a red car")])
    library.close()
    with sqlite3.connect(library.path / "library.db") as db:
        db.execute("INSERT INTO event_words (event_words) VALUES ('delete-all')")
        db.execute("UPDATE index_versions SET version = version - 1")
    with Library.open(library.path, write=True) as opened:
        assert found(opened, "red") == {"a red car"}
        opened.events.replace(A, "caption", [event("a blue car")])
        assert found(opened, "red") == set()
        assert found(opened, "blue") == {"a blue car"}
        assert opened.check() == []
