"""Marks, holds and answers are written beside an ingest: none is refused, none is lost."""

import sys
import threading
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path

import httpx
import pytest
from support import film_assets as films
from support.library_assets import add_video, event, video
from support.processes import DEVNULL, PIPE, VIDINDEX, Process, run_to_end, started
from support.web_assets import served, wait_for

from store import Library
from vidindex.app import Settings, open_library
from vidindex.errors import InputError, LibraryError, LibraryLocked
from vidindex.types import Mark, Span
from vidindex.web.state import ServerOptions

A = "a" * 32
NUM_MARKS = 100  # in each of two ways

MARKING = """
import sys
from pathlib import Path
from store import Library
from vidindex.types import Mark, Span

for number in range(int(sys.argv[2])):
    with Library.open(Path(sys.argv[1]), edit=True) as library:
        library.marks.add(Mark("q", sys.argv[3], Span(number, number + 1), "keep"))
    print(number, flush=True)
"""


def mark(number: int = 0, video_id: str = A) -> Mark:
    return Mark("a gate", video_id, Span(number, number + 0.5), "keep")


def ingesting(footage: Path, library: Path) -> AbstractContextManager[Process]:
    words = ["ingest", footage, "--library", library, "--model", "none", "-q"]
    return started([*VIDINDEX, *words], stdout=DEVNULL, stderr=PIPE)


def marking(library: Path, count: int) -> AbstractContextManager[Process]:
    words = [sys.executable, "-c", MARKING, library, count, A]
    return started(words, stdout=PIPE, cwd=Path(__file__).resolve().parents[1])


@pytest.fixture
def path(tmp_path: Path) -> Path:
    with Library.open(tmp_path / "library", create=True) as library:
        add_video(library, video(duration_s=1000.0), "cam1/film.mp4")
    return tmp_path / "library"


@pytest.fixture
def footage(tmp_path: Path) -> Path:
    folder = tmp_path / "footage"
    folder.mkdir()
    for number in range(4):
        films.titled(folder / f"{number}.mp4", [(2, f"REEL {number}"), (2, "END OF REEL")])
    return folder


@contextmanager
def ingest_at_work(footage: Path, library: Path) -> Iterator[Process]:
    """An ingest that holds the library already."""
    with ingesting(footage, library) as process:
        wait_for((library / "library.holder").exists)
        yield process


def test_what_people_say_is_kept_while_the_one_writer_has_the_library(path: Path) -> None:
    with Library.open(path, write=True), open_library(path, edit=True) as app:
        app.add_mark(mark())
        app.hold(["film.mp4"], "case 7")
        with pytest.raises(LibraryLocked):
            Library.open(path, write=True)
    with Library.open(path) as library:
        assert (len(library.marks.all()), len(library.holds.all())) == (1, 1)


def test_a_shell_that_reads_keeps_its_answer_beside_the_one_writer(path: Path) -> None:
    with Library.open(path, write=True), open_library(path, write=False) as app:
        answer = app.search("a red car", verify=False)
        assert answer.notes == ()
        assert app.library.saved_answers.last() == []


def test_a_transaction_that_read_first_does_not_fail_since_another_wrote(path: Path) -> None:
    with Library.open(path, write=True) as ingest, Library.open(path, edit=True) as editor:
        marked = threading.Thread(target=editor.marks.add, args=[mark()])
        with ingest.transaction():
            assert ingest.events.count() == 0
            marked.start()
            marked.join(0.5)  # long enough for it to be in the way, were it not waiting
            ingest.events.add([event("a red car")])
        marked.join(30)
        assert not marked.is_alive()
        assert (ingest.events.count(), len(ingest.marks.all())) == (1, 1)


def test_a_transaction_that_fails_leaves_nothing_and_lets_the_next_begin(path: Path) -> None:
    with Library.open(path, edit=True) as library:
        with suppress(KeyError), library.transaction():
            library.marks.add(mark())
            raise KeyError
        with library.transaction():
            library.marks.add(mark(1))
            with suppress(KeyError), library.transaction():
                library.marks.add(mark(2))
                raise KeyError
        assert [one.span.start_s for one in library.marks.all()] == [1]


def test_who_holds_no_lock_can_neither_erase_nor_repair_nor_ingest(path: Path) -> None:
    with open_library(path, Settings(model="none"), edit=True) as app:
        for work in (
            lambda: app.remove([A]),
            app.library.clean,
            app.library.repair,
            lambda: app.ingest(path.parent),
        ):
            with pytest.raises(LibraryError, match="one writer"):
                work()
        assert app.library.videos.get(A)


def test_a_hold_that_comes_before_the_erasure_prevents_it(path: Path) -> None:
    with open_library(path) as app, open_library(path, edit=True) as colleague:
        colleague.hold(["film.mp4"], "case 7")
        with pytest.raises(InputError, match="case 7"):
            app.remove([A])


def test_a_mark_on_what_is_erased_meanwhile_says_so(path: Path) -> None:
    app = open_library(path, edit=True)
    with open_library(path) as eraser:
        eraser.remove([A])
    with pytest.raises(LibraryError, match="erased"), app:
        app.library.marks.add(mark())


def test_an_editor_of_no_library_is_told_so(tmp_path: Path) -> None:
    with pytest.raises(LibraryError, match="no library"):
        Library.open(tmp_path / "none", edit=True)


@pytest.mark.slow
def test_200_marks_beside_an_ingest_are_all_kept(path: Path, footage: Path) -> None:
    serving = ServerOptions(path, Settings(model="none"))
    with (
        served(serving) as client,
        ingest_at_work(footage, path) as ingest,
        marking(path, NUM_MARKS) as shell,
    ):
        said = [_post(client, number) for number in range(NUM_MARKS)]
        assert shell.wait() == 0
        assert shell.stdout is not None
        assert len(shell.stdout.read().splitlines()) == NUM_MARKS
        assert ingest.wait() == 0, ingest.stderr and ingest.stderr.read()
    assert {response.status_code for response in said} == {200}
    with Library.open(path) as library:
        assert len(library.marks.all()) == 2 * NUM_MARKS
        assert len(library.videos.all()) == 5
        assert library.check() == []


def _post(client: httpx.Client, number: int) -> httpx.Response:
    body = {"query": "rest", "video_id": A, "answer": "keep", "start_s": number}
    return client.post("/api/marks", json=body | {"end_s": number + 1})


@pytest.mark.slow
def test_kills_of_an_ingest_and_of_who_marks_lose_nothing(path: Path, footage: Path) -> None:
    acknowledged = 0
    for pause_s in (0.3, 1.0):
        with ingest_at_work(footage, path) as ingest, marking(path, 1000) as shell:
            time.sleep(pause_s)
            ingest.kill()
            assert shell.stdout is not None
            shell.stdout.readline()
            shell.kill()
            acknowledged = max(acknowledged, 1 + len(shell.stdout.read().splitlines()))
    with Library.open(path) as library:
        assert len(library.marks.all()) >= acknowledged
        assert library.check() == []
    words = [*VIDINDEX, "ingest", footage, "--library", path, "--model", "none", "-q"]
    run_to_end(words)
    with Library.open(path) as library:
        assert len(library.videos.all()) == 5
        assert library.check() == []
