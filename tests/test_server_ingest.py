"""An ingest through endpoints: what they serve decides what is kept, not whether one dies."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from support.qwen_server import Call, Served, serving

from store.library import Library
from vidindex.adapters.vision.checkpoints.catalog import BUNDLED_FOLDER, resolve
from vidindex.adapters.vision.hf.model import TransformersQwen
from vidindex.app import Settings, open_library
from vidindex.bench.films import Film, write_film
from vidindex.cli.main import run_command
from vidindex.errors import ModelError
from vidindex.settings import Backend
from vidindex.synthetic.clips import ClipSpec
from vidindex.synthetic.scenes import draw_event, draw_ground

# Its fixtures ingest films, which takes more than two seconds.
pytestmark = pytest.mark.slow

NUM_CHUNKS = 14
Captions = list[tuple[str, float, float, str]]


@pytest.fixture(scope="module")
def local() -> TransformersQwen:
    checkpoint = resolve("bundled")
    assert checkpoint is not None
    return TransformersQwen(checkpoint)


@pytest.fixture(scope="module")
def footage(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two films; at 4 frames a second seven chunks each."""
    folder = tmp_path_factory.mktemp("footage")
    for number, colour in enumerate(("red", "green")):
        rng = np.random.default_rng(number)
        events = (draw_event(rng, (colour, "square", "left"), 2.0, 7.0),)
        write_film(Film(f"{number}.mp4", ClipSpec(26.0, events, draw_ground(rng))), folder)
    return folder


@pytest.fixture
def replicas(local: TransformersQwen) -> Iterator[tuple[Served, Served]]:
    root = str(BUNDLED_FOLDER)
    with serving(local, root=root) as one, serving(local, root=root) as two:
        yield one, two


def settings(*served: Served) -> Settings:
    endpoints = tuple(one.url for one in served)
    name = "auto" if endpoints else "bundled"
    return Settings(
        model=name,
        backend=Backend(endpoints=endpoints),
        ocr=False,
        policy="uniform",
        uniform_fps=4.0,
    )


def captions(library: Library) -> Captions:
    return sorted(
        (video.video_id, event.span.start_s, event.span.end_s, event.text)
        for video in library.videos.all()
        for event in library.events.of_video(video.video_id, ["caption"])
    )


@pytest.fixture(scope="module")
def meant(footage: Path, tmp_path_factory: pytest.TempPathFactory) -> Captions:
    """What the model writes in this process."""
    with open_library(tmp_path_factory.mktemp("here") / "library", settings()) as app:
        assert not app.ingest(footage).failures
        found = captions(app.library)
    assert found
    return found


def test_one_of_two_servers_is_killed_in_the_middle_and_nothing_is_lost(
    replicas: tuple[Served, Served], footage: Path, tmp_path: Path, meant: Captions
) -> None:
    dying, lasting = replicas
    dying.faults.append(lambda call: len(dying.heard) == 4 and dying.die())
    with open_library(tmp_path / "library", settings(dying, lasting)) as app:
        report = app.ingest(footage)
        assert not report.failures
        assert captions(app.library) == meant
        assert app.library.coverage().not_seen_s == 0
    calls = report.calls
    assert len(dying.heard) >= 4
    assert calls.tries["asked again"] >= 1
    answered = calls.tries[f"answered by {dying.url}"], calls.tries[f"answered by {lasting.url}"]
    assert min(answered) > 0
    assert sum(answered) == calls.asked >= NUM_CHUNKS
    assert calls.refused == 0


def test_when_no_server_answers_any_more_the_next_run_asks_only_for_the_rest(
    replicas: tuple[Served, Served], footage: Path, tmp_path: Path, meant: Captions
) -> None:
    spent, other = replicas

    def quota(call: Call) -> bool:
        wait = {"Retry-After": "3600"}
        return len(spent.heard) > 5 and call.say(429, {"error": "no credit"}, wait)

    spent.faults.append(quota)
    with open_library(tmp_path / "library", settings(spent)) as app:
        with pytest.raises(ModelError, match=r"no endpoint answers any more .*no credit"):
            app.ingest(footage)
        assert captions(app.library) == []
    with open_library(tmp_path / "library", settings(other)) as app:
        report = app.ingest(footage, retry_failed=True)
        assert captions(app.library) == meant
    assert report.calls.kept == 5
    assert report.calls.asked + report.calls.kept >= NUM_CHUNKS
    assert len(other.heard) == report.calls.asked < NUM_CHUNKS


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (402, {"error": {"message": "Insufficient Balance"}}),
        (429, {"error": {"code": "insufficient_quota", "message": "see your plan"}}),
        (400, {"code": "Arrearage", "message": "Access denied"}),
    ],
)
def test_an_empty_account_stops_the_run_and_a_later_one_goes_on_where_it_stopped(
    replicas: tuple[Served, Served],
    footage: Path,
    tmp_path: Path,
    meant: Captions,
    status: int,
    said: dict[str, object],
) -> None:
    served, _ = replicas
    served.faults.append(lambda call: len(served.heard) > 5 and call.say(status, said))
    with open_library(tmp_path / "library", settings(served)) as app:
        with pytest.raises(ModelError, match=f"no credit or quota left .HTTP {status}"):
            app.ingest(footage)
        assert app.library.failures.all() == []
    served.faults.clear()
    with open_library(tmp_path / "library", settings(served)) as app:
        report = app.ingest(footage)
        assert not report.failures
        assert captions(app.library) == meant
    assert report.calls.kept == 5
    assert report.calls.kept + report.calls.asked == NUM_CHUNKS


def test_a_chunk_that_a_server_cuts_is_the_files_problem_and_is_tried_again_when_wanted(
    replicas: tuple[Served, Served], footage: Path, tmp_path: Path, meant: Captions
) -> None:
    served, _ = replicas
    served.drops_frames_after = 2
    with open_library(tmp_path / "library", settings(served)) as app:
        report = app.ingest(footage)
        assert len(report.failures) == 2
        assert "--trust-request-mm-kwargs" in str(report.failures[0])
        assert captions(app.library) == []
        served.drops_frames_after = None
        app.ingest(footage, retry_failed=True)
        assert captions(app.library) == meant


def test_the_command_line_says_what_is_wrong_before_any_footage_is_read(
    replicas: tuple[Served, Served],
    footage: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    served, _ = replicas
    served.close()
    words = ["ingest", str(footage), "--library", str(tmp_path / "library"), "--no-ocr"]
    assert run_command([*words, "--endpoint", served.url, "-q"]) == 1
    said = capsys.readouterr().err
    assert said.startswith(f"vidindex: no endpoint answers ({served.url}: no connection")
    assert said.count("\n") == 1


def test_a_search_through_a_server_is_verified_by_it(
    replicas: tuple[Served, Served], footage: Path, tmp_path: Path
) -> None:
    served, _ = replicas
    with open_library(tmp_path / "library", settings(served)) as app:
        app.ingest(footage)
        asked = len(served.heard)
        found = app.search("a red square moves left")
        assert len(served.heard) > asked
        judged = [one.verdict.evidence for one in found.moments if one.verdict.evidence]
        assert judged
        assert {one.model for one in judged} == {app.services.model.limits.identity}  # type: ignore[union-attr]
