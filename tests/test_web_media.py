"""Videos and frames through the web face: ranges, proxies where browsers need them, erasure."""

import io
import os
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import httpx
import numpy as np
import pytest
from PIL import Image
from support import clip_assets as clips
from support.library_assets import video
from support.web_assets import served, wait_for

from store import Library
from vidindex.adapters.decoders.pyav import PyAVDecoder
from vidindex.adapters.media.probe import probe
from vidindex.app import Settings, open_library
from vidindex.composition import build_cutter
from vidindex.types import AudioStream, Location
from vidindex.types.media import FileIdentity
from vidindex.web.frame_cache import Stills
from vidindex.web.media_files import content_type
from vidindex.web.proxies import MediaFile, Proxies
from vidindex.web.state import ServerOptions

PLAIN = Settings(model="none", ocr=False)
NAMES = {"h264": "plain.mp4", "hevc": "modern.mp4", "offset": "late.mkv", "vp9": "open.webm"}


class Shelf:
    """A library of clips, and where each is."""

    def __init__(self, folder: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
        self.footage, self.library = folder / "footage", folder / "library"
        self.footage.mkdir()
        self.clips = {name: clips.make(name, tmp_path_factory) for name in NAMES}
        for name, clip in self.clips.items():
            shutil.copy(clip.path, self.footage / NAMES[name])
        with open_library(self.library, PLAIN) as app:
            app.ingest(self.footage)
            found = app.find([*NAMES.values()])
        self.ids = {path: video_id for video_id, path in found.items()}

    def id(self, name: str) -> str:
        return self.ids[NAMES[name]]

    def location(self, name: str) -> Location:
        path = self.footage / NAMES[name]
        return Location(self.footage, path, 0, 0, identity=FileIdentity.of(path.stat()))


@pytest.fixture
def shelf(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Shelf:
    return Shelf(tmp_path, tmp_path_factory)


@pytest.fixture
def client(shelf: Shelf) -> Iterator[httpx.Client]:
    with served(ServerOptions(shelf.library, PLAIN)) as opened:
        yield opened


def ready(client: httpx.Client, path: str) -> httpx.Response:
    """The media, once they are made."""

    def got() -> httpx.Response | None:
        response = client.get(path)
        return response if response.status_code != 202 else None

    found = wait_for(got)
    assert isinstance(found, httpx.Response)
    return found


def test_a_playable_file_is_served_as_it_is_in_ranges(client: httpx.Client, shelf: Shelf) -> None:
    path, whole = f"/api/videos/{shelf.id('h264')}/media", shelf.clips["h264"].path.read_bytes()
    assert client.get(path).content == whole
    head = client.head(path)
    assert (head.headers["content-type"], head.headers["accept-ranges"]) == ("video/mp4", "bytes")
    for asked, part in (("0-9", whole[:10]), ("100-", whole[100:]), ("-7", whole[-7:])):
        response = client.get(path, headers={"Range": f"bytes={asked}"})
        assert (response.status_code, response.content) == (206, part)
    beyond = client.get(path, headers={"Range": f"bytes={len(whole)}-"})
    assert beyond.status_code == 416
    assert client.get(f"/api/videos/{shelf.id('vp9')}/media").headers["content-type"] == (
        "video/webm"
    )


@pytest.mark.parametrize("name", ["hevc", "offset"])
def test_what_browsers_cannot_play_is_shown_by_a_proxy_with_the_same_times(
    client: httpx.Client, shelf: Shelf, tmp_path: Path, name: str
) -> None:
    path = f"/api/videos/{shelf.id(name)}/media"
    making = client.get(path)
    assert making.status_code == 202
    assert making.json()["state"] == "making"
    assert 0 <= making.json()["progress"] <= 1
    response = ready(client, path)
    assert response.headers["content-type"] == "video/mp4"
    made = tmp_path / "served.mp4"
    made.write_bytes(response.content)
    info = probe(made, "x")
    assert content_type(info, made) == "video/mp4"
    middles = [begins_s + 0.5 / clips.FPS for begins_s, _ in shelf.clips[name].shown]
    frames = PyAVDecoder().frames(info.source(made), middles)
    assert [clips.number_of(frame.picture) for frame in frames] == [
        number for _, number in shelf.clips[name].shown
    ]
    assert sorted(p.name for p in (shelf.library / "proxies").rglob("*.*")) == [
        "making.lock", "proxy.mp4",
    ]  # fmt: skip


def test_an_erased_video_loses_its_proxy_its_frames_and_its_media(
    client: httpx.Client, shelf: Shelf
) -> None:
    video_id = shelf.id("hevc")
    path, frame = f"/api/videos/{video_id}/media", f"/api/videos/{video_id}/frame"
    ready(client, path)
    client.post("/api/search", json={"text": "a tree"})
    tag = client.get(frame).headers["etag"]
    with open_library(shelf.library, PLAIN) as app:
        (removed,) = app.remove([video_id])
    assert removed.clean
    assert not list((shelf.library / "proxies").iterdir())
    assert client.get(path).status_code == 404
    assert client.get(frame).status_code == 404
    assert client.get(frame, headers={"If-None-Match": tag}).status_code == 404


def test_a_proxy_is_there_while_its_disk_is_away_and_stays_the_same_for_players(
    client: httpx.Client, shelf: Shelf
) -> None:
    path = f"/api/videos/{shelf.id('hevc')}/media"
    first = ready(client, path)
    (shelf.footage / NAMES["hevc"]).unlink()
    ranged = {"Range": "bytes=5-9", "If-Range": first.headers["etag"]}
    part = client.get(path, headers=ranged)
    assert (part.status_code, part.content) == (206, first.content[5:10])
    assert client.get(f"/api/videos/{shelf.id('hevc')}/frame").status_code == 409


def test_a_proxy_that_was_made_while_its_video_was_erased_does_not_stay(shelf: Shelf) -> None:
    proxies = Proxies(shelf.library, build_cutter().proxy)
    with Library.open(shelf.library, write=True) as library:
        info = library.videos.get(shelf.id("hevc"))
        assert info is not None
        library.remove(info.video_id)
    proxies.make(MediaFile(info, shelf.location("hevc"), None))
    wait_for(lambda: not proxies._wanted)
    assert not list((shelf.library / "proxies").iterdir())
    proxies.close()


def test_a_file_that_was_changed_or_put_in_its_place_is_not_served(
    client: httpx.Client, shelf: Shelf, tmp_path: Path
) -> None:
    secret, place = tmp_path / "secret", shelf.footage / NAMES["h264"]
    secret.write_text("not for everybody")
    place.unlink()
    place.symlink_to(secret)
    path = f"/api/videos/{shelf.id('h264')}"
    for what in ("media", "frame"):
        response = client.get(f"{path}/{what}")
        assert (response.status_code, "changed" in response.json()["error"]) == (409, True)
    place.unlink()
    os.mkfifo(place)
    assert client.get(f"{path}/media").status_code == 409
    listed = client.get(path).json()
    assert listed["present"] is False


def test_a_video_that_cannot_be_prepared_says_why_and_is_tried_again(
    client: httpx.Client, shelf: Shelf
) -> None:
    place = shelf.footage / NAMES["hevc"]
    seen = place.stat()
    place.write_bytes(os.urandom(seen.st_size))
    os.utime(place, ns=(seen.st_atime_ns, seen.st_mtime_ns))
    path = f"/api/videos/{shelf.id('hevc')}/media"
    response = ready(client, path)
    assert response.status_code == 409
    assert "was changed since it was indexed" in response.json()["error"]
    assert client.get(path).status_code == 202


def test_the_longest_unused_proxies_go_when_they_take_too_much_room(shelf: Shelf) -> None:
    proxies = Proxies(shelf.library, build_cutter().proxy, max_bytes=1)
    with Library.open(shelf.library) as library:
        for name in ("hevc", "offset"):
            info = library.videos.get(shelf.id(name))
            assert info is not None
            proxies.make(MediaFile(info, shelf.location(name), None))
            wait_for(lambda: not proxies._wanted)
    assert proxies.made(shelf.id("hevc")) is None
    assert proxies.made(shelf.id("offset"))
    proxies.close()


def test_the_frame_on_screen_at_a_time_is_a_picture_of_the_width_asked_for(
    client: httpx.Client, shelf: Shelf
) -> None:
    path = f"/api/videos/{shelf.id('h264')}/frame"
    for begins_s, number in shelf.clips["h264"].shown[::25]:
        response = client.get(path, params={"at": begins_s + 0.01, "width": clips.WIDTH})
        assert response.headers["content-type"] == "image/jpeg"
        picture = Image.open(io.BytesIO(response.content))
        assert clips.number_of(np.asarray(picture)) == number
    small = Image.open(io.BytesIO(client.get(path, params={"width": 96}).content))
    assert small.size == (96, 48)
    large = Image.open(io.BytesIO(client.get(path, params={"width": 1920}).content))
    assert large.size == (clips.WIDTH, clips.HEIGHT)
    assert client.get(path, params={"at": 4.0}).status_code == 404
    assert client.get(path, params={"at": "nan"}).status_code == 422


def test_a_frame_that_the_browser_has_is_not_sent_again(client: httpx.Client, shelf: Shelf) -> None:
    path = f"/api/videos/{shelf.id('h264')}/frame?at=1"
    tag = client.get(path).headers["etag"]
    again = client.get(path, headers={"If-None-Match": tag})
    assert (again.status_code, again.content) == (304, b"")


def test_stills_are_kept_within_bounds() -> None:
    stills, made = Stills(max_bytes=10), []

    def make() -> bytes:
        made.append(1)
        return b"12345"

    for key in "aabac":
        assert stills.get(key, make) == b"12345"
    assert len(made) == 3
    stills.get("a", make)
    stills.get("c", make)
    assert len(made) == 3
    stills.get("b", make)
    assert len(made) == 4


@pytest.mark.parametrize(
    ("codec", "container", "pixels", "sound", "suffix", "kind"),
    [
        ("h264", "mov", "yuv420p", "aac", ".mp4", "video/mp4"),
        ("h264", "mov", "yuv420p10le", "aac", ".mp4", None),
        ("h264", "mov", "yuv422p", "aac", ".mov", None),
        ("h264", "mov", "yuv420p", "ac3", ".mp4", None),
        ("h264", "mov", "yuv420p", "pcm_s16le", ".mov", None),
        ("hevc", "mov", "yuv420p", "aac", ".mp4", None),
        ("prores", "mov", "yuv422p10le", "pcm_s24le", ".mov", None),
        ("av1", "mov", "yuv420p10le", "opus", ".mp4", "video/mp4"),
        ("vp9", "matroska", "yuv420p", "opus", ".webm", "video/webm"),
        ("vp9", "matroska", "yuv420p", "opus", ".mkv", None),
        ("h264", "matroska", "yuv420p", "aac", ".mkv", None),
        ("h264", "avi", "yuv420p", "mp3", ".avi", None),
        ("mpeg2video", "mpeg", "yuv420p", "mp2", ".mpg", None),
        ("h264", "mpegts", "yuv420p", "aac", ".ts", None),
    ],
)
def test_browsers_play(
    codec: str, container: str, pixels: str, sound: str, suffix: str, kind: str | None
) -> None:
    info = replace(
        video(),
        codec=codec,
        container=container,
        pixel_format=pixels,
        audio=(AudioStream(1, sound),),
    )
    assert content_type(info, Path(f"film{suffix}")) == kind
