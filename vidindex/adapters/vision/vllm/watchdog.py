"""End the processes of a vLLM engine once their parent is gone.

They would go on otherwise, and keep the memory of the card, when that one is killed. Run as a
program: the ids of the processes as arguments; the end of standard input is the end of the
parent, however it came.
"""

import subprocess
import sys
from collections.abc import Sequence

import psutil  # type: ignore[import-untyped]

# For those that end by themselves, as all do after a parent that ends in order.
GRACE_S = 5.0
# Python's own, which tidies up after the others and then ends.
_TRACKER = "resource_tracker"


def watch(ids: Sequence[int]) -> "subprocess.Popen[bytes]":
    """End these processes when this one has ended; keep what is returned as long as they run."""
    return subprocess.Popen(
        [sys.executable, "-m", __name__, *map(str, ids)],
        stdin=subprocess.PIPE,
        start_new_session=True,  # a terminal's Ctrl-C is the parent's to answer
    )


def children() -> set[int]:
    """Ids of the processes that this one has started."""
    return {child.pid for child in psutil.Process().children() if not _is_tracker(child)}


def _is_tracker(process: psutil.Process) -> bool:
    try:
        return any(_TRACKER in word for word in process.cmdline())
    except psutil.Error:
        return True


def _main(ids: Sequence[int]) -> None:
    # Held from now on: an id that is given to another process later is not mistaken for it.
    watched = [psutil.Process(number) for number in ids if psutil.pid_exists(number)]
    sys.stdin.buffer.read()
    _, left = psutil.wait_procs(watched, timeout=GRACE_S)
    for process in left:
        process.kill()


if __name__ == "__main__":
    _main([int(word) for word in sys.argv[1:]])
