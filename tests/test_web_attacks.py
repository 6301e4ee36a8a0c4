"""Hostile films, floods and clients that leave: the server stays small, quick and open."""

import asyncio
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import httpx
import psutil  # type: ignore[import-untyped]
import pytest
from support.attack_films import png_bomb, vp8_bomb
from support.clip_assets import make
from support.web_assets import served, wait_for

from pipelines.clips.verify import MAX_COMPARED_PX, compared_on
from vidindex.app import Settings, open_library
from vidindex.types.clip import Canvas
from vidindex.web.errors import HttpError
from vidindex.web.state import ServerOptions
from vidindex.web.turns import MAX_WAITING, Turns

PLAIN = Settings(model="none", ocr=False)


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, str]]:
    """A library of a plain film and two small bombs; the ids by name."""
    folder = tmp_path_factory.mktemp("hostile")
    png_bomb(folder / "flat.mov", side=4000, count=2)
    vp8_bomb(folder / "skip.webm", side=2048, count=15_000)
    (folder / "plain.mp4").write_bytes(make("h264", tmp_path_factory).path.read_bytes())
    with open_library(folder / "library", PLAIN) as app:
        app.ingest(folder)
        found = app.find(["flat.mov", "skip.webm", "plain.mp4"])
    return folder / "library", {Path(name).name: video_id for video_id, name in found.items()}


@pytest.fixture
def client(shelf: tuple[Path, dict[str, str]]) -> Iterator[httpx.Client]:
    with served(ServerOptions(shelf[0], PLAIN)) as opened:
        yield opened


def busy_children() -> list["psutil.Process"]:
    """Children of this process, and theirs, that compute."""
    children = psutil.Process().children(recursive=True)
    return [child for child in children if _cpu(child) > 50]


def _cpu(process: "psutil.Process") -> float:
    with suppress(psutil.Error):
        return float(process.cpu_percent(0.1))
    return 0.0


def test_stills_of_hostile_films_are_decoded_outside_of_the_server(
    client: httpx.Client, shelf: tuple[Path, dict[str, str]]
) -> None:
    before = psutil.Process().memory_info().rss
    shown = client.get(f"/api/videos/{shelf[1]['flat.mov']}/frame", params={"width": 96})
    assert shown.status_code == 200
    assert psutil.Process().memory_info().rss - before < 30_000_000  # the picture has 48 MB


@pytest.mark.parametrize("what", ["frame?at=599", "clip?start_s=400&end_s=500"])
def test_work_for_a_client_that_went_away_ends(
    client: httpx.Client, shelf: tuple[Path, dict[str, str]], what: str
) -> None:
    impatient = httpx.Timeout(30.0, read=0.1)
    with pytest.raises(httpx.ReadTimeout):
        client.get(f"/api/videos/{shelf[1]['skip.webm']}/{what}", timeout=impatient)
    wait_for(lambda: not busy_children())
    assert client.get(f"/api/videos/{shelf[1]['plain.mp4']}/frame").status_code == 200


def test_one_key_leaves_turns_to_others_and_too_long_a_line_is_refused() -> None:
    async def run() -> None:
        turns, order = Turns(), []
        first_may_end = asyncio.Event()

        async def first() -> None:
            async with turns.turn("film a", 1):
                await first_may_end.wait()
                order.append("first")

        async def next_of(key: str) -> None:
            async with turns.turn(key, 1):
                order.append(key)

        tasks = [asyncio.create_task(first())]
        await asyncio.sleep(0)
        waiting = [asyncio.create_task(next_of("film a")) for _ in range(MAX_WAITING - 1)]
        await next_of("film b")
        assert order == ["film b"]
        await asyncio.sleep(0)
        with pytest.raises(HttpError):
            await next_of("film a")
        first_may_end.set()
        await asyncio.gather(*tasks, *waiting)
        assert order[1] == "first"
        assert len(order) == MAX_WAITING + 1
        assert not turns._lines

    asyncio.run(run())


def test_huge_pictures_of_clips_are_compared_at_a_size_that_fits_memory() -> None:
    assert compared_on(Canvas(1920, 1080)) == Canvas(1920, 1080)
    huge = compared_on(Canvas(8192, 4096))
    assert (huge.width, huge.height) == (MAX_COMPARED_PX, MAX_COMPARED_PX // 2)
