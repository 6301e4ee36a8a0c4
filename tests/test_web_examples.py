"""Searching by pictures through the web face: moments, pictures that are sent, and no pictures."""

import hashlib
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from PIL import Image
from support import colour_frames as colours
from support.web_assets import served, streamed

from vidindex.app import open_library
from vidindex.synthetic.clips import COLOURS
from vidindex.types import Span
from vidindex.web.middleware import MAX_BODY_BYTES, MAX_PICTURE_BYTES
from vidindex.web.state import ServerOptions


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return colours.make_library(tmp_path_factory.mktemp("pictured"))


@pytest.fixture(scope="module")
def client(library: Path) -> Iterator[httpx.Client]:
    with colours.as_picture_model(), served(ServerOptions(library, colours.SETTINGS)) as opened:
        yield opened


@pytest.fixture(scope="module")
def one(library: Path) -> str:
    with open_library(library, colours.SETTINGS, write=False) as app:
        return colours.video_id(app, "one.mp4")


def picture(colour: str, side: int = 48, kind: str = "PNG") -> bytes:
    stream = io.BytesIO()
    Image.fromarray(np.full((side, side, 3), COLOURS[colour], np.uint8)).save(stream, kind)
    return stream.getvalue()


def last_logged(library: Path, what: str) -> dict[str, Any]:
    lines = (library / "audit.log").read_text(encoding="utf-8").splitlines()
    entries: list[dict[str, Any]] = [json.loads(line) for line in lines]
    return [entry for entry in entries if entry["what"] == what][-1]


def test_a_moment_is_searched_by_and_nothing_is_called_verified(
    client: httpx.Client, one: str
) -> None:
    told = dict(streamed(client, like=f"{one}@18.0"))
    result = told["done"]["result"]
    assert [moment["path"] for moment in result["moments"][:2]] == ["one.mp4", "two.mp4"]
    assert {moment["verdict"]["answer"] for moment in result["moments"]} == {"unchecked"}
    assert told["started"]["query"]["like"][0]["label"] == "one.mp4@00:00:18.0"


def test_a_region_of_a_moment_is_searched_by(client: httpx.Client, one: str) -> None:
    body = {"like": [f"{one}@7.0#0.4,0.4,0.2,0.2"]}
    (first, *_) = client.post("/api/search", json=body).json()["moments"]
    assert first["path"] == "one.mp4"
    assert Span(**first["span"]).overlap(Span(5, 10)) > 4


def test_a_picture_is_sent_once_and_searched_by_its_id(client: httpx.Client) -> None:
    sent = client.post("/api/pictures", content=picture("green"))
    assert sent.status_code == 200
    body = {"like": [f"picture:{sent.json()['picture']}"]}
    (first, *_) = client.post("/api/search", json=body).json()["moments"]
    assert first["path"] == "two.mp4"
    assert Span(**first["span"]).overlap(Span(4, 9)) > 4


def test_the_log_has_the_hash_of_a_picture_and_neither_its_id_nor_its_name(
    client: httpx.Client, library: Path
) -> None:
    content = picture("red", 50)
    digest = hashlib.sha256(content).hexdigest()
    picture_id = client.post("/api/pictures", content=content).json()["picture"]
    assert last_logged(library, "picture")["sha256"] == digest
    client.post("/api/search", json={"like": [f"picture:{picture_id}"], "text": "at night"})
    assert last_logged(library, "search")["like"] == [f"sha256:{digest}"]
    assert picture_id not in (library / "audit.log").read_text(encoding="utf-8")


def test_no_file_of_a_picture_is_kept(client: httpx.Client, library: Path) -> None:
    before = sorted(path.name for path in library.rglob("*"))
    client.post("/api/pictures", content=picture("blue"))
    assert sorted(path.name for path in library.rglob("*")) == before


@pytest.mark.parametrize(
    ("content", "status", "says"),
    [
        (b"", 400, "no picture"),
        (b"GIF89a but not really", 400, "not a picture"),
        (b"\0" * (MAX_PICTURE_BYTES + 1), 413, "too long"),
    ],
    ids=["none", "broken", "long"],
)
def test_what_is_no_picture_is_refused(
    client: httpx.Client, content: bytes, status: int, says: str
) -> None:
    answer = client.post("/api/pictures", content=content)
    assert answer.status_code == status
    assert says in answer.json()["error"]


def test_pictures_may_be_longer_than_other_requests(client: httpx.Client) -> None:
    noise = np.random.default_rng(0).integers(0, 255, (300, 300, 3), np.uint8)
    stream = io.BytesIO()
    Image.fromarray(noise).save(stream, "PNG")
    assert len(stream.getvalue()) > MAX_BODY_BYTES
    assert client.post("/api/pictures", content=stream.getvalue()).status_code == 200


@pytest.mark.parametrize(
    "like", ["nowhere", "picture:abc", "../../etc@1", "v@-1", "v@1#9", "v@1#a,b,c,d"]
)
def test_what_is_no_reference_is_refused(client: httpx.Client, like: str) -> None:
    assert client.post("/api/search", json={"like": [like]}).status_code in (400, 422)


def test_a_picture_that_is_not_kept_any_more_is_to_be_sent_again(client: httpx.Client) -> None:
    answer = client.post("/api/search", json={"like": [f"picture:{'0' * 32}"]})
    assert (answer.status_code, answer.json()["hint"]) == (404, "send it again")


def test_a_search_for_nothing_is_refused(client: httpx.Client) -> None:
    assert client.post("/api/search", json={}).status_code in (400, 422)


def test_a_server_that_must_not_search_by_pictures_refuses_all_of_them(
    library: Path, one: str
) -> None:
    serving = ServerOptions(library, colours.SETTINGS, by_example=False)
    with colours.as_picture_model(), served(serving) as client:
        assert client.get("/api/status").json()["by_example"] is False
        refused = [
            client.post("/api/pictures", content=picture("red")),
            client.post("/api/search", json={"like": [f"{one}@7.0"]}),
        ]
        assert [answer.status_code for answer in refused] == [403, 403]
        assert "--no-like" in refused[0].json()["hint"]
        assert client.post("/api/search", json={"text": "red"}).status_code == 200


def test_the_status_says_whether_pictures_can_be_searched_by(client: httpx.Client) -> None:
    assert client.get("/api/status").json()["by_example"] is True
