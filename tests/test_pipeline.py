"""Decoding, asking, embedding and storing beside each other: the same always comes of it."""

import json
import random
import shutil
import sqlite3
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from support import hostile_decoders as hostile

from pipelines.inference.prefetch import Prefetcher
from pipelines.ingest.captions import CaptionStage
from pipelines.ingest.options import IngestOptions
from pipelines.ingest.report import IngestReport
from pipelines.ingest.run import Ingest
from pipelines.progress import Deadline, Quiet
from pipelines.run_log import log_to
from store.library import Library
from vidindex.adapters.decoders.isolated import ChildDecoder
from vidindex.adapters.decoders.pyav import PyAVDecoder
from vidindex.adapters.isolation import Limits, WorkerPool
from vidindex.adapters.media.ffmpeg import encode
from vidindex.app import open_library
from vidindex.cli.main import run_command
from vidindex.composition import build_services, build_stages
from vidindex.errors import DecodeError
from vidindex.ports import Decoder
from vidindex.settings import Settings
from vidindex.types import Ask, EmbeddingSpace, Frame, ModelLimits, Reply, Source, Usage

SETTINGS = Settings(model="none", ocr=False, policy="uniform")
Vectors = npt.NDArray[np.float32]
LIMITS = ModelLimits("stand-in", "", 4096, 64, 4 * 784, 768 * 784, 2048)


class Embeds:
    """Vectors of a text's letters, a few at once."""

    space = EmbeddingSpace("letters", "1", 8)

    def can_read(self, texts: Sequence[str]) -> npt.NDArray[np.bool_]:
        return np.ones(len(texts), np.bool_)

    def embed_documents(self, texts: Sequence[str]) -> Vectors:
        rows = [np.bincount(np.frombuffer(t.encode(), np.uint8) % 8, minlength=8) for t in texts]
        vectors = np.array(rows, np.float32).reshape(-1, 8)
        unit: Vectors = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
        return unit

    def embed_queries(self, texts: Sequence[str]) -> Vectors:
        return self.embed_documents(texts)


@dataclass
class Delayed:
    """Decodes after a pause drawn at random; breaks where it is told to."""

    seed: int
    breaks: str = ""
    name: str = "pyav"

    def frames(
        self, source: Source, times_s: Sequence[float], size: tuple[int, int] | None = None
    ) -> Iterator[Frame]:
        time.sleep(random.Random(f"{self.seed} {times_s[0]}").random() / 50)
        if source.path.name == self.breaks and times_s[0] > 10:
            raise DecodeError(f"{source.path.name} breaks", "leave it out")
        return PyAVDecoder().frames(source, times_s, size)


@dataclass
class Answers:
    """Says what it was shown, in another order than it was asked; reads ahead in a thread."""

    seed: int
    ahead: int = 1
    stop_after: int = 10**9
    limits: ModelLimits = LIMITS
    asked: list[str] = field(default_factory=list)
    threads: set[int] = field(default_factory=set)

    def answer(self, asks: Iterable[Ask]) -> Iterator[tuple[str, Reply]]:
        chance, waiting, num_replies = random.Random(self.seed), list[Ask](), 0
        source = iter(asks)
        while True:
            waiting += self._read(source, self.ahead - len(waiting))
            if not waiting:
                return
            ask = waiting.pop(chance.randrange(len(waiting)))
            time.sleep(chance.random() / 50)
            if num_replies == self.stop_after:
                raise KeyboardInterrupt
            num_replies += 1
            yield ask.key, self._reply(ask)

    def _read(self, source: Iterator[Ask], count: int) -> list[Ask]:
        """In a thread of its own, as a backend may that serves many requests at once."""
        taken: list[Ask] = []

        def read() -> None:
            self.threads.add(threading.get_ident())
            for _ in range(count):
                ask = next(source, None)
                if ask is not None:
                    taken.append(ask)

        thread = threading.Thread(target=read)
        thread.start()
        thread.join()
        self.asked += [ask.key for ask in taken]
        return taken

    def _reply(self, ask: Ask) -> Reply:
        shade = int(ask.frames.pictures.mean())
        first, last = (2.0, 4.0) if shade % 3 == 0 else (10.0, 31.0)
        events = [
            {"start_time": f"00:{at:05.2f}", "end_time": f"00:{at + 1:05.2f}", "description": text}
            for at, text in ((first, f"shade {shade}"), (last - 1, f"rate {ask.frames.fps:g}"))
        ]
        return Reply(json.dumps(events), "stop", Usage(100, 20))


@pytest.fixture(scope="module")
def footage(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("footage")
    for number, seconds in enumerate([100, 40, 70, 33]):
        shades = (np.full((56, 112, 3), 40 * number + i // 4, np.uint8) for i in range(seconds))
        encode(folder / f"{number}.mp4", shades, 112, 56, 1)
    return folder


def ingest(
    footage: Path,
    library: Path,
    model: Answers,
    *,
    seed: int = 0,
    breaks: str = "",
    log: Path | None = None,
    prefetcher: Prefetcher | None = None,
    decoder: Decoder | None = None,
    deadline: Deadline | None = None,
) -> IngestReport:
    services = replace(build_services(SETTINGS), model=model, embedder=Embeds())
    stages = [stage for stage in build_stages(services, SETTINGS) if stage.name != "captions"]
    captions = CaptionStage(
        decoder or Delayed(seed, breaks),
        model,
        services.profile,
        prefetcher=prefetcher or Prefetcher(workers=2),
    )
    report = IngestReport()
    with Library.open(library, create=True) as opened, log_to(log) as told:
        Ingest(
            opened,
            services,
            [*stages, captions],
            IngestOptions(),
            Quiet(),
            deadline or Deadline(),
            report,
            told,
        ).run([footage])
    return report


def contents(library: Path) -> dict[str, list[tuple[object, ...]]]:
    """What an ingest stores, in the order in which it stored it; replies without order."""
    tables = {
        "events": "SELECT event_id, video_id, start_s, end_s, text FROM events ORDER BY event_id",
        "vectors": "SELECT event_id, vector FROM vectors ORDER BY event_id",
        "replies": "SELECT key, video_id, reply FROM replies ORDER BY key",
        "work": "SELECT video_id, stage, key FROM work ORDER BY video_id, stage",
        "failures": "SELECT path, stage, message FROM failures ORDER BY path",
        "asked": "SELECT key FROM asked",
    }
    with closing(sqlite3.connect(library / "library.db")) as db:
        return {name: db.execute(query).fetchall() for name, query in tables.items()}


def test_content_and_order_do_not_depend_on_timing(footage: Path, tmp_path: Path) -> None:
    ways = [
        (Answers(1), Prefetcher(1, 1)),
        (Answers(2, ahead=3), Prefetcher(workers=3)),
        (Answers(3, ahead=8), Prefetcher(200_000, workers=2)),
    ]
    stored = []
    for number, (model, prefetcher) in enumerate(ways):
        library = tmp_path / str(number)
        ingest(footage, library, model, seed=number, prefetcher=prefetcher)
        stored.append(contents(library))
    assert stored[0] == stored[1] == stored[2]
    assert len(stored[0]["events"]) > 8
    assert len(stored[0]["vectors"]) == len({row[0] for row in stored[0]["events"]})
    assert stored[0]["asked"] == []


def test_the_chunks_of_all_files_flow_through_one_call_of_the_model(
    footage: Path, tmp_path: Path
) -> None:
    rounds: list[int] = []

    class Once(Answers):
        def answer(self, asks: Iterable[Ask]) -> Iterator[tuple[str, Reply]]:
            before = len(self.asked)
            yield from super().answer(asks)
            rounds.append(len(self.asked) - before)

    ingest(footage, tmp_path / "library", Once(1, ahead=2))
    with Library.open(tmp_path / "library") as library:
        plans = [library.frame_plans.get(info.video_id) for info in library.videos.all()]
    num_chunks = sum(len(plan.chunks) for plan in plans if plan)
    assert rounds[0] == num_chunks
    assert len(rounds) == 2, "one more round for what was told in too little time"


def test_a_file_that_breaks_costs_itself_whatever_the_timing(footage: Path, tmp_path: Path) -> None:
    stored = []
    for number in range(3):
        library = tmp_path / str(number)
        model = Answers(number, ahead=2 * number + 1)
        report = ingest(footage, library, model, seed=number, breaks="0.mp4")
        assert [failure.message for failure in report.failures] == ["0.mp4 breaks; leave it out"]
        stored.append(contents(library))
    assert stored[0] == stored[1] == stored[2]
    assert {len(one["asked"]) for one in stored} == {0}


def test_a_file_whose_decoding_crashes_fails_alone(footage: Path, tmp_path: Path) -> None:
    folder = tmp_path / "footage"
    shutil.copytree(footage, folder)
    (folder / "1.mp4").rename(folder / "crash.mp4")
    decoder = ChildDecoder(hostile.HostileToSome, WorkerPool(Limits(60, 1 << 30)))
    report = ingest(folder, tmp_path / "library", Answers(1), decoder=decoder)
    (failure,) = report.failures
    assert (failure.location.path.name, failure.stage) == ("crash.mp4", "captions")
    assert "crash.mp4: decoding crashed (SIGSEGV)" in failure.message
    done = [row for row in contents(tmp_path / "library")["work"] if row[1] == "captions"]
    assert len(done) == 3


def test_out_of_time_keeps_every_reply_and_the_next_run_goes_on(
    footage: Path, tmp_path: Path
) -> None:
    class InThisThread(Answers):
        def _read(self, source: Iterator[Ask], count: int) -> list[Ask]:
            taken = list(islice(source, count))
            self.asked += [ask.key for ask in taken]
            return taken

    library, first = tmp_path / "library", InThisThread(1)
    soon = Deadline(3.0, "--budget is over", clock=lambda: float(len(first.asked)))
    assert ingest(footage, library, first, deadline=soon).stopped == "--budget is over"
    assert len(first.asked) == 3
    again = Answers(2)
    report = ingest(footage, library, again)
    assert report.calls.kept == 3
    assert set(again.asked).isdisjoint(first.asked)


def test_after_an_interruption_kept_replies_are_not_asked_for_and_both_are_counted(
    footage: Path, tmp_path: Path
) -> None:
    library = tmp_path / "library"
    first = Answers(1, ahead=3, stop_after=2)
    with pytest.raises(KeyboardInterrupt):
        ingest(footage, library, first)
    open_calls = len(contents(library)["asked"])
    assert open_calls > 0
    again = Answers(2)
    report = ingest(footage, library, again)
    assert report.calls.asked_again == open_calls
    assert report.calls.kept == 2
    assert set(again.asked).isdisjoint({key for key in first.asked if key not in again.asked})
    whole = tmp_path / "whole"
    ingest(footage, whole, Answers(3))
    mended, expected = contents(library), contents(whole)
    for table in ("replies", "work", "asked"):
        assert mended[table] == expected[table]
    assert [row[1:] for row in mended["events"]] == [row[1:] for row in expected["events"]]


def test_the_log_tells_each_event_as_a_line_and_holds_no_caption(
    footage: Path, tmp_path: Path
) -> None:
    log = tmp_path / "run.jsonl"
    report = ingest(footage, tmp_path / "library", Answers(1, ahead=2), breaks="3.mp4", log=log)
    lines = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]
    told = {line["event"] for line in lines}
    assert told == {
        "run begins", "file", "chunk asked", "reply", "failure", "stage ends", "run ends",
    }  # fmt: skip
    replies = [line for line in lines if line["event"] == "reply"]
    assert len(replies) == report.calls.asked
    assert all(line["prompt_tokens"] == 100 and line["latency_s"] >= 0 for line in replies)
    (failure,) = (line for line in lines if line["event"] == "failure")
    assert failure["file"].endswith("3.mp4")
    assert "shade" not in log.read_text(encoding="utf-8")
    assert lines[-1]["calls"] == report.calls.as_json()


def test_status_shows_what_the_run_kept_of_its_calls(
    footage: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    library = tmp_path / "library"
    report = ingest(footage, library, Answers(1, ahead=2))

    def status(*words: str) -> int:
        return run_command(["status", "--library", str(library), *words])

    assert status("--run") == 0
    shown = capsys.readouterr().out
    assert f"model: {report.calls.asked} chunks asked" in shown
    assert f"largest call: 120 of 4,096 tokens, {report.calls.most_frames} of 64" in shown
    assert "latency of calls: p50" in shown
    assert "cut at the token limit: 0; refused: 0" in shown
    assert "bounded by" in shown
    assert status("--run", "1", "--json") == 0
    assert json.loads(capsys.readouterr().out)["figures"] == report.calls.as_json()
    assert status("--run", "7") == 2
    assert "no run 7" in capsys.readouterr().err


def test_a_run_without_a_model_has_times_and_no_calls(footage: Path, tmp_path: Path) -> None:
    with open_library(tmp_path / "library", SETTINGS) as app:
        app.ingest(footage)
        run = app.run()
    assert run.figures == {}
    assert run.seconds["plan"] > 0
