"""What watches over a server: its health without a token, its figures for Prometheus."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families
from support.library_assets import add_video, event, video
from support.web_assets import served, streamed

from store import Library
from vidindex.app import Settings
from vidindex.web.state import ServerOptions
from vidindex.web.tokens import Tokens

PLAIN = Settings(model="none")


@pytest.fixture
def library(tmp_path: Path) -> Path:
    with Library.open(tmp_path / "library", create=True) as opened:
        add_video(opened, video("a" * 32), "cam1/film.mp4")
        opened.events.add([event("a tree falls")])
        opened.runs.finish(opened.runs.start("ingest", {}), {}, {})
    return tmp_path / "library"


@pytest.fixture
def client(library: Path) -> Iterator[httpx.Client]:
    with served(ServerOptions(library, PLAIN)) as client:
        yield client


def figures(client: httpx.Client, **headers: str) -> dict[tuple[str, ...], float]:
    """Every sample by its name and the values of its labels."""
    response = client.get("/metrics", headers=headers)
    assert response.status_code == 200, response.text
    families = text_string_to_metric_families(response.text)
    samples = [sample for family in families for sample in family.samples]
    return {(one.name, *one.labels.values()): one.value for one in samples}


def test_searches_are_counted_by_kind_and_timed(client: httpx.Client) -> None:
    client.post("/api/search", json={"text": "tree falls"})
    streamed(client, q="tree falls", thorough=True)
    client.post("/api/ask", json={"question": "does a tree fall?"})
    found = figures(client)
    for kind in ("search", "thorough", "ask"):
        assert found["vidindex_search_seconds_count", "done", kind] == 1
        assert found["vidindex_search_seconds_sum", "done", kind] > 0
    assert found["vidindex_busy_seconds", "verify"] > 0
    assert found["vidindex_queue_length", "verify"] == 0


def test_refused_and_wrong_requests_are_counted(client: httpx.Client) -> None:
    client.get("/api/videos/none")
    client.get("/api/status", headers={"Host": "elsewhere.example"})
    found = figures(client)
    assert found["vidindex_responses_total", "404"] == 1
    assert found["vidindex_responses_total", "403"] == 1


def test_the_last_ingest_that_ended_is_dated(client: httpx.Client, library: Path) -> None:
    with Library.open(library, write=True) as opened:
        opened.runs.start("ingest", {})  # and was killed
        at = opened.runs.last_finished("ingest")
    assert at is not None
    assert figures(client)["vidindex_last_ingest_timestamp_seconds",] == at.timestamp()


def test_figures_name_no_question(client: httpx.Client) -> None:
    client.post("/api/search", json={"text": "tree falls"})
    assert "tree" not in client.get("/metrics").text


def test_others_need_a_token_for_figures_and_none_for_health(library: Path) -> None:
    token = Tokens(library).add("prometheus")
    with served(ServerOptions(library, PLAIN, needs_token=True)) as client:
        assert client.get("/healthz").text == "ok\n"
        assert client.get("/metrics").status_code == 401
        assert figures(client, Authorization=f"Bearer {token}")


def test_a_server_whose_library_is_broken_is_not_healthy(
    client: httpx.Client, library: Path
) -> None:
    for file in library.glob("library.db*"):
        file.rename(library / f"gone.{file.name}")
    assert client.get("/healthz").status_code >= 400
