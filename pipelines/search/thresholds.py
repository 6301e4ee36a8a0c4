"""Choose verdict thresholds: calibrated for this model, or a default."""

from dataclasses import dataclass, replace

from pipelines.search.by_frames import frame_judge
from pipelines.services import Services
from store.library import Library
from vidindex.core.retrieval.calibration import Calibration, Curve, Depth
from vidindex.core.retrieval.verification import RULE
from vidindex.errors import InputError
from vidindex.ports import VisionModel
from vidindex.types import Misses, Standard


@dataclass(frozen=True, slots=True)
class Thresholds:
    """The lines for a score, and what a score is worth; curve None: nothing was measured.

    misses: how often something present is not found, where that was measured well enough.
    """

    standard: Standard = RULE
    curve: Curve | None = None
    misses: Misses | None = None


RULE_OF_THUMB = Thresholds()


def thresholds_for(
    library: Library, services: Services, max_false_alarms: float | None, *, thorough: bool
) -> Thresholds:
    """Raises InputError where a share of false alarms is asked for that was never measured."""
    judge = judge_here(library, services) or ""
    calibration = library.calibrations.get(judge)
    if max_false_alarms is not None and not (calibration and calibration.looks_further):
        when = "not since searches look at the nearest stretches" if calibration else "never"
        raise InputError(
            f"{max_false_alarms:g} false alarms cannot be promised: this model was {when} "
            "calibrated on this library",
            "run: vidindex calibrate SEARCHES.csv, or vidindex calibrate --auto",
        )
    if calibration is None:
        return RULE_OF_THUMB
    share = calibration.measured_at if max_false_alarms is None else max_false_alarms
    depth: Depth = "thorough" if thorough else "standard"
    standard = calibration.standard(share, depth)
    if not calibration.looks_further:
        standard = replace(standard, max_false_alarms=None, measured="")
    return Thresholds(standard, calibration.curve, calibration.misses(share, depth))


def judge_here(library: Library, services: Services) -> str | None:
    """Whose scores decide: those of the vision model, else of the frames' vectors."""
    if services.model:
        from pipelines.search.verify_caption import judge_of

        return judge_of(services.model, services.profile)
    space = library.frame_vectors.space
    return frame_judge(space) if space and services.frame_embedder else None


def opinion_curve(library: Library, second: VisionModel) -> Curve | None:
    """What the opinions of a reasoning model are worth, where that was measured."""
    from pipelines.search.second_opinion import reasoning_judge

    found: Calibration | None = library.calibrations.get(reasoning_judge(second))
    return found.curve if found else None
