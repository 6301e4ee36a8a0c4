"""By which lines a search judges: those of the judge's calibration, else a rule of thumb."""

from dataclasses import dataclass

from pipelines.services import Services
from store.library import Library
from vidindex.core.retrieval.calibration import Calibration, Curve, Depth
from vidindex.core.retrieval.verification import RULE
from vidindex.errors import InputError
from vidindex.ports import VisionModel
from vidindex.types import Standard


@dataclass(frozen=True, slots=True)
class Thresholds:
    """The lines for a score, and what a score is worth; curve None: nothing was measured."""

    standard: Standard = RULE
    curve: Curve | None = None


RULE_OF_THUMB = Thresholds()


def thresholds_for(
    library: Library, services: Services, max_false_alarms: float | None, *, thorough: bool
) -> Thresholds:
    """Raises InputError where a share of false alarms is asked for that nobody measured."""
    judge = ""
    if services.model:
        from pipelines.search.verify_caption import judge_of

        judge = judge_of(services.model, services.profile)
    calibration = library.calibrations.get(judge)
    if calibration is None:
        if max_false_alarms is not None:
            raise InputError(
                f"{max_false_alarms:g} false alarms cannot be promised: this model was never "
                "calibrated on this library",
                "run: vidindex calibrate SEARCHES.csv",
            )
        return RULE_OF_THUMB
    share = calibration.measured_at if max_false_alarms is None else max_false_alarms
    depth: Depth = "thorough" if thorough else "standard"
    return Thresholds(calibration.standard(share, depth), calibration.curve)


def opinion_curve(library: Library, second: VisionModel) -> Curve | None:
    """What the opinions of a reasoning model are worth, where that was measured."""
    from pipelines.search.second_opinion import reasoning_judge

    found: Calibration | None = library.calibrations.get(reasoning_judge(second))
    return found.curve if found else None
