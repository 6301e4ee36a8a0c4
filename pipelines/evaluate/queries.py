"""Map the queries of an evaluation to files, and report what a run did.

Computes no metric and asks no model: `evaluate_search` and `evaluate_reference` do.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from pipelines.services import Services
from vidindex.core.evaluation.values import EvalQuery, GroundTruth, Prediction, Window
from vidindex.errors import InputError
from vidindex.types import FoundFile

Protocol = Literal["given-video", "corpus"]
"""Where is searched: in the one video that the query is about, or in all of them."""


@dataclass(slots=True)
class EvalReport:
    """What a run did, counted; filled while it runs.

    videos: named by the queries and found. missing: names that no file has. failed: by name,
    why a video could not be used, or not wholly. not_asked: queries that have an empty
    prediction because all their videos are missing or failed, or because they name none and
    the preset needs one. empty: all predictions without an answer. resumed: replies that an
    earlier run had paid for. settings: those of the preset.
    """

    queries: int
    videos: int = 0
    missing: list[str] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)
    not_asked: int = 0
    empty: int = 0
    resumed: int = 0
    seconds: float = 0.0
    model: str = "none"
    licence: str = ""
    notes: list[str] = field(default_factory=list)
    settings: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Evaluated:
    """A prediction for every query, in the order of the ground truth, and what was done."""

    predictions: tuple[Prediction, ...]
    report: EvalReport


def named_videos(query: EvalQuery) -> tuple[str, ...]:
    """The videos that the query is about, as the annotations write them.

    None where it is absent and searched for in files of a glob, or in all.
    """
    if query.gold:
        return tuple(dict.fromkeys(gold.video for gold in query.gold))
    is_name = query.search_in and not set(query.search_in) & set("*?[")
    return (query.search_in,) if is_name else ()


def prediction(query: EvalQuery, windows: Iterable[Window] = ()) -> Prediction:
    """What was answered to the query, which names it as the annotations do."""
    return Prediction(query.query_id, tuple(windows), None, query.text, query.search_in)


def files_below(services: Services, folder: Path) -> list[FoundFile]:
    """Every file below the folder that may be a video."""
    if not folder.is_dir():
        raise InputError(f"no folder {folder} to take videos from", "check --videos")
    return [file for file in services.discover([folder]) if isinstance(file, FoundFile)]


def find_files(
    truth: GroundTruth, found: Sequence[FoundFile], report: EvalReport
) -> dict[str, FoundFile]:
    """The file of every name in the annotations; what is missing goes into the report.

    A name is a path or the end of one, or else a file name without its suffix. Raises
    InputError where queries name videos and none of them is there.
    """
    by_path, by_stem = _index(found)
    names = dict.fromkeys(name for query in truth.queries for name in named_videos(query))
    files: dict[str, FoundFile] = {}
    for name in names:
        written = name.replace("\\", "/").removeprefix("./")
        fits = by_path.get(written) or by_stem.get(written, [])
        if not fits:
            report.missing.append(name)
            continue
        files[name] = fits[0]
        if len(fits) > 1:
            report.notes.append(f"{name} fits {len(fits)} files; taken: {fits[0].path}")
    if names and not files:
        raise InputError(
            f"none of the {len(names)} videos of the annotations, such as {next(iter(names))!r}, "
            f"is among the {len(found)} video files",
            "give the folder that holds them, under these names",
        )
    report.videos = len(files)
    return files


_Files = dict[str, list[FoundFile]]


def _index(found: Sequence[FoundFile]) -> tuple[_Files, _Files]:
    by_path: _Files = {}
    by_stem: _Files = {}
    for file in found:
        parts = file.path.parts
        ends = {"/".join(parts[place:]) for place in range(1, len(parts))}
        for end in {*ends, file.path.as_posix()}:
            by_path.setdefault(end, []).append(file)
        by_stem.setdefault(file.path.stem, []).append(file)
    return by_path, by_stem
