"""Clips through the web face: exact downloads, bounded, logged, and gone from the server."""

import json
import tempfile
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from support import clip_assets as clips
from support.library_assets import add_video, video
from support.web_assets import served, wait_for

from store import Library
from vidindex.adapters.decoders.pyav import PyAVDecoder
from vidindex.adapters.media.probe import probe
from vidindex.app import MAX_CLIP_S, Settings, open_library
from vidindex.web.state import ServerOptions

PLAIN = Settings(model="none", ocr=False)


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> tuple[clips.Clip, Path, str]:
    """A clip whose frames show their numbers; the library that holds it; its id."""
    clip, folder = clips.make("h264", tmp_path_factory), tmp_path_factory.mktemp("cut")
    with open_library(folder / "library", PLAIN) as app:
        app.ingest(clip.path)
        (video_id,) = app.find([clip.path.name])
    return clip, folder / "library", video_id


@pytest.fixture(scope="module")
def client(shelf: tuple[clips.Clip, Path, str]) -> Iterator[httpx.Client]:
    with served(ServerOptions(shelf[1], PLAIN)) as opened:
        yield opened


def test_a_clip_begins_with_the_frame_asked_for_and_lasts_as_long_as_asked(
    client: httpx.Client,
    shelf: tuple[clips.Clip, Path, str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clip, library, video_id = shelf
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    (begins_s, number), (ends_s, _) = clip.shown[30], clip.shown[55]
    asked = {"start_s": begins_s, "end_s": ends_s}
    response = client.get(f"/api/videos/{video_id}/clip", params=asked)
    assert response.status_code == 200, response.text
    assert response.headers["content-type"] == "video/mp4"
    assert response.headers["content-disposition"].startswith("attachment;")
    wait_for(lambda: not [*tmp_path.glob("vidindex-clip-*")])
    made = tmp_path / "made.mp4"
    made.write_bytes(response.content)
    info = probe(made, "made")
    assert info.duration_s == pytest.approx(ends_s - begins_s, abs=0.01)
    size = (clips.WIDTH, clips.HEIGHT)
    (first,) = PyAVDecoder().frames(info.source(made), [0.001], size)
    assert clips.number_of(first.picture) == number
    lines = (library / "audit.log").read_text(encoding="utf-8").splitlines()
    log = [json.loads(line) for line in lines]
    assert [line["what"] for line in log] == ["export", "exported"]
    assert {line["which"] for line in log} == {video_id}


def test_what_is_no_stretch_and_what_is_too_long_is_refused(
    client: httpx.Client, shelf: tuple[clips.Clip, Path, str]
) -> None:
    path = f"/api/videos/{shelf[2]}/clip"
    for start_s, end_s in ((2, 2), (3, 1), (1000, 1001)):
        refused = client.get(path, params={"start_s": start_s, "end_s": end_s})
        assert refused.status_code == 400
        assert "no stretch" in refused.json()["error"]
    assert client.get(path, params={"start_s": 0}).status_code == 422
    nowhere = client.get("/api/videos/nothing/clip", params={"start_s": 0, "end_s": 1})
    assert nowhere.status_code == 404


def test_a_clip_longer_than_ten_minutes_is_refused(tmp_path: Path) -> None:
    with Library.open(tmp_path / "library", create=True) as library:
        add_video(library, video("a" * 32, duration_s=5 * MAX_CLIP_S), "long.mp4")
    with served(ServerOptions(tmp_path / "library", PLAIN)) as client:
        asked = {"start_s": 1, "end_s": MAX_CLIP_S + 2}
        refused = client.get(f"/api/videos/{'a' * 32}/clip", params=asked)
        assert (refused.status_code, "too long" in refused.json()["error"]) == (400, True)
        gone = client.get(f"/api/videos/{'a' * 32}/clip", params={"start_s": 1, "end_s": 2})
        assert (gone.status_code, "is not there" in gone.json()["error"]) == (409, True)
