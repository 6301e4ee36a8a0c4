"""Plan, estimate cost and evaluate presets without a library."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from datetime import time as day_time
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.progress import Deadline, Progress, Quiet
from vidindex.composition import build_frame_embedder, build_services, plan_settings
from vidindex.core.families import QWEN25_FAMILY, family_named
from vidindex.core.sampling.cost import Estimate, estimate
from vidindex.errors import InputError, ModelNotFound
from vidindex.settings import Settings
from vidindex.types import FramePlan, VideoInfo

if TYPE_CHECKING:
    from pipelines.evaluate.queries import Evaluated
    from vidindex.core.evaluation.values import GroundTruth

DEFAULTS = Settings()


@dataclass(frozen=True, slots=True)
class PlanResult:
    """Plans with what they are of, what could not be planned, and what it would cost.

    licence, family: of the model that the plan is for; "" and Qwen2.5-VL without one.
    notes: folders without a video. picture_model: the dual encoder with its licence; "" where
    frames are not embedded.
    """

    videos: tuple[VideoInfo, ...]
    plans: tuple[FramePlan, ...]
    names: tuple[str, ...]
    failures: tuple[str, ...]
    estimate: Estimate
    model: str
    licence: str
    family: str = QWEN25_FAMILY.name
    notes: tuple[str, ...] = ()
    picture_model: str = ""


def plan(
    paths: Sequence[str | Path], settings: Settings = DEFAULTS, progress: Progress | None = None
) -> PlanResult:
    """The frame plans of files and folders and their cost; needs no library, writes nothing."""
    from pipelines.ingest.dry_run import plan_files

    folders = [Path(path).expanduser().resolve() for path in paths]
    if absent := [folder for folder in folders if not folder.exists()]:
        raise InputError(f"no such file or folder: {absent[0]}", "check the path")
    services = build_services(settings)
    limits = services.model.limits if services.model else None
    family = family_named(limits.family) if limits else QWEN25_FAMILY
    bounds = plan_settings(services, settings)
    planned, failures, notes = plan_files(services, folders, bounds, progress or Quiet())
    return PlanResult(
        videos=tuple(one.video for one in planned),
        plans=tuple(one.plan for one in planned),
        names=tuple(str(one.path) for one in planned),
        failures=tuple(failures),
        estimate=estimate(((one.video, one.plan) for one in planned), family=family),
        model=limits.identity if limits else "none here; planned for Qwen2.5-VL in general",
        licence=limits.licence if limits else "",
        family=family.name,
        notes=tuple(notes),
        picture_model=_picture_model(settings.frames),
    )


def _picture_model(name: str) -> str:
    embedder = build_frame_embedder(name)
    return f"{embedder.space.model}; licence: {embedder.licence}" if embedder else ""


def evaluate_reference(
    truth: "GroundTruth",
    videos: str | Path,
    settings: Settings = DEFAULTS,
    *,
    replies: str | Path,
    progress: Progress | None = None,
) -> "Evaluated":
    """Ask the model for every query in the published way, without a library.

    replies: a file that keeps each reply as it comes; what is in it is not asked
    again.
    """
    from pipelines.evaluate.output import ReplyFile
    from pipelines.evaluate.reference_preset import EvaluateReference

    services = build_services(settings)
    if services.model is None:
        raise ModelNotFound("the preset reference asks a vision model", "name one: --model")
    kept = ReplyFile(Path(replies).expanduser())
    run = EvaluateReference(services, services.model, kept, progress or Quiet())
    return run.run(truth, Path(videos).expanduser().resolve())


def deadline(until: day_time | None, budget_s: float | None, now: datetime) -> Deadline:
    """The sooner of the next `until` o'clock and `budget_s` seconds from now."""
    choices = [Deadline()]
    if until is not None:
        end = datetime.combine(now.date(), until)
        end += timedelta(days=int(end <= now))
        left_s = (end - now).total_seconds()
        choices.append(Deadline(time.monotonic() + left_s, f"at --until {until:%H:%M}"))
    if budget_s is not None:
        choices.append(Deadline(time.monotonic() + budget_s, f"after --budget {budget_s:g} s"))
    return min(choices, key=lambda choice: choice.at_s)
