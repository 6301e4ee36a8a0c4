"""Choose the checkpoint that `--model auto` takes, and say why that one.

By published standing among the official ones that are here and fit; a check on this machine
overrides it: one that passed comes first, one that failed last, a blind one never.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from vidindex.adapters.checkpoints.check_files import Verdict, verdict_of
from vidindex.adapters.checkpoints.device import Device
from vidindex.adapters.vision.checkpoints.catalog import Checkpoint, installed
from vidindex.adapters.vision.checkpoints.official import OFFICIAL, Official
from vidindex.adapters.vision.qwen.limits import read_limits
from vidindex.core.families import family_named

_RANK: dict[Verdict | None, int] = {"passed": 0, None: 1, "failed": 2}
_CHECKED: dict[Verdict | None, str] = {
    "passed": "it passed its check here",
    "failed": "it failed its check here",
    "blind": "its answers did not follow the video in its check here",
    None: "not checked here",
}


@dataclass(frozen=True, slots=True)
class Choice:
    """What "auto" takes, None where no official checkpoint can be used. why: in a sentence.

    passed_over: better placed ones that are here, each with the reason.
    """

    checkpoint: Checkpoint | None
    why: str
    passed_over: tuple[str, ...] = ()


def choose(device: Device | None = None) -> Choice:
    """The best official checkpoint of the cache that fits `device`."""
    here = {one.name: one for one in installed(device)}
    ranked = sorted(_candidates(here), key=lambda found: found[0])
    passed_over: list[str] = []
    for rank, official, checkpoint in ranked:
        reason = _unusable(checkpoint, rank)
        if reason is None:
            said = _CHECKED[verdict(checkpoint)]
            return Choice(checkpoint, f"{official.standing}; {said}", tuple(passed_over))
        passed_over.append(f"{checkpoint.name}: {reason}")
    return Choice(None, "no official checkpoint that is here can be used", tuple(passed_over))


def verdict(checkpoint: Checkpoint) -> Verdict | None:
    """What the check of this checkpoint on this machine came to; None where it never had one."""
    if checkpoint.problem:
        return None
    prompts = family_named(checkpoint.family).prompts
    return verdict_of(read_limits(checkpoint).identity, prompts.name)


def _candidates(here: dict[str, Checkpoint]) -> Iterator[tuple[int, Official, Checkpoint]]:
    for official in OFFICIAL:
        if checkpoint := here.get(official.name):
            yield _RANK.get(verdict(checkpoint), len(_RANK)), official, checkpoint


def _unusable(checkpoint: Checkpoint, rank: int) -> str | None:
    if checkpoint.problem:
        return checkpoint.problem
    if rank == len(_RANK):
        return _CHECKED["blind"]
    return None if checkpoint.fits else "too large for this machine"
