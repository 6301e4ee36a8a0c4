"""Run a batch of clips through Qwen2.5-VL with its stages timed apart.

The reply has a fixed length: the likeliest token each time, and no token ends it, so that
two models, or one model on two machines, do the same work.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch

from vidindex.adapters.vision.qwen.mrope import VisionBlock, batch_positions
from vidindex.adapters.vision.qwen.patches import PackedPictures, pack_video
from vidindex.bench.model.gpus import wait_for

STAGES = ("pack and upload", "vision tower", "prefill", "decode")

Frames = np.ndarray[tuple[int, ...], np.dtype[np.uint8]]
# (ids of the whole prompt with so many picture places, index of the first of those)
PromptForm = Callable[[int], tuple[list[int], int]]


@dataclass(slots=True)
class Stopwatch:
    """Seconds by stage, the device's work included."""

    device: str
    seconds: dict[str, float] = field(default_factory=lambda: dict.fromkeys(STAGES, 0.0))

    @contextmanager
    def of(self, stage: str) -> Iterator[None]:
        wait_for(self.device)
        start_s = time.perf_counter()
        yield
        wait_for(self.device)
        self.seconds[stage] += time.perf_counter() - start_s


@dataclass(frozen=True, slots=True)
class StagedModel:
    """A loaded model on its device, and the form of the question that is put to it."""

    model: Any
    device: str
    form: PromptForm

    @torch.inference_mode()
    def answer(
        self, clips: Sequence[Frames], fps: float, reply_tokens: int, watch: Stopwatch
    ) -> torch.Tensor:
        """Token ids (clips, reply_tokens) of the replies to clips of one size and length."""
        with watch.of("pack and upload"):
            packed = [pack_video(clip, fps, device=self.device) for clip in clips]
            patches = torch.cat([one.patches for one in packed]).to(self.model.dtype)
            grid = torch.tensor([one.grid_thw for one in packed], device=self.device)
        with watch.of("vision tower"):
            seen = self._see(patches, grid)
        with watch.of("prefill"):
            logits, cache, mask, last = self._read(packed, seen)
        with watch.of("decode"):
            return self._write(logits, cache, mask, last, reply_tokens)

    def _see(self, patches: torch.Tensor, grid: torch.Tensor) -> torch.Tensor:
        output = self.model.model.visual(patches, grid_thw=grid)
        # A plain tensor in older versions of transformers.
        seen: torch.Tensor = getattr(output, "pooler_output", output)
        return seen

    def _read(
        self, packed: Sequence[PackedPictures], seen: torch.Tensor
    ) -> tuple[torch.Tensor, Any, torch.Tensor, torch.Tensor]:
        """(logits of the first reply token, cache, mask, last position) of the whole batch."""
        asked = [self.form(one.token_count) for one in packed]
        ids = torch.tensor([row for row, _ in asked], device=self.device)
        mask = torch.ones_like(ids)
        blocks = [
            VisionBlock(start, one.grid_thw, one.seconds_per_grid or 0.0)
            for one, (_, start) in zip(packed, asked, strict=True)
        ]
        scale = self.model.config.vision_config.tokens_per_second
        positions = batch_positions(mask.cpu(), blocks, scale).to(self.device)
        words = self.model.get_input_embeddings()(ids)
        rows = seen.reshape(len(packed), -1, seen.shape[-1]).to(words.dtype)
        for row, block in enumerate(blocks):
            words[row, block.start : block.start + block.token_count] = rows[row]
        logits, cache = self._forward(
            inputs_embeds=words, attention_mask=mask, position_ids=positions
        )
        return logits, cache, mask, positions[:, :, -1:]

    def _write(
        self,
        logits: torch.Tensor,
        cache: Any,
        mask: torch.Tensor,
        last: torch.Tensor,
        reply_tokens: int,
    ) -> torch.Tensor:
        replies = [logits.argmax(-1, keepdim=True)]
        for _ in range(reply_tokens - 1):
            mask = torch.cat((mask, mask.new_ones(len(mask), 1)), dim=1)
            last = last + 1
            logits, cache = self._forward(
                input_ids=replies[-1],
                attention_mask=mask,
                position_ids=last,
                past_key_values=cache,
            )
            replies.append(logits.argmax(-1, keepdim=True))
        return torch.cat(replies, dim=1)

    def _forward(self, **inputs: Any) -> tuple[torch.Tensor, Any]:
        output = self.model(**inputs, use_cache=True, logits_to_keep=1)
        return output.logits[:, -1].float(), output.past_key_values
