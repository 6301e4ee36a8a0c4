"""Searching through the web face: hits at once, verdicts as they come, the answer of any search."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest
from support import answer_assets as assets
from support.page_assets import HOSTILE
from support.web_assets import events, served, streamed, wait_for

from store import Library
from vidindex.app import open_library
from vidindex.core.formatting.to_json import jsonable
from vidindex.types import Event, Mark, Span
from vidindex.web.state import ServerOptions

MOVES = "a blue circle moves left"


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return assets.copied(tmp_path_factory)


@pytest.fixture(scope="module")
def client(library: Path) -> Iterator[httpx.Client]:
    with served(ServerOptions(library, assets.BUNDLED)) as opened:
        yield opened


@pytest.fixture(scope="module")
def told(client: httpx.Client) -> list[tuple[str, Any]]:
    return streamed(client, q=MOVES)


def logged(library: Path) -> list[dict[str, Any]]:
    lines = (library / "audit.log").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def test_hits_come_first_unchecked_then_verdicts_then_the_answer(
    told: list[tuple[str, Any]],
) -> None:
    names = [name for name, _ in told]
    assert names[:2] == ["started", "hits"]
    assert set(names[2:-1]) == {"verdict"}
    assert names[-1] == "done"
    hits = told[1][1]["moments"]
    assert hits
    assert {moment["verdict"]["answer"] for moment in hits} == {"unchecked"}


def test_the_last_word_on_every_hit_is_that_of_the_answer(told: list[tuple[str, Any]]) -> None:
    hits, result = told[1][1]["moments"], told[-1][1]["result"]
    last = {data["index"]: data["moment"] for name, data in told if name == "verdict"}
    assert sorted(last) == list(range(len(hits)))
    final = [*result["moments"], *result["rejected"]]
    assert sorted(map(json.dumps, last.values())) == sorted(map(json.dumps, final))
    assert [last[i]["span"] for i in sorted(last)] == [hit["span"] for hit in hits]


def test_the_answer_is_told_before_its_place_in_time(told: list[tuple[str, Any]]) -> None:
    """Yes or No comes first; where exactly is asked afterwards, of what is likely only."""
    evidence = [
        data["moment"]["verdict"]["evidence"]
        for name, data in told
        if name == "verdict" and data["moment"]["verdict"]["answer"] == "verified"
    ]
    assert [one["grounding"] is None for one in evidence] == [True, False]


def test_the_streamed_answer_is_that_of_the_library(
    told: list[tuple[str, Any]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    untouched = assets.copied(tmp_path_factory)
    with open_library(untouched, assets.BUNDLED, write=False) as app:
        assert told[-1][1]["result"] == jsonable(app.search(MOVES))


def test_the_posted_answer_is_the_same_and_asks_the_model_nothing_again(
    client: httpx.Client, told: list[tuple[str, Any]]
) -> None:
    posted = client.post("/api/search", json={"text": MOVES})
    assert posted.json() == told[-1][1]["result"]


def test_filters_let_in_what_they_name(client: httpx.Client) -> None:
    assert (
        streamed(client, q="00:07", file="shapes*", verify=False)[-1][1]["result"]["moments"] == []
    )
    found = streamed(client, q="00:07", file=["nothing*", "slate*"], channel=["clock", "screen"])
    assert [moment["path"] for moment in found[-1][1]["result"]["moments"]] == ["slate.mp4"]


def test_what_makes_no_sense_is_said_in_the_stream(client: httpx.Client) -> None:
    told = streamed(client, q="x", since="2024-03-01T12:00", until="2024-03-01T11:00")
    assert [name for name, _ in told] == ["failed"]
    assert "is not after" in told[0][1]["error"]


def test_who_goes_away_ends_the_search_and_what_was_said_until_then_is_kept(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    library = assets.copied(tmp_path_factory)
    with served(ServerOptions(library, assets.BUNDLED)) as client:
        with client.stream("GET", "/api/search", params={"q": MOVES}) as response:
            next(data for name, data in events(response.iter_lines()) if name == "verdict")
        wait_for(lambda: [one for one in logged(library) if one.get("ended")])
        (ended,) = [one["ended"] for one in logged(library) if one["what"] == "found"]
        assert ended == "gone away"
        # The one thread that checks is free again, and its next search goes on from there.
        assert streamed(client, q=MOVES)[-1][0] == "done"


def test_searches_at_once_do_not_mix_and_the_rest_is_answered_meanwhile(
    client: httpx.Client,
) -> None:
    asked = [MOVES, "00:07", "something white blinks"]
    with ThreadPoolExecutor(len(asked)) as people:
        answers = people.map(lambda text: streamed(client, q=text, thorough=True), asked)
        assert client.get("/api/videos").json()["total"] == 2
        results = [told[-1][1]["result"] for told in answers]
    assert [result["query"]["text"] for result in results] == asked
    alone = [streamed(client, q=text, thorough=True)[-1][1]["result"] for text in asked]
    assert results == alone


def test_a_question_is_answered(client: httpx.Client) -> None:
    answer = client.post("/api/ask", json={"question": "did a blue circle move left?"}).json()
    assert answer["verdict"] == "yes"
    assert answer["citations"]


def test_several_questions_are_answered_with_their_steps(client: httpx.Client) -> None:
    asked = "what happens after a blue circle moves left? did a purple cross blink?"
    answer = client.post("/api/ask", json={"question": asked, "calls": 20}).json()
    (second,) = answer["further"]
    assert answer["asked"]["relation"]["order"] == "after"
    assert second["verdict"] != "yes"
    for one in (answer, second):
        assert one["max_calls"] == 20
        assert one["calls"] == sum(step["calls"] for step in one["steps"]) <= 20
    assert client.post("/api/ask", json={"question": "is it?", "calls": 0}).status_code == 422


def test_every_search_stands_in_the_log_before_its_answer_and_no_caption_does(
    client: httpx.Client, library: Path
) -> None:
    streamed(client, q="00:07 zebra")
    asked, found = logged(library)[-2:]
    assert (asked["who"], asked["what"], asked["q"]) == ("local", "search", "00:07 zebra")
    assert found["id"] == asked["id"]
    assert found["ended"] == "done"
    words = (library / "audit.log").read_text(encoding="utf-8")
    with Library.open(library) as opened:
        texts = {e.text for v in opened.videos.all() for e in opened.events.of_video(v.video_id)}
    assert [text for text in texts - {MOVES} if text in words] == []
    assert (library / "audit.log").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("text", HOSTILE)
def test_a_hostile_caption_is_data(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    """As JSON, of a type that no browser takes for a page."""
    library = assets.copied(tmp_path_factory)
    with Library.open(library, write=True) as opened:
        (film, *_) = opened.videos.all()
        span = Span(1.0, 2.0)
        opened.events.add([Event(film.video_id, span, f"zebra {text}", "subtitle", "t")])
        opened.marks.add(Mark(text, film.video_id, span, "note", text, text))
        (stored,) = [e.text for e in opened.events.of_video(film.video_id) if "zebra" in e.text]
    with served(ServerOptions(library, assets.BUNDLED)) as client:
        lanes = client.get(f"/api/videos/{film.video_id}/events")
        assert stored in [event["text"] for event in lanes.json()["events"]]
        told = streamed(client, q="zebra", verify=False)
        assert stored in [moment["text"] for moment in told[1][1]["moments"]]
        for response in (lanes, client.get("/api/marks"), client.get("/api/marks/sets")):
            assert response.headers["content-type"] == "application/json"
            assert response.headers["x-content-type-options"] == "nosniff"
