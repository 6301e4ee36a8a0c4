"""Run one preset of `vidindex eval run`, and print its files and table."""

import shutil
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import Literal

from pipelines.evaluate.output import beside, write_run
from pipelines.evaluate.queries import EvalReport, Evaluated, Protocol
from pipelines.progress import Progress
from vidindex.app import Settings, evaluate_reference, open_library
from vidindex.cli.main import EXIT_DONE, EXIT_SOME_FAILED
from vidindex.cli.output.echo import echo
from vidindex.cli.output.progress import TerminalProgress
from vidindex.cli.output.tables import print_json, print_table
from vidindex.core.evaluation.datasets import by_name
from vidindex.core.evaluation.values import GroundTruth
from vidindex.core.formatting.terminal import one_line
from vidindex.core.formatting.to_json import jsonable
from vidindex.errors import InputError
from vidindex.settings import Backend

Preset = Literal["vidindex", "reference"]

SHOWN = 10
"""Missing and failed videos that are listed; the record has all."""


@dataclass(frozen=True, slots=True)
class Job:
    """What was asked for on the command line."""

    dataset: str
    annotations: Path
    videos: Path | None
    protocol: Protocol
    preset: Preset
    model: str
    backend: Backend
    library: Path | None
    keep: bool
    no_ocr: bool
    limit: int | None
    output: Path


def execute(job: Job, *, quiet: bool, as_json: bool) -> int:
    """Run the preset, write its files, say what was done; the exit code."""
    _require_named(job)
    truth = by_name(job.dataset).read(job.annotations)
    truth = replace(truth, queries=truth.queries[: job.limit])
    if not job.output.parent.is_dir():
        raise InputError(f"no folder {job.output.parent} to write into", "make it")
    progress = TerminalProgress(quiet=quiet or as_json)
    run = _reference if job.preset == "reference" else _search
    done = run(job, truth, progress)
    facts = {"vidindex": version("vidindex"), "arguments": jsonable(asdict(job))}
    files = write_run(job.output, job.dataset, job.protocol, done, facts)
    if job.preset == "vidindex" and not (job.library or job.keep or done.report.failed):
        shutil.rmtree(_library_of(job))
    if as_json:
        print_json({**facts, "files": files, "report": done.report})
    else:
        _print(done.report, files)
    return EXIT_SOME_FAILED if done.report.missing or done.report.failed else EXIT_DONE


def _require_named(job: Job) -> None:
    """Figures are of one model and revision, and "auto" is another one on another machine."""
    if job.model == "auto":
        raise InputError(
            "an evaluation needs a named model: auto is another one on another machine",
            "name it with --model (none for text only); the revision is kept with the figures",
        )


def _search(job: Job, truth: GroundTruth, progress: Progress) -> Evaluated:
    if job.videos is None and job.library is None:
        raise InputError("no videos to search", "name --videos, --library or both")
    settings = Settings(model=job.model, backend=job.backend, ocr=not job.no_ocr)
    with open_library(_library_of(job), settings) as app:
        return app.evaluate(truth, job.videos, protocol=job.protocol, progress=progress)


def _library_of(job: Job) -> Path:
    return job.library or beside(job.output, "library")


def _reference(job: Job, truth: GroundTruth, progress: Progress) -> Evaluated:
    if job.protocol == "corpus":
        raise InputError(
            "the preset reference shows the model one whole video, and cannot search a corpus",
            "use --protocol given-video, or --preset vidindex",
        )
    if job.videos is None or job.library or job.keep:
        raise InputError(
            "the preset reference asks about files and has no library",
            "name --videos, and neither --library nor --keep",
        )
    settings = Settings(model=job.model, backend=job.backend, ocr=False)
    replies = beside(job.output, "replies.jsonl")
    return evaluate_reference(truth, job.videos, settings, replies=replies, progress=progress)


def _print(report: EvalReport, files: Sequence[Path]) -> None:
    _list("missing", report.missing)
    _list("failed ", [f"{name}: {reason}" for name, reason in report.failed.items()])
    _list("note   ", report.notes)
    counts = {
        "queries": report.queries,
        "videos": report.videos,
        "missing": len(report.missing),
        "failed": len(report.failed),
        "not asked": report.not_asked,
        "empty": report.empty,
    }
    print_table(list(counts), [[str(count) for count in counts.values()]])
    if report.resumed:
        echo(f"{report.resumed} replies are those of an earlier run")
    licence = f", licence {report.licence}" if report.licence else ""
    echo(f"{report.seconds:.1f} s; model: {report.model}{licence}")
    for file in files:
        echo(f"written {file}")


def _list(what: str, lines: Sequence[str]) -> None:
    for line in lines[:SHOWN]:
        echo(f"{what} {one_line(line)}")
    if len(lines) > SHOWN:
        echo(f"{what} and {len(lines) - SHOWN} more: see the record")
