"""Compute the losses of the dual encoder: pairs by sigmoid, and hints on patches.

Hints are linear heads that name the object on each patch; they are thrown away after
training. Without them a small tower needs many more pictures before it sees shapes.
"""

from dataclasses import dataclass
from typing import Any

import torch
from torch import nn
from torch.nn import functional

from vidindex.bundled.training.dual_encoder.batches import CELLS_A_SIDE, Batch
from vidindex.synthetic.world.vocabulary import COLOURS, SHAPES, SIZES

# Pairs are a sum over many texts: at first it is the hints that must lead.
HINT_WEIGHTS, LEADING_STEPS = (8.0, 2.0), 1800
EMPTY_WEIGHT = 0.15
CELL_WEIGHT = 3.0
# Shapes are found last.
PART_WEIGHTS = (1.0, 3.0, 1.0)
CLASSES = (len(COLOURS) + 1, len(SHAPES) + 1, len(SIZES) + 1)


class HintHead(nn.Module):
    """Linear readers of patch states: what is there, and after one layer which cells it covers.

    The outline comes first: a shape is hard to learn while every colour hides it again.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.classes = nn.Linear(width, sum(CLASSES))
        self.cells = nn.Linear(width, CELLS_A_SIDE**2)


@dataclass(slots=True)
class Losses:
    """The sum to descend, and figures to print by name."""

    total: torch.Tensor
    figures: dict[str, float]


def batch_losses(model: Any, head: HintHead, batch: Batch, step: int) -> Losses:
    pooled, states, first = encode_kept(model.vision_model, batch)
    read = model.text_model(input_ids=batch.ids)
    pictures = functional.normalize(pooled.float(), dim=-1)
    texts = functional.normalize(read.pooler_output.float(), dim=-1)
    scores = texts @ pictures.T
    logits = scores * model.logit_scale.exp() + model.logit_bias
    fits = batch.truth.float()
    pairs = functional.binary_cross_entropy_with_logits(logits, fits, reduction="sum")
    hints, figures = _hint_loss(head, states, batch)
    cells = functional.binary_cross_entropy_with_logits(head.cells(first).float(), batch.cells)
    figures["cells"] = float(cells.detach())
    hints = hints + CELL_WEIGHT * cells
    pairs = pairs / len(pictures)
    figures |= {"pairs": float(pairs.detach()), "first right": first_right(scores, batch.truth)}
    weight = HINT_WEIGHTS[step >= LEADING_STEPS]
    return Losses(pairs + weight * hints, figures)


def encode_kept(tower: Any, batch: Batch) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Vectors (n, width), patch states (n, kept, width) and those after the first layer."""
    every = tower.embeddings(batch.pixels)
    kept = every.gather(1, batch.kept[..., None].expand(-1, -1, every.shape[-1]))
    layers = tower.encoder.layers
    states = first = layers[0](kept, attention_mask=None)
    for layer in layers[1:]:
        states = layer(states, attention_mask=None)
    states = tower.post_layernorm(states)
    return tower.head(states), states, first


def first_right(scores: torch.Tensor, truth: torch.Tensor) -> float:
    """How often the best picture of a text fits it, of texts that some picture fits."""
    asked = truth.any(dim=1)
    best = scores[asked].argmax(dim=1, keepdim=True)
    return float(truth[asked].gather(1, best).float().mean())


def _hint_loss(
    head: HintHead, states: torch.Tensor, batch: Batch
) -> tuple[torch.Tensor, dict[str, float]]:
    parts = torch.split(head.classes(states).float().flatten(0, 1), list(CLASSES), dim=-1)
    truth = batch.patches.flatten(0, 1)
    total = torch.zeros(())
    figures = {}
    for number, (name, part) in enumerate(zip(("colour", "shape", "size"), parts, strict=True)):
        weight = torch.ones(CLASSES[number])
        weight[0] = EMPTY_WEIGHT
        wanted = truth[:, number]
        loss = functional.cross_entropy(part, wanted, weight=weight)
        total = total + PART_WEIGHTS[number] * loss
        there = wanted > 0
        figures[name] = float((part.argmax(-1) == wanted)[there].float().mean())
    return total, figures
