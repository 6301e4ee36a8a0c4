"""The page asks which shipped queries do occur, and calibrates between other people's checks."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from support.web_assets import served, wait_for

from store import Library
from vidindex.app import Settings, open_library
from vidindex.bench.films import shape_films, write_film
from vidindex.core.retrieval.null_queries import NULL_QUERIES
from vidindex.web.state import ServerOptions

BUNDLED = Settings(model="bundled", ocr=False)
FEW = 50
"""As many absent queries as a line can be drawn from."""


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("calibrated")
    (film,) = shape_films(1, 4.0, seed=11)
    write_film(film, folder)
    with open_library(folder / "library", BUNDLED) as app:
        app.ingest(folder)
    return folder / "library"


@pytest.fixture
def client(library: Path) -> Iterator[httpx.Client]:
    with served(ServerOptions(library, BUNDLED)) as opened:
        yield opened


@pytest.mark.slow
def test_the_answers_of_a_person_are_kept_out_and_the_rest_is_calibrated_with(
    client: httpx.Client, library: Path
) -> None:
    before = client.get("/api/calibration").json()
    assert before["queries"] == list(NULL_QUERIES)
    assert (before["running"], before["measured"]) == (False, None)
    occurs = list(NULL_QUERIES[FEW:])
    assert client.post("/api/calibration", json={"occurs": occurs}).status_code == 202
    refused = client.post("/api/calibration", json={"occurs": occurs})
    assert (refused.status_code, refused.json()["error"]) == (409, "a calibration is running")
    asked = client.post("/api/search", json={"text": "a red square"})  # goes between
    assert asked.status_code == 200
    ended = wait_for(lambda: _ended(client))
    assert (ended["failure"], ended["done"], ended["total"]) == ("", FEW, FEW)
    assert ended["occurs"] == occurs
    assert "aimed at 5.0% false alarms" in ended["measured"]
    with Library.open(library) as opened:
        (kept,) = opened.calibrations.all()
        assert [len(scores) for scores in kept.absent_best.values()] == [20, 20]
        last = opened.saved_answers.last()
    assert {hit.query.text for hit in last or []} <= {"a red square"}


def _ended(client: httpx.Client) -> dict[str, object] | None:
    now: dict[str, object] = client.get("/api/calibration").json()
    return None if now["running"] else now


def test_a_query_that_is_not_shipped_is_refused(client: httpx.Client) -> None:
    answered = client.post("/api/calibration", json={"occurs": ["my garden"]})
    assert answered.status_code == 400
    assert "not one of the" in answered.json()["error"]


def test_too_few_absent_queries_are_reported_where_the_page_looks(client: httpx.Client) -> None:
    all_but_one = list(NULL_QUERIES[1:])
    assert client.post("/api/calibration", json={"occurs": all_but_one}).status_code == 202
    ended = wait_for(lambda: _ended(client))
    assert "too few to calibrate with" in str(ended["failure"])


@pytest.mark.parametrize(
    ("settings", "read_only", "status"),
    [(Settings(model="none"), False, 409), (BUNDLED, True, 403)],
)
def test_without_a_model_or_a_right_to_write_nothing_is_calibrated(
    library: Path, settings: Settings, read_only: bool, status: int
) -> None:
    with served(ServerOptions(library, settings, read_only=read_only)) as client:
        assert client.post("/api/calibration", json={}).status_code == status
