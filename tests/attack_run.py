"""Attack a server of our own on this machine and print what it cost: memory, waits, log lines.

    python tests/attack_run.py            (or: make attack)

Hostile films asked for as stills, clips and proxies; requests that never finish their header;
wrong tokens in a flood. Everything is bounded in count and time and stays on 127.0.0.0/8.
Exit code 1: a bound was broken.
"""

import argparse
import resource
import socket
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

import click
import httpx
import psutil  # type: ignore[import-untyped]
from support import film_assets
from support.attack_films import png_bomb, vp8_bomb
from support.processes import PIPE, VIDINDEX, started

from vidindex.app import Settings, open_library
from vidindex.web.tokens import Tokens

HOST, OTHER = "127.0.0.2", "127.0.0.3"
"""Addresses of this machine that are not called localhost; the second is another user's."""

MAX_SERVER_MB, MAX_WAIT_S = 1000, 1.0
HALF_OPEN, GUESSES = 1100, 6500


@dataclass(slots=True)
class Memory:
    """Peaks in MB while within: of the server, and of it and its children together."""

    pid: int
    server_mb: float = 0.0
    all_mb: float = 0.0
    _over: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def __enter__(self) -> "Memory":
        self._thread = threading.Thread(target=self._watch)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        assert self._thread
        self._thread.join()

    def _watch(self) -> None:
        server = psutil.Process(self.pid)
        while not self._over.wait(0.05):
            own, children = _rss_mb(server), 0.0
            with suppress(psutil.Error):
                children = sum(map(_rss_mb, server.children(recursive=True)))
            self.server_mb = max(self.server_mb, own)
            self.all_mb = max(self.all_mb, own + children)


def _rss_mb(process: "psutil.Process") -> float:
    try:
        return float(process.memory_info().rss) / 1e6
    except psutil.Error:
        return 0.0


@dataclass(slots=True)
class Attack:
    """A server that runs, with an attacker and another user. broken: bounds that did not hold."""

    library: Path
    pid: int
    base: str
    mallory: dict[str, str]
    other: dict[str, str]
    ids: dict[str, str]
    broken: list[str] = field(default_factory=list)

    def bombs(self, what: str, paths: list[str], seconds: float) -> None:
        """Ask for all `paths` at once; meanwhile another user looks at thumbnails."""
        begun_s = time.monotonic()
        quiet = self._thumbnails(lambda: time.monotonic() > begun_s + 3, seconds)
        with Memory(self.pid) as memory, ThreadPoolExecutor(len(paths)) as pool:
            asked = [pool.submit(self.get, path, self.mallory, seconds) for path in paths]
            time.sleep(0.5)
            waits = self._thumbnails(lambda: all(one.done() for one in asked), seconds)
            replies = [one.result() for one in asked]
        shown = ", ".join(f"{status} in {took:.1f} s" for status, took in replies)
        click.echo(f"{what}: {shown}")
        click.echo(
            f"  server {memory.server_mb:,.0f} MB, with children {memory.all_mb:,.0f} MB;"
            f" {len(waits)} thumbnails of another user, the median {median(waits):.2f} s,"
            f" the slowest {max(waits):.2f} s (before the attack {median(quiet):.2f}"
            f" and {max(quiet):.2f} s)"
        )
        self._hold(f"{what}: memory of the server", memory.server_mb, MAX_SERVER_MB)
        self._hold(f"{what}: another user's thumbnail", max(waits), MAX_WAIT_S)

    def leave(self) -> None:
        """Ask for stills and go away; then the work for them ends, too."""
        paths = [f"/api/videos/{self.ids['skip.webm']}/frame?at={at}" for at in (50.2, 55.2)]
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(lambda path: self.get(path, self.mallory, 1.0), paths))
        started_s = time.monotonic()
        while _busy(self.pid) and time.monotonic() < started_s + 70:
            time.sleep(0.1)
        ended_s = time.monotonic() - started_s
        click.echo(f"askers left: the work for them ended {ended_s:.1f} s later")
        self._hold("work after its asker left", ended_s, 5.0)

    def half_open(self) -> None:
        """Connections that never finish their header; meanwhile another user gets in."""
        port = int(self.base.rpartition(":")[2])
        with ExitStack() as stack:
            held = 0
            for _ in range(HALF_OPEN):
                with suppress(OSError):
                    wire = stack.enter_context(socket.create_connection((HOST, port), timeout=2))
                    wire.sendall(b"GET / HTTP/1.1\r\nHost: ")
                    held += 1
            status, took_s = self.get("/api/status", self.other, 10.0, address=OTHER)
            click.echo(
                f"{HALF_OPEN} half-open connections ({held} made): another user's request is"
                f" answered {status} after {took_s:.2f} s"
            )
            if status != 200:
                self.broken.append("half-open connections shut others out")
            self._hold("a request beside half-open connections", took_s, MAX_WAIT_S)

    def guesses(self) -> None:
        """Wrong tokens, as many as there is time for; they must not fill the log."""
        log = self.library / "audit.log"
        before, begun_s = _lines(log), time.monotonic()

        def guess(numbers: range) -> int:
            with httpx.Client(base_url=self.base, headers={"X-Vidindex": "1"}) as client:
                sent = 0
                for number in numbers:
                    if time.monotonic() > begun_s + 20:
                        break
                    with suppress(httpx.HTTPError):
                        client.post("/api/login", json={"token": f"guess-{number}"}, timeout=10)
                        sent += 1
            return sent

        share = GUESSES // 8
        with ThreadPoolExecutor(8) as pool:
            sent = sum(pool.map(guess, [range(i * share, (i + 1) * share) for i in range(8)]))
            status, took_s = self.get("/api/status", self.other, 10.0)
        lines, seconds = _lines(log) - before, time.monotonic() - begun_s
        click.echo(
            f"{sent} wrong tokens in {seconds:.1f} s: {lines} lines in the log;"
            f" another user's request is answered {status} after {took_s:.2f} s"
        )
        self._hold("log lines of wrong tokens", lines, 30)

    def _thumbnails(self, done: Callable[[], bool], seconds: float) -> list[float]:
        waits: list[float] = []
        ends_s, count = time.monotonic() + seconds, 0
        while not waits or (not done() and time.monotonic() < ends_s):
            count += 1
            asked = f"frame?at={count % 60 / 10}&width={64 + count % 500}"
            path = f"/api/videos/{self.ids['plain.mp4']}/{asked}"
            waits.append(self.get(path, self.other, 70.0)[1])
            time.sleep(0.1)
        return waits

    def get(
        self, path: str, headers: dict[str, str], seconds: float, address: str | None = None
    ) -> tuple[int, float]:
        """(status, seconds it took); status 0 where there was no answer in time."""
        begun_s = time.monotonic()
        try:
            transport = httpx.HTTPTransport(local_address=address)
            with httpx.Client(base_url=self.base, headers=headers, transport=transport) as client:
                status = client.get(path, timeout=seconds).status_code
        except httpx.HTTPError:
            status = 0
        return status, time.monotonic() - begun_s

    def _hold(self, what: str, value: float, most: float) -> None:
        if value > most:
            self.broken.append(f"{what}: {value:,.2f}, at most {most:,.2f}")


def _busy(pid: int) -> bool:
    """Whether the server or a child of it computes."""
    processes = [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]
    spent_s = 0.0
    for process in processes:
        with suppress(psutil.Error):
            spent_s += process.cpu_percent(0.2)
    return spent_s > 30


def _bound_files(pid: int) -> None:
    """Let the server open as many files as most systems do by default."""
    if sys.platform == "linux":
        resource.prlimit(pid, resource.RLIMIT_NOFILE, (1024, 1024))


def _lines(log: Path) -> int:
    return len(log.read_bytes().splitlines()) if log.exists() else 0


@contextmanager
def under_attack(folder: Path) -> Iterator[Attack]:
    """A library of two bombs and a plain film, served where tokens are needed."""
    footage, library = folder / "footage", folder / "library"
    footage.mkdir()
    png_bomb(footage / "flat.mov")
    vp8_bomb(footage / "skip.webm")
    film_assets.titled(footage / "plain.mp4", [(0.5, f"REEL {i}") for i in range(20)])
    with open_library(library, Settings(model="none", ocr=False)) as app:
        app.ingest(footage)
        found = app.find(["flat.mov", "skip.webm", "plain.mp4"])
    ids = {Path(name).name: video_id for video_id, name in found.items()}
    mallory, other = (
        {"Authorization": f"Bearer {Tokens(library).add(name)}"} for name in ("mallory", "anna")
    )
    words = ["serve", "--library", library, "--model", "none", "--host", HOST, "--port", "0"]
    with started([*VIDINDEX, *words], bound_s=500, stdout=PIPE) as server:
        assert server.stdout
        _bound_files(server.pid)
        base = server.stdout.readline().strip().rstrip("/")
        attack = Attack(library, server.pid, base, mallory, other, ids)
        attack.get("/api/status", attack.other, 60)
        yield attack


def run(which: list[str]) -> list[str]:
    """Run the attacks of these names; the bounds that were broken."""
    with (
        tempfile.TemporaryDirectory(prefix="vidindex-attack-") as folder,
        under_attack(Path(folder)) as attack,
    ):
        flat, skip = (f"/api/videos/{attack.ids[name]}" for name in ("flat.mov", "skip.webm"))
        stills = [f"{flat}/frame?at={at}" for at in (1, 2, 3)]
        stills += [f"{skip}/frame?at={at}" for at in (20.1, 40.1, 59.1)]
        attacks: dict[str, Callable[[], None]] = {
            "stills": lambda: attack.bombs("stills", stills, 150),
            "clip": lambda: attack.bombs("clip", [f"{skip}/clip?start_s=5&end_s=15"], 90),
            "leave": attack.leave,
            "half-open": attack.half_open,
            "guesses": attack.guesses,
        }
        for name in which or list(attacks):
            attacks[name]()
        return attack.broken


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("which", nargs="*", help="stills, clip, leave, half-open, guesses; all")
    broken = run(parser.parse_args().which)
    for line in broken:
        click.echo(f"BROKEN  {line}")
    sys.exit(1 if broken else 0)
