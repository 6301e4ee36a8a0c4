"""Compute training losses: answers first, and hints on pictures and words.

Hints are linear heads that are thrown away after training. They name what each temporal
group shows (before and inside the language model) and, on every word of a query, which
frames fit the words so far: without them direction and question matching are found late.
"""

from dataclasses import dataclass
from typing import Any

import torch
from torch import nn
from torch.nn import functional

from vidindex.bundled.training.batches import MAX_FRAMES, Batch, Group
from vidindex.bundled.training.hints import IGNORED, Hints
from vidindex.bundled.training.packed import packed_forward, vision_forward
from vidindex.synthetic.clips import COLOURS, MOTIONS, SHAPES

ANSWER_WEIGHTS = {"segment": 1.0, "ground": 1.0, "yes_no": 1.0, "box": 1.0}
PICTURE_WEIGHT = 0.5
MIDDLE_WEIGHT = 0.3
MATCH_WEIGHT = 1.0
# Places are small numbers: squared, they would not count beside the classes.
POSE_WEIGHT = 12.0


class HintHeads(nn.Module):
    """Linear readers of picture features, of middle states, and of query words."""

    def __init__(self, width: int) -> None:
        super().__init__()
        classes = len(COLOURS) + 1 + len(SHAPES) + 1 + len(MOTIONS) + 1 + 2 + 3
        self.pictures = nn.Linear(2 * width, classes)
        self.middle = nn.Linear(width, classes)
        self.match = nn.Linear(width, MAX_FRAMES)
        self.answer = nn.Linear(width, MAX_FRAMES)


@dataclass(slots=True)
class Losses:
    """The sum to descend, and figures to print by name."""

    total: torch.Tensor
    figures: dict[str, float]


def clip_losses(model: Any, heads: HintHeads, batch: Batch, middle: tuple[int, int]) -> Losses:
    """Answers and hints of one batch."""
    output = packed_forward(model, batch, middle)
    total, figures = _picture_loss(heads, output.pictures, batch, "eye")
    total = total * PICTURE_WEIGHT
    pooled = _by_group(output.prefix_middle, batch).mean(dim=2)
    inner, more = _hint_loss(heads.middle(pooled), batch.hints, "mid")
    total = total + MIDDLE_WEIGHT * inner
    figures |= more
    for group, states, words in zip(batch.groups, output.groups, output.middle, strict=True):
        answer, more = _answer_loss(model, group, states)
        total = total + ANSWER_WEIGHTS[group.kind] * answer
        figures |= more
        if len(group.hint_at):
            frames = batch.hints.shown.shape[1]
            for name, head, place, shown, seen in (
                ("match", heads.match, group.hint_at, group.hint_shown, words),
                ("whole", heads.answer, group.start_at, group.start_shown, states),
            ):
                match, right = _match_loss(head, place, shown[:, :frames], seen)
                total = total + MATCH_WEIGHT * match
                figures[f"{group.kind}.{name}"] = right
    return Losses(total, figures)


def eye_losses(model: Any, heads: HintHeads, batch: Batch) -> Losses:
    """The vision tower alone, for the warm-up."""
    total, figures = _picture_loss(heads, vision_forward(model.model.visual, batch), batch, "eye")
    return Losses(total, figures)


def _by_group(features: torch.Tensor, batch: Batch) -> torch.Tensor:
    return features.reshape(features.shape[0], batch.grid_thw[0], -1, features.shape[-1])


def _picture_loss(
    heads: HintHeads, features: torch.Tensor, batch: Batch, name: str
) -> tuple[torch.Tensor, dict[str, float]]:
    places = _by_group(features, batch)
    pooled = torch.cat((places.mean(dim=2), places.amax(dim=2)), dim=-1)
    return _hint_loss(heads.pictures(pooled), batch.hints, name)


def _hint_loss(
    scores: torch.Tensor, hints: Hints, name: str
) -> tuple[torch.Tensor, dict[str, float]]:
    sizes = [len(COLOURS) + 1, len(SHAPES) + 1, len(MOTIONS) + 1, 2, 3]
    colour, shape, motion, shown, pose = torch.split(scores.float(), sizes, dim=-1)
    total = functional.binary_cross_entropy_with_logits(shown.flatten(1), hints.shown)
    present = (hints.colour > 0).float()
    off = ((pose - hints.pose) ** 2).mean(-1)[present > 0].mean() if present.any() else 0.0
    total = total + POSE_WEIGHT * off
    figures = {f"{name}.off": float(torch.as_tensor(off).detach()) ** 0.5}
    for key, part, truth in (
        ("colour", colour, hints.colour),
        ("shape", shape, hints.shape),
        ("motion", motion, hints.motion),
    ):
        summed = functional.cross_entropy(
            part.flatten(0, 1), truth.flatten(), ignore_index=IGNORED, reduction="sum"
        )
        # A batch of stills may show no motion at all: zero then, not a mean over nothing.
        total = total + summed / (truth != IGNORED).sum().clamp(min=1)
        asked = truth > 0
        right = (part.argmax(-1) == truth)[asked].float().mean()
        figures[f"{name}.{key}"] = float(right)
    return total, figures


def _answer_loss(
    model: Any, group: Group, states: torch.Tensor
) -> tuple[torch.Tensor, dict[str, float]]:
    wanted = group.labels != IGNORED
    logits = model.lm_head(states[wanted]).float()
    truth = group.labels[wanted]
    loss = functional.cross_entropy(logits, truth, reduction="none")
    wrong = torch.zeros_like(group.labels, dtype=torch.float32)
    wrong[wanted] = (logits.argmax(-1) != truth).float()
    right = (wrong.sum(-1) == 0).float().mean()
    figures = {
        f"{group.kind}.loss": float(loss.mean().detach()),
        f"{group.kind}.right": float(right),
    }
    if group.kind == "yes_no":
        # The second token, the end of the turn, is no news.
        return loss.sum() / group.labels[..., 0].numel(), figures
    return loss.mean(), figures


def _match_loss(
    head: nn.Linear, place: torch.Tensor, shown: torch.Tensor, states: torch.Tensor
) -> tuple[torch.Tensor, float]:
    """Which frames fit, at `place` (hints, 3); also the share without a mistake."""
    row, column, token = place.unbind(1)
    scores = head(states[row, column, token]).float()[:, : shown.shape[1]]
    loss = functional.binary_cross_entropy_with_logits(scores, shown)
    right = ((scores > 0) == (shown > 0.5)).all(dim=1).float().mean()
    return loss, float(right)
