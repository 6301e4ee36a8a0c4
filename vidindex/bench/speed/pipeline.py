"""Measure how decoding, asking and storing overlap, and their memory.

The model is a stand-in that takes a fixed time for each chunk, so that what is left to
measure is the pipeline. Everything else is the product's own.
"""

import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median

import ffmpeg
import psutil  # type: ignore[import-untyped]

from pipelines.ingest.caption_requests import RequestBuilder, VideoJob
from pipelines.ingest.options import IngestOptions
from pipelines.ingest.report import IngestReport
from pipelines.ingest.run import Ingest
from pipelines.ingest.stages import StageContext
from pipelines.progress import Deadline, Progress, Quiet
from store.library import Library
from vidindex.adapters.media.ffmpeg import run as run_ffmpeg
from vidindex.composition import build_decoder, build_services, build_stages
from vidindex.errors import VidindexError
from vidindex.settings import Settings
from vidindex.types import Ask, ModelLimits, Reply, Usage

SETTINGS = Settings(model="none", ocr=False, policy="uniform")
LIMITS = ModelLimits(
    identity="stand-in of fixed latency", licence="", context_tokens=32_768, max_frames=768,
    min_pixels=4 * 784, max_pixels=768 * 784, max_video_tokens=24_576,
)  # fmt: skip
SAYS = '[{"start_time": "00:01.00", "end_time": "00:31.00", "description": "a pattern moves"}]'
_LOOP_S = 60
_POLL_S = 0.02
# For the memory: slower than decoding, so that all that may wait for the model does.
_SLOW_S = 1.0


@dataclass(frozen=True, slots=True)
class Round:
    """Seconds of decoding alone, of the model alone, and of the caption pass over both."""

    decode_s: float
    model_s: float
    wall_s: float

    @property
    def ratio(self) -> float:
        return self.wall_s / max(self.decode_s, self.model_s)


@dataclass(frozen=True, slots=True)
class Overlap:
    """Rounds after one another; ratio: of the wall to the longer of decoding and model."""

    footage_s: float
    num_chunks: int
    latency_s: float
    rounds: tuple[Round, ...]

    @property
    def ratio(self) -> float:
        return median(one.ratio for one in self.rounds)


@dataclass(frozen=True, slots=True)
class Peak:
    """The most memory that a whole ingest held, its child processes included."""

    footage_s: float
    num_bytes: int


class StandIn:
    """A `VisionModel` that takes `latency_s` for each question and sees nothing."""

    limits = LIMITS

    def __init__(self, latency_s: float) -> None:
        self._latency_s = latency_s

    def answer(self, asks: Iterable[Ask]) -> Iterator[tuple[str, Reply]]:
        for ask in asks:
            time.sleep(self._latency_s)
            yield ask.key, Reply(SAYS, "stop", Usage(1000, 40))


def make_film(path: Path, duration_s: int) -> Path:
    """Patterns that move, in H.264: a minute is encoded, and joined to itself."""
    minute = path.with_name(f"minute-{path.name}")
    pattern = f"testsrc2=size=640x360:rate=24:duration={_LOOP_S}"
    coded = {"vcodec": "libx264", "preset": "ultrafast", "g": 48, "pix_fmt": "yuv420p"}
    run_ffmpeg(ffmpeg.input(pattern, format="lavfi").output(str(minute), **coded))
    looped = ffmpeg.input(str(minute), stream_loop=duration_s // _LOOP_S - 1)
    run_ffmpeg(looped.output(str(path), c="copy"))
    minute.unlink()
    return path


def measure_overlap(
    folder: Path, minutes: int, num_rounds: int, latency_s: float | None, progress: Progress
) -> Overlap:
    """Rounds of decoding alone and of the whole, in turn, on one film below `folder`.

    latency_s: of the model; None for what decoding a chunk takes, which is hardest to hide.
    """
    film = make_film(folder / "film.mp4", 60 * minutes)
    Pipeline(folder / "first", 0.0).ingest(film)  # plans it, and loads what is loaded once
    with Library.open(folder / "first") as library:
        chunks = DecodingAlone(library, film)
        decode_s = chunks.run()
        latency_s = decode_s / chunks.num_chunks if latency_s is None else latency_s
        progress.start("rounds", num_rounds, "rounds")
        rounds = []
        for number in range(num_rounds):
            decode_s = chunks.run()
            wall_s = Pipeline(folder / f"round-{number}", latency_s).ingest(film)
            rounds.append(Round(decode_s, latency_s * chunks.num_chunks, wall_s))
            progress.advance(1, "")
        progress.finish()
    return Overlap(60.0 * minutes, chunks.num_chunks, latency_s, tuple(rounds))


@dataclass(frozen=True, slots=True)
class Pipeline:
    """A new library, and the product's ingest into it with the stand-in model."""

    library: Path
    latency_s: float

    def ingest(self, film: Path) -> float:
        """Seconds of the caption pass, the vectors of its events included."""
        services = replace(build_services(SETTINGS), model=StandIn(self.latency_s))
        stages, report = build_stages(services, SETTINGS), IngestReport()
        with Library.open(self.library, create=True) as library:
            Ingest(library, services, stages, IngestOptions(), Quiet(), Deadline(), report).run(
                [film]
            )
        for failure in report.failures:
            raise VidindexError(failure.message)
        return report.stage_s["captions"] + report.stage_s["embed"]


class DecodingAlone:
    """The questions of one film, decoded one after the other and thrown away."""

    def __init__(self, library: Library, path: Path) -> None:
        (info,) = library.videos.all()
        plan = library.frame_plans.get(info.video_id)
        location = library.videos.present_location(info.video_id)
        assert plan
        assert location
        context = StageContext(library, info, location, IngestReport(), Quiet(), Deadline())
        job = VideoJob(context, plan.chunks, build_services(SETTINGS).profile, "")
        builder = RequestBuilder(LIMITS, job.profile, None)
        self._questions = [
            builder.video_request(job, chunk) for chunk in plan.chunks if not chunk.continues
        ]
        self._source = info.source(path)
        self._decoder = build_decoder(SETTINGS.decoder)
        self.num_chunks = len(self._questions)

    def run(self) -> float:
        """Seconds."""
        started_s = time.monotonic()
        for request in self._questions:
            request.ask("", self._decoder, self._source)
        return time.monotonic() - started_s


def measure_memory(folder: Path, minutes: Iterable[int], progress: Progress) -> list[Peak]:
    """The peak of a whole ingest of a film of each length, in a process of its own."""
    lengths = list(minutes)
    progress.start("memory", len(lengths), "films")
    peaks = []
    for length in lengths:
        film = make_film(folder / f"{length}.mp4", 60 * length)
        peaks.append(Peak(60.0 * length, _peak_of_ingest(film, folder / f"library-{length}")))
        progress.advance(1, film.name)
    progress.finish()
    return peaks


def _peak_of_ingest(film: Path, library: Path) -> int:
    words = [sys.executable, "-m", __name__, str(film), str(library)]
    with subprocess.Popen(words) as process:
        peak = 0
        while process.poll() is None:
            peak = max(peak, _held_by(psutil.Process(process.pid)))
            time.sleep(_POLL_S)
    if process.returncode:
        raise VidindexError(f"the ingest of {film.name} failed", "see what it printed")
    return peak


def _held_by(process: psutil.Process) -> int:
    """Resident memory of a process and its children; what they share counts for each."""
    total = 0
    try:
        for one in [process, *process.children(recursive=True)]:
            total += one.memory_info().rss
    except psutil.Error:
        return total
    return total


if __name__ == "__main__":
    Pipeline(Path(sys.argv[2]), _SLOW_S).ingest(Path(sys.argv[1]))
