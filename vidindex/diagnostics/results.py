"""Judge the results of a model check by its thresholds.

The lines are where the figures stop being of use, not what a good model reaches: a start
off by more than one frame interval and half a second cannot be put right by the frames
that a search looks at again, and Yes and No that rank fewer than four pairs in five the
right way round reject true hits.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from vidindex.adapters.checkpoints.check_files import Verdict

SLACK_S: Final = 0.5
MIN_VALID_JSON: Final = 0.9
MIN_AUC: Final = 0.8
COVERAGE: Final = (0.8, 1.05)
DELAY_FOLLOWED: Final = (0.7, 1.3)
MIN_CHANGE_ON_GREY: Final = 0.1

FIGURES: Final = (
    *("time error", "valid JSON", "coverage", "Yes/No AUC"),
    *("delay followed", "change on grey"),
)
GATE: Final = frozenset({"delay followed", "change on grey"})
"""A model that fails one of these is not used: its answers do not come from the video."""
_REMEDIES: Final = {
    "time error": "its times cannot be relied on: see that the frame rate reaches the model (a "
    "server needs the flags of `vidindex doctor --serve-command`), or take another checkpoint",
    "coverage": "its times run too fast or too slow, as of models that are not told the frame "
    "rate: see that it reaches the model (`vidindex doctor --serve-command`), or take another "
    "checkpoint",
    "valid JSON": "its replies cannot be read: let the server hold replies to a JSON schema, or "
    "take a checkpoint that was taught to follow instructions",
    "delay followed": "its times do not move with the event, as of models that see no video, or "
    "whose times are frame numbers: see that the video reaches the model (`vidindex doctor "
    "--serve-command`), or take another checkpoint",
    "change on grey": "it says Yes as surely of a grey clip as of the event: see that the video "
    "reaches the model, or take another checkpoint",
    "Yes/No AUC": "its Yes and No say little: search with --no-verify, or take another checkpoint",
}
_NO_EVENTS: Final = "it reports no event at all: take another checkpoint"
_NO_SHARES: Final = (
    "nothing says how sure its Yes and No are: let the server return log probabilities, or "
    "search with --no-verify"
)


@dataclass(frozen=True, slots=True)
class AtRate:
    """Figures of the clips at one rate.

    time_error_s: median distance of a reported start or end from the true one, the clip's length
    where the event was not reported. valid_json: share of replies. coverage: median of last
    reported end over the clip's length; in truth 1, since something happens up to the end of
    every clip. auc: chance that a true statement gets a higher P(Yes) than a false one, None where
    the model does not give P(Yes). delay_followed: how far answers moved over how far the event
    did, 1 in truth; change_on_grey: by how much P(Yes) falls on a grey clip, None as for auc.
    """

    fps: float
    num_clips: int
    time_error_s: float
    valid_json: float
    coverage: float
    auc: float | None
    delay_followed: float
    change_on_grey: float | None


@dataclass(frozen=True, slots=True)
class Speed:
    """What the segmentation questions took, the loading of the model left out."""

    calls: int
    seconds: float
    footage_s: float
    prompt_tokens: int
    reply_tokens: int

    @property
    def s_per_call(self) -> float:
        return self.seconds / self.calls

    @property
    def tokens_per_s(self) -> float:
        """Prompts, pictures and replies together."""
        return (self.prompt_tokens + self.reply_tokens) / self.seconds

    @property
    def hours_per_hour(self) -> float:
        """Hours of such footage in an hour."""
        return self.footage_s / self.seconds


@dataclass(frozen=True, slots=True)
class Checkup:
    """One check. model: the identity that replies are cached under; profile: of the prompts.

    refused: questions that came back as an error; refusal: the first one's words.
    """

    model: str
    profile: str
    checked_at: datetime
    rates: tuple[AtRate, ...]
    speed: Speed
    refused: int = 0
    refusal: str = ""

    @property
    def faults(self) -> "list[Fault]":
        """What falls short of the lines, empty for a model that can be used."""
        failed = {figure: [r for r in self.rates if not passes(figure, r)] for figure in FIGURES}
        return [_fault(figure, rates) for figure, rates in failed.items() if rates]

    @property
    def verdict(self) -> Verdict:
        """What it comes to: used, used with a warning, not used."""
        if self.refusals:
            return "blind"
        return "failed" if self.faults else "passed"

    @property
    def refusals(self) -> "list[Fault]":
        """Faults for which the model is not used at all."""
        return [fault for fault in self.faults if fault.figure in GATE]


@dataclass(frozen=True, slots=True)
class Fault:
    """One figure beyond its line, at which rates, and what to do about it."""

    figure: str
    found: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.figure} {self.found}; {self.remedy}"


def choose_times(by_position: Checkup, as_text: Checkup) -> str:
    """Which way of telling a model the times of frames gave the better answers, in a sentence."""
    texts_s, positions_s = _time_errors(as_text), _time_errors(by_position)
    found = f"time errors {texts_s} as text, {positions_s} by position"
    if as_text.refusals or _lateness(as_text) >= _lateness(by_position):
        return f"times by position are the better: {found}"
    return f"times as text are the better, use --times-as-text: {found}"


def _time_errors(checkup: Checkup) -> str:
    return " and ".join(f"{rate.time_error_s:.2f} s" for rate in checkup.rates)


def _lateness(checkup: Checkup) -> float:
    """Time errors over what is allowed, all rates together; a blind model's count for nothing."""
    if checkup.refusals:
        return float("inf")
    return sum(rate.time_error_s / max_time_error_s(rate.fps) for rate in checkup.rates)


def max_time_error_s(fps: float) -> float:
    """One frame interval, which no model can see into, and half a second."""
    return 1 / fps + SLACK_S


def wanted(figure: str, fps: float) -> str:
    """The line of a figure, in words."""
    return {
        "time error": f"at most {max_time_error_s(fps):g} s",
        "valid JSON": f"at least {MIN_VALID_JSON:.0%}",
        "coverage": f"{COVERAGE[0]:g} to {COVERAGE[1]:g}",
        "Yes/No AUC": f"at least {MIN_AUC:g}",
        "delay followed": f"{DELAY_FOLLOWED[0]:g} to {DELAY_FOLLOWED[1]:g}",
        "change on grey": f"at least {MIN_CHANGE_ON_GREY:g}",
    }[figure]


def shown(rate: AtRate) -> dict[str, str]:
    """The figures of one rate, in words."""
    return {
        "time error": f"{rate.time_error_s:.2f} s",
        "valid JSON": f"{rate.valid_json:.0%}",
        "coverage": f"{rate.coverage:.2f}",
        "Yes/No AUC": _or_unknown(rate.auc),
        "delay followed": f"{rate.delay_followed:.2f}",
        "change on grey": _or_unknown(rate.change_on_grey),
    }


def passes(figure: str, rate: AtRate) -> bool:
    """Whether a figure is within its line at this rate."""
    return {
        "time error": rate.time_error_s <= max_time_error_s(rate.fps),
        "valid JSON": rate.valid_json >= MIN_VALID_JSON,
        "coverage": COVERAGE[0] <= rate.coverage <= COVERAGE[1],
        "Yes/No AUC": rate.auc is not None and rate.auc >= MIN_AUC,
        "delay followed": DELAY_FOLLOWED[0] <= rate.delay_followed <= DELAY_FOLLOWED[1],
        # Without probabilities the AUC fails, and says what to do.
        "change on grey": rate.change_on_grey is None or rate.change_on_grey >= MIN_CHANGE_ON_GREY,
    }[figure]


def _or_unknown(value: float | None) -> str:
    return "not given" if value is None else f"{value:.2f}"


def _fault(figure: str, rates: Sequence[AtRate]) -> Fault:
    found = ", ".join(
        f"{shown(rate)[figure]} at {rate.fps:g} fps (wanted {wanted(figure, rate.fps)})"
        for rate in rates
    )
    return Fault(figure, found, _remedy(figure, rates))


def _remedy(figure: str, rates: Sequence[AtRate]) -> str:
    if figure == "Yes/No AUC" and any(rate.auc is None for rate in rates):
        return _NO_SHARES
    if figure == "coverage" and all(rate.coverage == 0 for rate in rates):
        return _NO_EVENTS
    return _REMEDIES[figure]
