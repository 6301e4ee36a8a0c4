"""What a test starts ends with the test, whatever fails in it."""

import sys
from pathlib import Path

import psutil  # type: ignore[import-untyped]
import pytest
from support.processes import PIPE, run_to_end, started

DEAF = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); "
PARENT = (
    "import subprocess, sys, time\n"
    "words = [sys.executable, '-c', 'import time; time.sleep(600)']\n"
    "children = [subprocess.Popen(words, start_new_session=own) for own in (False, True)]\n"
    "print(*(child.pid for child in children), flush=True)\n"
)


def is_running(pid: int) -> bool:
    try:
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def fail_while_it_runs(code: str) -> list[int]:
    """The processes that a failing test had begun, all of them meant to run for minutes."""
    pids: list[int] = []

    def fail() -> None:
        with started([sys.executable, "-c", code], grace_s=0.5, stdout=PIPE) as process:
            assert process.stdout
            pids.extend([process.pid, *map(int, process.stdout.readline().split())])
            raise RuntimeError("the test failed")

    with pytest.raises(RuntimeError, match="the test failed"):
        fail()
    return pids


@pytest.mark.slow
@pytest.mark.parametrize("first", ["", DEAF])
def test_a_test_that_fails_leaves_neither_its_program_nor_what_that_started(
    first: str,
) -> None:
    pids = fail_while_it_runs(first + PARENT + "time.sleep(600)")
    assert len(pids) == 3
    psutil.wait_procs([psutil.Process(pid) for pid in pids if psutil.pid_exists(pid)], timeout=10)
    assert [pid for pid in pids if is_running(pid)] == []


def test_a_program_that_says_nothing_and_never_ends_is_killed_after_its_bound() -> None:
    words = [sys.executable, "-c", "import time; time.sleep(600)"]
    heard: list[str] = []

    def listen() -> None:
        with started(words, bound_s=0.5, stdout=PIPE) as process:
            assert process.stdout
            heard.append(process.stdout.readline())

    with pytest.raises(AssertionError, match=r"was killed: it ran for 0\.5 s"):
        listen()
    assert heard == [""]


def test_a_program_that_fails_is_shown_with_its_words() -> None:
    words = [sys.executable, "-c", "import sys; print('so far'); sys.exit('no further')"]
    with pytest.raises(AssertionError, match=r"exit code 1:\nso far\n\nno further"):
        run_to_end(words)
    assert run_to_end(words, check=False).returncode == 1


def test_what_a_program_wrote_comes_back_whole(tmp_path: Path) -> None:
    words = [sys.executable, "-c", "import os; print(os.getcwd()); print('x' * 1_000_000)"]
    assert run_to_end(words, cwd=tmp_path).stdout == f"{tmp_path}\n{'x' * 1_000_000}\n"
