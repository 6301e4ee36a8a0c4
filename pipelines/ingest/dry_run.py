"""Plan files without a library: which frames a model would be shown, and their cost."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pipelines.ingest.scan import location_of, nothing_found
from pipelines.progress import Progress
from pipelines.services import Services
from vidindex.core.sampling.planner import PlanSettings, make_plan
from vidindex.errors import MediaError
from vidindex.types import FoundFile, FoundProblem, FramePlan, VideoInfo


@dataclass(frozen=True, slots=True)
class PlannedFile:
    """One file with its plan."""

    path: Path
    video: VideoInfo
    plan: FramePlan


def plan_files(
    services: Services, paths: Sequence[Path], settings: PlanSettings, progress: Progress
) -> tuple[list[PlannedFile], list[str], list[str]]:
    """Plans of all files that can be planned, a line for each that cannot, and notes.

    A copy is planned once, as it would be ingested once.
    """
    planned: dict[str, PlannedFile] = {}
    problems: list[str] = []
    found = list(services.discover(paths))
    progress.start("plan", len(found), "files")
    for item in found:
        if isinstance(item, FoundProblem):
            problems.append(f"{item.path}: {item.message}")
        elif isinstance(item, FoundFile):
            _plan_one(services, item, settings, planned, problems)
        progress.advance(1, item.path.name)
    progress.finish()
    return list(planned.values()), problems, nothing_found(paths, [item.path for item in found])


def _plan_one(
    services: Services,
    item: FoundFile,
    settings: PlanSettings,
    planned: dict[str, PlannedFile],
    problems: list[str],
) -> None:
    try:
        location = location_of(item)
        video_id = services.fingerprint(location)
        if video_id in planned:
            return
        video = services.probe(location, video_id)
        signals = services.read_signals(video.source(location))
        plan = make_plan(video, signals, settings)
        planned[video_id] = PlannedFile(item.path, video, plan)
    except (MediaError, OSError) as error:
        problems.append(f"{item.path}: {error}")
