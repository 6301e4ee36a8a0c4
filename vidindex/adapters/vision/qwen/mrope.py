"""Compute position ids in three dimensions (time, row, column).

Text after pictures continues at max(position) + 1, as in the model's own code and vLLM;
transformers 5.x continues at max(rows, columns) instead, which shifts long clips, so ids
are computed here and handed to `forward`. Padded on the left, the last column plus one is
the next id of every row.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch

MERGE = 2
SECONDS_PER_IMAGE_GRID = 0.0


@dataclass(frozen=True, slots=True)
class VisionBlock:
    """The placeholders of one video or image in its sequence, and their grid.

    `start` counts tokens before the first placeholder; `grid_thw` is in patches.
    """

    start: int
    grid_thw: tuple[int, int, int]
    seconds_per_grid: float = SECONDS_PER_IMAGE_GRID

    @property
    def token_count(self) -> int:
        t, h, w = self.grid_thw
        return t * (h // MERGE) * (w // MERGE)


def sequence_positions(
    length: int, block: VisionBlock | None, tokens_per_second: float
) -> torch.Tensor:
    """Ids (3, length) of one unpadded sequence with one video, one image or neither."""
    return positions_around(length, [block] if block else [], tokens_per_second)


def positions_around(
    length: int, blocks: Sequence[VisionBlock], tokens_per_second: float
) -> torch.Tensor:
    """Ids (3, length) of one unpadded sequence with any number of `blocks`, in their order."""
    parts, seen, next_id = [], 0, 0
    for block in blocks:
        text = block.start - seen
        vision = _vision_positions(block, tokens_per_second) + next_id + text
        parts += [_text_positions(next_id, text), vision]
        seen = block.start + block.token_count
        next_id = int(vision.max()) + 1 if vision.numel() else next_id + text
    if seen > length:
        raise ValueError(f"picture tokens up to the {seen}th do not fit in {length} tokens")
    return torch.cat((*parts, _text_positions(next_id, length - seen)), dim=1)


def _text_positions(first: int, count: int) -> torch.Tensor:
    return torch.arange(first, first + count).expand(3, -1)


def batch_positions(
    attention_mask: torch.Tensor,
    blocks: Sequence[VisionBlock | Sequence[VisionBlock] | None],
    tokens_per_second: float,
) -> torch.Tensor:
    """Ids (3, rows, columns) of a padded batch; `attention_mask` (rows, columns) is 1 on tokens.

    blocks: of each row one, several in their order, or none; `start` in each counts from the
    row's first real token. Padding gets id 0. Pad on the left to generate, since the next id
    follows the last column.
    """
    mask = attention_mask.bool()
    ids = torch.zeros((3, *mask.shape), dtype=torch.long)
    for row, found in enumerate(blocks):
        length = int(mask[row].sum())
        several = [found] if isinstance(found, VisionBlock) else found or []
        ids[:, row, mask[row]] = positions_around(length, several, tokens_per_second)
    return ids


def _vision_positions(block: VisionBlock, tokens_per_second: float) -> torch.Tensor:
    """Ids (3, token_count) that begin at 0."""
    t, h, w = block.grid_thw
    # Truncated, as the original does; exact integers at 0.5, 1, 2 and 4 fps.
    seconds = torch.arange(t, dtype=torch.float64) * block.seconds_per_grid
    time = (seconds * tokens_per_second).long()
    grid = torch.meshgrid(time, torch.arange(h // MERGE), torch.arange(w // MERGE), indexing="ij")
    return torch.stack(grid).reshape(3, -1)
