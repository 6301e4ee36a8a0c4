"""Faults and kills, one after the other, and what each of them cost: a row of the table each.

    python tests/torture_run.py --faults 200 --kills 20 --seed 1

After every one the library is opened and checked, the work is run again to its end, and all
that it then holds and says is held against an undisturbed run. Exit code 1: something was lost.
"""

import argparse
import os
import random
import shutil
import sqlite3
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, closing, suppress
from dataclasses import dataclass
from pathlib import Path

import click
import pytest
from support.processes import DEVNULL, VIDINDEX, Process, started
from support.torture_taps import Crash, Fault, Taps, kinds
from support.torture_work import Contents, Told, contents, indexed_ids, make_footage, whole_run

from pipelines.evidence.verify import check_package
from pipelines.progress import Quiet
from store.index import vector_files as near_files
from store.library import Library
from vidindex.errors import VidindexError

CODED_FROM = 16
"""A library counts as big from here on, in every second row: FAISS cannot code fewer vectors."""

EXPECTED = (Crash, OSError, MemoryError, VidindexError)


@dataclass(frozen=True, slots=True)
class Whole:
    """What an undisturbed run passed, made and printed."""

    taps: Taps
    told: Told
    contents: Contents


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table. kept: replies that were committed; lost: empty, or what is wrong."""

    done: str
    came_of_it: str
    kept: int
    asked_after: int
    lost: tuple[str, ...]

    def __str__(self) -> str:
        lost = "; ".join(self.lost) or "nothing"
        cells = (self.done, self.came_of_it, str(self.kept), str(self.asked_after), lost)
        return f"| {' | '.join(cells)} |"


HEAD = (
    "| what was done | what came of it | replies kept | asked afterwards | lost or repeated |\n"
    "|---|---|---|---|---|"
)


class Torture:
    """Runs over one footage, each in a library of its own below `folder`."""

    def __init__(self, folder: Path, seed: int, forms: tuple[bool, ...] = (False, True)) -> None:
        """forms: of the index: whether it is coded, as those of big libraries are."""
        self.folder = folder
        self.rng = random.Random(seed)
        self.footage = make_footage(folder / "films" / "footage")
        self.wholes = {coded: self._whole(coded=coded) for coded in forms}
        self._count = 0

    def faults(self, number: int) -> Iterator[Row]:
        """Every kind at every point once, in any order, as far as `number` goes; then more."""
        every = [
            (coded, stage, point, kind)
            for coded, whole in self.wholes.items()
            for stage, point in sorted(whole.taps.seen)
            for kind in kinds(point)
        ]
        # What both forms of the index pass is passed by one of them.
        self.rng.shuffle(every)
        chosen = list({one[1:]: one for one in every}.values())
        chosen += self.rng.choices(every, k=max(0, number - len(chosen)))
        self.rng.shuffle(chosen)
        for coded, stage, point, kind in chosen[:number]:
            which = self.rng.randrange(self.wholes[coded].taps.seen[stage, point])
            yield self.suffer(Fault(stage, point, which, kind), coded=coded)

    def kills(self, number: int) -> Iterator[Row]:
        """A real process, killed at a drawn moment of its work, or once so many replies are kept.

        Loading a model takes most of the time: by time alone few kills would meet its replies.
        """
        works_s, num_replies = self._working_s(), len(self._any.contents["replies"])
        for index in range(number):
            after_s = self.rng.uniform(0.0, works_s)
            replies = self.rng.randrange(num_replies)
            yield self._kill(after_s, 0) if index % 2 else self._kill(0.0, replies)

    @property
    def _any(self) -> Whole:
        return next(iter(self.wholes.values()))

    def _whole(self, *, coded: bool) -> Whole:
        place, taps = self.folder / f"whole-{coded}", Taps()
        place.mkdir()
        told = self._run(place, taps, coded=coded)
        return Whole(taps, told, contents(place / "library"))

    def _run(self, place: Path, taps: Taps, *, coded: bool) -> Told:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(near_files, "CODED_FROM", CODED_FROM if coded else 10**9)
            patch.setattr(near_files, "LAG_AT_LEAST", 0)
            return whole_run(self.footage, place, taps)

    def suffer(self, fault: Fault, *, coded: bool = False) -> Row:
        """Run until the fault, and judge what is left."""
        place, taps = self._place(), Taps(fault)
        try:
            self._run(place, taps, coded=coded)
            came = "the run went on"
        except EXPECTED as error:
            said = str(error).split("; ")[0].replace(f"{place}/", "")
            came = type(error).__name__ + (f": {said}" if type(error) is not Crash else "")
        lost = [] if taps.fired else ["the fault did not come up"]
        return self._judged(place, f"{fault}", came, lost, coded=coded)

    def _kill(self, after_s: float, replies: int) -> Row:
        place = self._place()
        with self._ingesting(place) as process:
            started_s = self._working_from(place, process)
            while process.poll() is None and (
                time.monotonic() < started_s + after_s or _num_replies(place / "library") < replies
            ):
                time.sleep(0.01)
            process.kill()
            process.wait()
        if process.returncode == 0:  # it was quicker this time
            shutil.rmtree(place)
            return self._kill(after_s / 2, max(0, replies - 1))
        done = f"kill -9 at reply {replies}" if replies else f"kill -9 after {after_s:.2f} s"
        return self._judged(place, done, "killed", [], coded=False)

    def _working_s(self) -> float:
        """How long an undisturbed process works, from when it holds the library."""
        place = self._place()
        with self._ingesting(place) as process:
            started_s = self._working_from(place, process)
            assert process.wait() == 0
            spent_s = time.monotonic() - started_s
        shutil.rmtree(place)
        return spent_s

    def _ingesting(self, place: Path) -> AbstractContextManager[Process]:
        words = ["ingest", self.footage.folder, "--library", place / "library"]
        command = [*VIDINDEX, *words, "--model", "bundled", "-q"]
        return started(command, bound_s=600, stdout=DEVNULL, stderr=DEVNULL)

    def _working_from(self, place: Path, process: Process) -> float:
        while not (place / "library" / "library.db").exists() and process.poll() is None:
            time.sleep(0.01)
        return time.monotonic()

    def _place(self) -> Path:
        self._count += 1
        place = self.folder / f"run-{self._count}"
        place.mkdir()
        return place

    def _judged(self, place: Path, done: str, came: str, lost: list[str], *, coded: bool) -> Row:
        """Look at what is left, run to the end, and hold all against the undisturbed run."""
        library, before, again = place / "library", contents(place / "library"), Taps()
        try:
            if (library / "library.db").exists():
                with Library.open(library, write=True) as left:
                    lost += left.check()
            _set_aside_package(place / "package", lost)
            told = self._run(place, again, coded=coded)
            lost += _losses(before, again, contents(library), self.wholes[coded])
            lost += _differences(library, told, self.wholes[coded].told)
        except EXPECTED as error:
            lost.append(f"it does not go on: {error}")
        shutil.rmtree(place)
        return Row(done, came, len(before["replies"]), len(again.asked), tuple(lost))


def _num_replies(library: Path) -> int:
    """How many are committed, as another process sees it."""
    with suppress(sqlite3.OperationalError), closing(sqlite3.connect(library / "library.db")) as db:
        return int(db.execute("SELECT count(*) FROM replies").fetchone()[0])
    return 0


def _set_aside_package(package: Path, lost: list[str]) -> None:
    """A package that is finished is sound, and rebuilt; one that is not is continued."""
    if (package / "SHA256SUMS").exists():
        if not check_package(package, Quiet()).sound:
            lost.append("a finished package is not sound")
        shutil.rmtree(package)


def _losses(before: Contents, again: Taps, after: Contents, whole: Whole) -> Iterator[str]:
    kept = {key for key, _ in before["replies"]}
    if repeated := kept & {*again.asked, *again.written}:
        yield f"{len(repeated)} replies were had twice"
    # A search of a library without some of its captions looked at other stretches, too.
    wanted_keys = {key for key, _ in whole.contents["verdicts"]}
    usable = wanted_keys & {key for key, _ in before["verdicts"]}
    # A text that was read again has a verdict, too, for which no model was asked.
    if again.num_judged > max(0, whole.taps.num_judged - len(usable)):
        yield "a candidate was judged twice"
    if not {*before["replies"]} <= {*after["replies"]}:
        yield "replies that were committed are gone or changed"
    for name, rows in after.items():
        if rows != whole.contents[name] and not (
            name == "verdicts" and {*whole.contents[name]} <= {*rows}
        ):
            wanted = len(whole.contents[name])
            yield f"{name} differ from an undisturbed run's: {len(rows)}, not {wanted}"


def _differences(library: Path, told: Told, wanted: Told) -> Iterator[str]:
    if told != wanted:
        yield f"answers or files differ: {told} instead of {wanted}"
    table, index, rebuilt = indexed_ids(library)
    if not table == index == rebuilt:
        yield f"the vector index holds {len(index)} of {len(table)} events"


def main() -> int:
    """Print the table; 1 where something was lost."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--faults", type=int, default=200, help="injected in this process")
    parser.add_argument("--kills", type=int, default=20, help="of real processes")
    parser.add_argument("--seed", type=int, default=1, help="of all that is drawn")
    chosen = parser.parse_args()
    num_bad = 0
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)  # FAISS warns of training on so few
    with tempfile.TemporaryDirectory() as folder:
        torture = Torture(Path(folder), chosen.seed)
        click.echo(HEAD)
        for rows in (torture.faults(chosen.faults), torture.kills(chosen.kills)):
            for row in rows:
                num_bad += bool(row.lost)
                click.echo(row)
    click.echo(f"\n{chosen.faults} faults, {chosen.kills} kills: {num_bad} lost something")
    return bool(num_bad)


if __name__ == "__main__":
    sys.exit(main())
