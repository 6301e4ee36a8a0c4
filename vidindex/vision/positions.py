"""Three-dimensional position ids (time, row, column) of Qwen2.5-VL; knows no pixels, no model.

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
    """Where the placeholders of one video or image stand in its sequence, and their grid.

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
    if block is None:
        return torch.arange(length).expand(3, -1)
    vision = _vision_positions(block, tokens_per_second)
    after = length - block.start - block.token_count
    if after < 0:
        raise ValueError(f"{block.token_count} picture tokens do not fit in {length} tokens")
    first_after = int(vision.max()) + 1 if vision.numel() else block.start
    return torch.cat(
        (
            torch.arange(block.start).expand(3, -1),
            vision,
            torch.arange(first_after, first_after + after).expand(3, -1),
        ),
        dim=1,
    )


def batch_positions(
    attention_mask: torch.Tensor, blocks: Sequence[VisionBlock | None], tokens_per_second: float
) -> torch.Tensor:
    """Ids (3, rows, columns) of a padded batch; `attention_mask` (rows, columns) is 1 on tokens.

    `start` in each block counts from the row's first real token. Padding gets id 0. Pad on
    the left to generate, since the next id follows the last column.
    """
    mask = attention_mask.bool()
    ids = torch.zeros((3, *mask.shape), dtype=torch.long)
    for row, block in enumerate(blocks):
        length = int(mask[row].sum())
        ids[:, row, mask[row]] = sequence_positions(length, block, tokens_per_second)
    return ids


def _vision_positions(block: VisionBlock, tokens_per_second: float) -> torch.Tensor:
    t, h, w = block.grid_thw
    # Truncated, as the original does; exact integers at 0.5, 1, 2 and 4 fps.
    seconds = torch.arange(t, dtype=torch.float64) * block.seconds_per_grid
    time = (seconds * tokens_per_second).long()
    grid = torch.meshgrid(time, torch.arange(h // MERGE), torch.arange(w // MERGE), indexing="ij")
    return torch.stack(grid).reshape(3, -1) + block.start
