"""Calls in children: results as in process, and nothing a child does reaches its parent."""

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import psutil  # type: ignore[import-untyped]
import pytest
from support import film_assets as films
from support import hostile_decoders as hostile
from support.clip_assets import make
from support.processes import DEVNULL, PIPE, VIDINDEX, started

from store.library import Library
from store.progress_file import ProgressFile
from vidindex.adapters.decoders.isolated import ChildDecoder
from vidindex.adapters.isolation import Asker, Limits, WorkerDied, WorkerPool, asked_by
from vidindex.adapters.media import isolated as in_child
from vidindex.adapters.media.activity_signals import read_signals
from vidindex.adapters.media.fingerprint import fingerprint
from vidindex.adapters.media.isolated import ReadInChild
from vidindex.adapters.media.probe import probe
from vidindex.errors import DecodeError, ProbeError

# What is not about time has time enough on a machine that is busy with something else.
LIMITS = Limits(seconds=60.0, num_bytes=600_000_000)
SHORT_S = 4.0


@pytest.fixture(scope="module")
def decoder() -> ChildDecoder:
    return ChildDecoder(hostile.Hostile, WorkerPool(LIMITS))


@pytest.fixture(scope="module")
def hasty() -> ChildDecoder:
    """A decoder whose files are given up after `SHORT_S`."""
    return ChildDecoder(hostile.Hostile, WorkerPool(Limits(SHORT_S, LIMITS.num_bytes)))


def refuse(name: str) -> None:
    raise ProbeError(f"{name} is refused", "leave it out")


def echo(value: object) -> object:
    return value


def pid() -> int:
    return os.getpid()


def pictures(count: int, num_bytes: int) -> Iterator[np.ndarray]:
    for number in range(count):
        yield np.full(num_bytes, number, np.uint8)


def spin() -> Iterator[int]:
    """The number of its process, and then nothing but work."""
    yield os.getpid()
    while True:
        pass


def hold(num_bytes: int, seconds: float) -> Iterator[int]:
    """The number of its process, which takes this much memory for this long."""
    taken = np.ones(num_bytes, np.uint8)
    yield os.getpid()
    time.sleep(seconds)
    yield int(taken[0])


def keep(num_bytes: int) -> int:
    """The number of its process, which takes this much memory from now on."""
    globals()["kept"] = np.ones(num_bytes, np.uint8)
    return os.getpid()


def with_a_child() -> Iterator[int]:
    """The number of a process that this one starts, and then nothing more."""
    child = psutil.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    yield child.pid
    child.wait()


def eventually(done: Callable[[], object]) -> None:
    ends_s = time.monotonic() + 20
    while not done():
        assert time.monotonic() < ends_s, "it did not happen"
        time.sleep(0.02)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("of", "name", "says"),
    [
        ("hasty", "hang 2.mp4", "hang 2.mp4: decoding took longer than 4 s without a picture"),
        ("decoder", "crash 2.mp4", r"crash 2.mp4: decoding crashed \(SIGSEGV\)"),
        ("decoder", "eat 2.mp4", "eat 2.mp4: decoding needed more than 0.6 GB of memory"),
        ("decoder", "leave 2.mp4", r"leave 2.mp4: decoding crashed \(exit code 7\)"),
    ],
)
def test_a_hostile_file_costs_itself_and_the_next_one_is_decoded(
    request: pytest.FixtureRequest, of: str, name: str, says: str
) -> None:
    decoder: ChildDecoder = request.getfixturevalue(of)
    frames = decoder.frames(hostile.source(name), [0.0, 1.0, 2.0])
    assert [next(frames).time_s for _ in range(2)] == [0.0, 1.0]
    with pytest.raises(DecodeError, match=says) as error:
        next(frames)
    assert error.value.hint
    sound = decoder.frames(hostile.source("behave 0.mp4"), [0.0, 1.0])
    assert [frame.picture[0, 0, 0] for frame in sound] == [0, 1]


@pytest.mark.slow
def test_the_limit_counts_from_picture_to_picture_and_not_while_nobody_waits() -> None:
    patient = ChildDecoder(hostile.Hostile, WorkerPool(Limits(2.0, 1 << 30)))
    frames = patient.frames(hostile.source("behave 0.mp4"), [0.0, 1.0, 2.0])
    for _ in range(2):
        next(frames)
        time.sleep(2.3)
    assert len(list(frames)) == 1


def test_pictures_of_every_size_come_whole_however_far_the_child_is_ahead(
    decoder: ChildDecoder,
) -> None:
    for size in [(4, 4), (1000, 700), (3840, 2160), (6000, 4000)]:
        times_s = [float(i) for i in range(40 if size[0] < 2000 else 5)]
        frames = list(decoder.frames(hostile.source("behave 0.mp4"), times_s, size))
        for time_s, frame in zip(times_s, frames, strict=True):
            assert frame.picture.shape == (size[1], size[0], 3)
            assert (frame.picture == int(time_s)).all()


def test_what_is_not_wanted_any_more_is_not_waited_for(decoder: ChildDecoder) -> None:
    for _ in range(3):
        frames = decoder.frames(hostile.source("behave 0.mp4"), [float(i) for i in range(100_000)])
        next(frames)
        frames.close()  # type: ignore[attr-defined]
    assert len(list(decoder.frames(hostile.source("behave 0.mp4"), [0.0]))) == 1


def test_two_films_may_be_read_in_turn_and_by_many_threads(decoder: ChildDecoder) -> None:
    one, two = (decoder.frames(hostile.source("behave 0.mp4"), [1.0, 2.0]) for _ in range(2))
    assert [next(one).time_s, next(two).time_s, next(one).time_s, next(two).time_s] == [1, 1, 2, 2]

    def read(number: int) -> list[float]:
        times_s = [float(number + i) for i in range(20)]
        return [
            float(f.picture[0, 0, 0])
            for f in decoder.frames(hostile.source("behave 0.mp4"), times_s)
        ]

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(read, range(8))) == [
            [float(number + i) for i in range(20)] for number in range(8)
        ]


def test_results_and_errors_are_those_of_the_function() -> None:
    pool = WorkerPool(LIMITS)
    assert pool.call(echo, {"a": (1, None)}) == {"a": (1, None)}
    assert pool.call(echo, None) is None
    assert [part[0] for part in pool.stream(pictures, 3, 1000)] == [0, 1, 2]
    with pytest.raises(ProbeError, match="x is refused") as error:
        pool.call(refuse, "x")
    assert error.value.hint == "leave it out"
    with pytest.raises(WorkerDied, match=r"took longer than 0.3 s"):
        pool.call(time.sleep, 5, seconds=0.3)


def test_a_child_is_kept_for_the_next_call_and_replaced_once_it_is_dead() -> None:
    pool = WorkerPool(LIMITS)
    first = pool.call(pid)
    assert pool.call(pid) == first != os.getpid()
    os.kill(first, signal.SIGKILL)
    psutil.wait_procs([psutil.Process(first)] if psutil.pid_exists(first) else [], timeout=5)
    assert pool.call(pid) != first
    pool.close()


def test_a_child_in_the_middle_of_a_call_dies_with_its_parent() -> None:
    script = (
        "import os, sys, time; from vidindex.adapters.isolation import WorkerPool, Limits;"
        "pool = WorkerPool(Limits(3600, 1 << 30));"
        "print(pool.call(os.getpid), flush=True);"
        "pool.call(time.sleep, 3600)"
    )
    with started([sys.executable, "-c", script], stdout=PIPE) as parent:
        assert parent.stdout
        child = psutil.Process(int(parent.stdout.readline()))
        time.sleep(0.2)
        assert child.is_running()
        parent.kill()
        parent.wait()
        gone, _ = psutil.wait_procs([child], timeout=10)
    assert gone or child.status() == psutil.STATUS_ZOMBIE


def test_files_are_probed_and_read_in_a_child_as_in_this_process(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    path = make("variable", tmp_path_factory).path
    read = ReadInChild(WorkerPool(Limits(60.0, 1 << 30)))
    info = read.probe(path, "id")
    assert info == probe(path, "id")
    assert read.fingerprint(path) == fingerprint(path)
    here, there = read_signals(info.source(path)), read.signals(info.source(path))
    for name in ("packet_times_s", "packet_sizes", "looks", "look_differences"):
        assert np.array_equal(getattr(here, name), getattr(there, name))


def test_a_file_that_cannot_be_probed_is_refused_in_the_same_words(tmp_path: Path) -> None:
    path = tmp_path / "note.mp4"
    path.write_text("shopping list\n" * 100)
    read = ReadInChild(WorkerPool(Limits(60.0, 1 << 30)))
    with pytest.raises(ProbeError) as here:
        probe(path, "id")
    with pytest.raises(ProbeError) as there:
        read.probe(path, "id")
    assert str(there.value) == str(here.value)


def test_a_file_that_stops_its_reader_is_a_probe_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "slow.mp4"
    path.touch()
    monkeypatch.setattr(in_child, "ALLOWED_S", 0.5)
    monkeypatch.setattr(in_child, "_probe", hostile.hang)
    with pytest.raises(ProbeError, match=r"slow\.mp4: reading it took longer than 0\.5 s"):
        ReadInChild(WorkerPool(LIMITS)).probe(path, "id")


def test_ctrl_c_ends_a_run_at_once_with_its_children_and_blames_no_file(tmp_path: Path) -> None:
    footage, library = tmp_path / "footage", tmp_path / "library"
    footage.mkdir()
    films.titled(footage / "long.mp4", [(0.5, f"REEL {i}") for i in range(200)])
    words = ["ingest", footage, "--model", "none", "--library", library]
    with started([*VIDINDEX, *words], stderr=DEVNULL) as run:
        while ProgressFile(library).read() is None or not psutil.Process(run.pid).children():
            assert run.poll() is None
            time.sleep(0.05)
        children = psutil.Process(run.pid).children()
        run.send_signal(signal.SIGINT)
        assert run.wait() == 130
    gone, left = psutil.wait_procs(children, timeout=10)
    assert (len(gone), left) == (len(children), [])
    with Library.open(library) as opened:
        assert opened.failures.all() == []


def test_work_ends_when_its_asker_leaves_and_that_of_others_goes_on() -> None:
    guard, asker = WorkerPool(Limits(600.0, 1 << 30)), Asker()

    def ask(function: Callable[..., object], *args: object) -> object:
        with asked_by(asker):
            return guard.call(function, *args)

    with ThreadPoolExecutor(2) as pool:
        hanging = pool.submit(ask, time.sleep, 600)
        other = pool.submit(guard.call, time.sleep, 1)
        time.sleep(0.3)
        asker.leave()
        with pytest.raises(WorkerDied, match="the client has gone"):
            hanging.result(20)
        assert other.result(20) is None
        with pytest.raises(WorkerDied, match="the client has gone"):
            pool.submit(ask, echo, 1).result(20)


def test_what_a_child_started_ends_with_it() -> None:
    guard, asker = WorkerPool(Limits(600.0, 1 << 30)), Asker()
    with asked_by(asker):
        numbers = guard.stream(with_a_child)
        grandchild = psutil.Process(next(numbers))
        asker.leave()
        with pytest.raises(WorkerDied):
            list(numbers)
    gone, _ = psutil.wait_procs([grandchild], timeout=10)
    assert gone or grandchild.status() == psutil.STATUS_ZOMBIE


def test_a_reserved_child_waits_beside_those_at_work() -> None:
    guard = WorkerPool(Limits(600.0, 1 << 30), workers=1)
    guard.reserve(echo, 1)
    eventually(lambda: len(guard._idle) == 1)
    reserved = guard._idle[0]
    busy = guard.stream(pictures, 3, 10)
    next(busy)
    eventually(lambda: len(guard._idle) == 1)
    assert guard._idle[0] is not reserved
    list(busy)
    assert len(guard._idle) == 2
    guard.close()


@pytest.mark.skipif(sys.platform != "linux", reason="threads have priorities on Linux only")
def test_a_child_that_computes_for_long_gives_way_and_is_not_used_again() -> None:
    guard = WorkerPool(Limits(4.0, 1 << 30, gives_way_s=0.3))
    items = guard.stream(spin)
    child = psutil.Process(next(items))
    with ThreadPoolExecutor(1) as pool:
        spinning = pool.submit(list, items)
        eventually(lambda: child.nice() > 0)
        with pytest.raises(WorkerDied, match="took longer than 4 s"):
            spinning.result(20)
    assert guard.call(pid) != child.pid


@pytest.mark.slow
def test_of_children_that_need_too_much_together_the_largest_ends() -> None:
    pool, asker = WorkerPool(Limits(60.0, 2 << 30), together_bytes=600_000_000), Asker()

    def hold_for_long(num_bytes: int) -> None:
        with asked_by(asker):
            list(pool.stream(hold, num_bytes, 600.0))

    with ThreadPoolExecutor(2) as threads:
        small, large = (threads.submit(hold_for_long, size) for size in (1_000, 500_000_000))
        with pytest.raises(WorkerDied, match=r"needed the most of more than 0\.6 GB of memory"):
            large.result(60)
        assert not small.done()
        asker.leave()
        with pytest.raises(WorkerDied, match="the client has gone"):
            small.result(20)
    assert pool.call(echo, 1) == 1
    pool.close()


@pytest.mark.slow
def test_children_that_fit_together_work_side_by_side() -> None:
    pool = WorkerPool(Limits(60.0, 2 << 30), workers=2, together_bytes=2_000_000_000)
    with ThreadPoolExecutor(2) as threads:
        sizes = [200_000_000, 300_000_000]
        assert len(list(threads.map(lambda size: list(pool.stream(hold, size, 0.5)), sizes))) == 2
    pool.close()


@pytest.mark.slow
def test_a_child_that_holds_much_after_its_call_does_not_wait_for_the_next() -> None:
    pool = WorkerPool(Limits(60.0, 800_000_000))
    first = pool.call(keep, 10_000_000)
    assert pool.call(pid) == first
    second = pool.call(keep, 400_000_000)
    assert pool.call(pid) != second
    pool.close()
