"""Decode the replies of one batch greedily.

A loop of its own instead of `generate`: transformers 5 computes positions that differ
from the model's own (see `positions`), so every position here is explicit, and a
reply leaves the batch as soon as it ends.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import torch

from vidindex.adapters.vision.qwen.decoding import Decoding, YesNoDecoding
from vidindex.adapters.vision.qwen.inputs import InputBatch
from vidindex.types import Reply

AnyDecoding = Decoding | YesNoDecoding


def write_replies(
    model: Any, batch: InputBatch, decodings: Sequence[AnyDecoding]
) -> Iterator[tuple[AnyDecoding, Reply]]:
    """Yield each of `decodings` (one per row of `batch`) with its reply, once that is complete."""
    logits, cache = _forward(model, **batch.inputs)
    mask, last = batch.attention_mask, batch.position_ids[:, :, -1:]
    while True:
        tokens = [decoding.go_on(row) for decoding, row in zip(decodings, logits, strict=True)]
        yield from ((decoding, decoding.reply) for decoding in decodings if decoding.reply)
        going = [row for row, decoding in enumerate(decodings) if not decoding.reply]
        if not going:
            return
        if len(going) < len(decodings):
            decodings = [decodings[row] for row in going]
            kept = torch.tensor(going, device=mask.device)
            # Also of layers with a recurrent state, which have no other way to be cut down.
            cache.reorder_cache(kept)
            mask, last = mask[kept], last[:, kept]
        mask = torch.cat((mask, mask.new_ones(len(going), 1)), dim=1)
        last = last + 1
        logits, cache = _forward(
            model,
            input_ids=mask.new_tensor([[tokens[row]] for row in going]),
            attention_mask=mask,
            position_ids=last,
            past_key_values=cache,
        )


@torch.inference_mode()
def _forward(model: Any, **inputs: Any) -> tuple[torch.Tensor, Any]:
    """(logits of the last column in float32, shape (rows, vocabulary); cache)."""
    output = model(**inputs, use_cache=True, logits_to_keep=1)
    return output.logits[:, -1].float(), output.past_key_values
