"""What the web face says of a library: videos, events, marks, exports, status."""

import csv
import io
import itertools
import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import httpx
import pytest
from support import film_assets as films
from support.library_assets import add_video, event, place, video
from support.web_assets import served

from store import Library
from vidindex.adapters.exporters import EXPORTERS
from vidindex.app import Settings, open_library
from vidindex.core.formatting.to_json import jsonable
from vidindex.types import Camera, ClockTrack, SearchResult, Span
from vidindex.web.state import MAX_ANSWERS, Answers, ServerOptions

A, B, C = "a" * 32, "b" * 32, "c" * 32
PLAIN = Settings(model="none", ocr=False)
LATE = datetime(2024, 3, 1, 23, 59, tzinfo=UTC)


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("told") / "library"
    with Library.open(path, create=True) as opened:
        opened.cameras.put(Camera("cam1", zone="UTC"))
        add_video(opened, video(A, recorded_at=LATE, camera="cam1"), "cam1/Film.mp4")
        add_video(opened, video(B), "other/gate.mp4")
        add_video(opened, video(C, duration_s=50_000.0), "other/long.mp4")
        opened.events.add([event("a tree falls", 1, 5), event("GATE 7", 2, 3, channel="screen")])
        opened.events.add([event(f"step {i}", i / 2, i / 2 + 1, video_id=C) for i in range(50_000)])
        opened.events.add(
            [event(f"line {i}", i * 9.0, i * 9 + 1, video_id=C, channel="subtitle")
             for i in range(30)]
        )  # fmt: skip
        opened.screen_clocks.replace(
            B,
            [ClockTrack(B, Span(0, 60), 60.0, 1.0, "mm:ss", "CAM {}", 1.0, "test"),
             ClockTrack(B, Span(70, 80), 300.0, 1.0, "mm:ss", "{}", 1.0, "test")],
        )  # fmt: skip
        opened.failures.put(place("broken.mp4"), "plan", "no picture")
    return path


@pytest.fixture(scope="module")
def client(library: Path) -> Iterator[httpx.Client]:
    with served(ServerOptions(library, PLAIN)) as opened:
        yield opened


def test_the_status_says_what_is_held_and_what_failed(client: httpx.Client, library: Path) -> None:
    told = client.get("/api/status").json()
    with open_library(library, PLAIN, write=False) as app:
        status = jsonable(app.status())
    assert {name: told[name] for name in status} == status
    assert (told["model"], told["user"], told["writable"]) == (None, "local", True)
    assert told["ingest_roots"] == []
    assert [failure["message"] for failure in told["failures"]] == ["no picture"]


def test_what_can_be_filtered_by(client: httpx.Client) -> None:
    facets = client.get("/api/facets").json()
    assert facets["cameras"] == [{"name": "cam1", "videos": 1, "duration_s": 100.0}]
    assert facets["days"] == ["2024-03-01", "2024-03-02"]
    assert facets["files"] == 3


def test_videos_are_listed_by_part_of_a_name_camera_and_day_page_by_page(
    client: httpx.Client,
) -> None:
    def names(**asked: Any) -> list[str]:
        return [one["name"] for one in client.get("/api/videos", params=asked).json()["videos"]]

    assert names() == ["cam1/Film.mp4", "other/gate.mp4", "other/long.mp4"]
    assert names(text="fILM") == ["cam1/Film.mp4"]
    assert names(camera=["cam1"]) == ["cam1/Film.mp4"]
    unknown = client.get("/api/videos", params={"camera": ["cam1", "cam2"]})
    assert unknown.status_code == 400
    assert "called 'cam2'; there are: cam1" in unknown.json()["error"]
    assert names(day="2024-03-02") == ["cam1/Film.mp4"]
    assert names(day="2024-03-03") == []
    assert names(since="2024-03-02T00:00:00Z", until="2024-03-02T00:00:30Z") == ["cam1/Film.mp4"]
    assert names(since="2024-03-02T00:01:00Z") == []
    backwards = {"since": "2024-03-02T00:00Z", "until": "2024-03-01T00:00Z"}
    assert client.get("/api/videos", params=backwards).status_code == 400
    page = client.get("/api/videos", params={"offset": 1, "limit": 1}).json()
    assert (page["total"], [one["video_id"] for one in page["videos"]]) == (3, [B])


def test_one_video_with_where_it_lies(client: httpx.Client) -> None:
    told = client.get(f"/api/videos/{A}").json()
    assert told["locations"][0]["path"] == str(place("cam1/Film.mp4").path)
    assert told["starts_at"] == "2024-03-01T23:59:00+00:00"
    assert (told["camera"], told["num_events"], told["present"]) == ("cam1", 2, False)
    assert client.get(f"/api/videos/{'d' * 32}").status_code == 404


def test_events_come_in_order_by_channel_and_stretch(client: httpx.Client) -> None:
    path = f"/api/videos/{A}/events"
    told = client.get(path).json()
    assert [(one["text"], one["start_s"]) for one in told["events"]] == [
        ("a tree falls", 1.0),
        ("GATE 7", 2.0),
    ]
    assert told["lanes"] == {"caption": 1, "screen": 1}
    screen = client.get(path, params={"channels": "screen"}).json()
    assert [one["text"] for one in screen["events"]] == ["GATE 7"]
    later = client.get(path, params={"start_s": 3, "end_s": 9}).json()
    assert [one["text"] for one in later["events"]] == ["a tree falls"]


def test_many_events_are_thinned_evenly_and_every_lane_keeps_its_own(client: httpx.Client) -> None:
    told = client.get(f"/api/videos/{C}/events", params={"limit": 1000}).json()
    assert (told["total"], told["shown"]) == (50_030, 530)
    assert told["lanes"] == {"caption": 50_000, "subtitle": 30}
    steps = [one["start_s"] for one in told["events"] if one["channel"] == "caption"]
    assert len(steps) == 500
    gaps = {round(later - one, 3) for one, later in itertools.pairwise(steps)}
    assert gaps == {50.0}
    near = client.get(f"/api/videos/{C}/events", params={"start_s": 100, "end_s": 110}).json()
    assert near["shown"] == near["total"] == 22


def test_a_running_clock_lies_on_the_strip_with_its_first_and_its_last_time(
    client: httpx.Client,
) -> None:
    path = f"/api/videos/{B}/events"
    (clock, late) = client.get(path).json()["events"]
    assert clock == {
        "event_id": None, "start_s": 0.0, "end_s": 60.0, "text": "CAM 01:00 – 01:59",
        "channel": "clock",
    }  # fmt: skip
    assert late["text"] == "05:00 – 05:09"
    assert client.get(path).json()["lanes"] == {"clock": 2}
    assert client.get(path, params={"channels": "caption"}).json()["total"] == 0
    part = client.get(path, params={"channels": "clock", "start_s": 60, "end_s": 80})
    assert part.json()["events"] == [late]
    thinned = client.get(path, params={"limit": 1}).json()
    assert (thinned["total"], thinned["shown"]) == (2, 1)


def test_marks_are_made_anew_listed_by_set_and_removed(client: httpx.Client) -> None:
    said = {"query": "a tree", "video_id": A, "start_s": 1, "end_s": 5, "answer": "keep"}
    first = client.post("/api/marks", json={**said, "set": "case 1"}).json()
    again = {**said, "set": "case 1", "answer": "note", "note": "which?"}
    second = client.post("/api/marks", json=again).json()
    client.post("/api/marks", json=said)
    assert [mark["mark_id"] for mark in client.get("/api/marks?set=case 1").json()] == [
        second["mark_id"]
    ]
    assert second["mark_id"] != first["mark_id"]
    assert second["note"] == "which?"
    assert {"name": "case 1", "marks": 1} in client.get("/api/marks/sets").json()
    assert client.delete(f"/api/marks/{second['mark_id']}").status_code == 200
    assert client.delete(f"/api/marks/{second['mark_id']}").status_code == 404
    assert client.get("/api/marks?set=case 1").json() == []


def test_a_mark_ends_where_its_video_does(client: httpx.Client) -> None:
    said = {"query": "x", "video_id": A, "start_s": 99, "end_s": 120, "answer": "keep", "set": "e"}
    assert client.post("/api/marks", json=said).json()["span"] == {"start_s": 99.0, "end_s": 100.0}


def test_marks_and_searches_are_kept_while_another_process_ingests(
    client: httpx.Client, library: Path
) -> None:
    said = {"query": "x", "video_id": A, "start_s": 1, "end_s": 2, "answer": "keep"}
    with Library.open(library, write=True):
        assert client.post("/api/marks", json=said).status_code == 200
        found = client.post("/api/search", json={"text": "tree falls"}).json()
        assert [moment["text"] for moment in found["moments"]] == ["a tree falls"]
        assert not found["notes"]


def test_a_mark_waits_for_a_transaction_of_another_process(
    client: httpx.Client, library: Path
) -> None:
    said = {"query": "x", "video_id": A, "start_s": 1, "end_s": 2, "answer": "keep"}
    with Library.open(library, write=True) as other, ThreadPoolExecutor(1) as threads:
        with other.transaction():
            marked = threads.submit(client.post, "/api/marks", json=said)
            time.sleep(0.2)
            assert not marked.done()
        assert marked.result().status_code == 200


@pytest.mark.parametrize("name", ["html", *EXPORTERS])
def test_every_format_is_a_download(client: httpx.Client, name: str) -> None:
    listed = {one["name"]: one for one in client.get("/api/formats").json()}
    assert listed[name]["label"]
    asked = {"format": name, "what": "video", "video_id": A}
    response = client.get("/api/export", params=asked)
    assert response.status_code == 200, response.text
    disposition = f'attachment; filename="vidindex-video{listed[name]["suffix"]}"'
    assert response.headers["content-disposition"] == disposition
    assert response.headers["content-type"] == "application/octet-stream"
    assert "tree" in response.text


def test_an_answer_is_exported_hit_by_hit(client: httpx.Client, library: Path) -> None:
    found = client.post("/api/search", json={"text": "tree falls"})
    asked = {"format": "csv", "what": "search", "search_id": found.headers["x-search-id"]}
    rows = list(csv.DictReader(io.StringIO(client.get("/api/export", params=asked).text)))
    assert len(rows) == len(found.json()["moments"]) == 1
    unknown = client.get("/api/export", params={**asked, "search_id": "x"})
    assert unknown.status_code == 404
    lines = (library / "audit.log").read_text(encoding="utf-8").splitlines()
    whats = [json.loads(line)["what"] for line in lines]
    assert whats[-5:] == ["search", "found", "export", "exported", "export"]
    assert "a tree falls" not in "".join(lines)


def test_what_was_kept_is_exported_and_nothing_kept_says_so(client: httpx.Client) -> None:
    said = {"query": "x", "video_id": A, "start_s": 1, "end_s": 5, "answer": "keep", "set": "edit"}
    client.post("/api/marks", json=said)
    asked = {"format": "fcpxml", "what": "marks", "set": "edit"}
    made = ElementTree.fromstring(client.get("/api/export", params=asked).content)
    assert made.tag == "fcpxml"
    nothing = client.get("/api/export", params={**asked, "set": "other"})
    assert (nothing.status_code, "nothing was kept" in nothing.json()["error"]) == (400, True)
    odd = client.get("/api/export", params={**asked, "format": "../../x"})
    assert odd.status_code == 400


def test_the_page_and_its_parts_are_served(client: httpx.Client) -> None:
    assert client.get("/").headers["content-type"].startswith("text/html")
    assert client.get("/page/index.html").content == client.get("/").content
    assert client.get("/page/__init__.py").status_code == 404


def test_only_the_latest_answers_are_kept() -> None:
    with_film = Answers()
    result = SearchResult.__new__(SearchResult)
    for number in range(MAX_ANSWERS + 1):
        with_film.keep(str(number), result)
    assert list(with_film.kept) == [str(number) for number in range(1, MAX_ANSWERS + 1)]


def test_a_film_that_is_ingested_meanwhile_is_there_at_the_next_request(tmp_path: Path) -> None:
    films.titled(tmp_path / "one.mp4", [(1, "X")], [(0.2, 0.8, "A ferry leaves.")])
    films.titled(tmp_path / "two.mp4", [(1, "Y")], [(0.2, 0.8, "An otter sings.")])
    with open_library(tmp_path / "library", PLAIN) as app:
        app.ingest(tmp_path / "one.mp4")
    with served(ServerOptions(tmp_path / "library", PLAIN)) as client:
        assert client.post("/api/search", json={"text": "otter sings"}).json()["moments"] == []
        with open_library(tmp_path / "library", PLAIN) as app:
            app.ingest(tmp_path / "two.mp4")
        (moment,) = client.post("/api/search", json={"text": "otter sings"}).json()["moments"]
        assert moment["path"] == "two.mp4"
        assert client.get("/api/videos").json()["total"] == 2
