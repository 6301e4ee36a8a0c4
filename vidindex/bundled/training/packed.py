"""Run Qwen2.5-VL once over a clip and many packed questions about it.

Each question sees the prefix (system words and pictures) and itself, never another
question, and its positions count on from the prefix: the same numbers as asking one by
one, with the pictures paid once. A test holds it to the model's own forward.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch.nn import functional

from vidindex.adapters.vision.qwen.patches import MERGE
from vidindex.bundled.training.batches import Batch


@dataclass(slots=True)
class PackedOutput:
    """Hidden states (clips, tokens, width): last ones by question group, middle ones in full."""

    groups: list[torch.Tensor]
    middle: list[torch.Tensor]
    pictures: torch.Tensor
    prefix_middle: torch.Tensor


def packed_forward(model: Any, batch: Batch, middle: tuple[int, int]) -> PackedOutput:
    """Runs `batch`; `middle` names the layers after which pictures and questions are kept."""
    core = model.model.language_model
    pictures = vision_forward(model.model.visual, batch)
    clips = pictures.shape[0]
    prefix = core.embed_tokens(batch.prefix_ids).expand(clips, -1, -1)
    at = batch.vision_at
    prefix = torch.cat((prefix[:, : at.start], pictures, prefix[:, at.stop :]), dim=1)
    asked = [core.embed_tokens(group.ids).flatten(1, 2) for group in batch.groups]
    states = torch.cat((prefix, *asked), dim=1)
    rotary = core.rotary_emb(states, _positions(batch).transpose(0, 1))
    shapes = [tuple(group.ids.shape[1:]) for group in batch.groups]
    kept = []
    for layer in core.layers:
        states = _layer(layer, states, rotary, prefix.shape[1], shapes)
        kept.append(states)
    length = prefix.shape[1]
    return PackedOutput(
        groups=_split(core.norm(states)[:, length:], shapes),
        middle=_split(kept[middle[1]][:, length:], shapes),
        pictures=pictures,
        prefix_middle=kept[middle[0]][:, at.start : at.stop],
    )


def vision_forward(visual: Any, batch: Batch) -> torch.Tensor:
    """Picture features (clips, tokens, width). Every layer sees one temporal group at a time."""
    clips, groups, count, _ = batch.patches.shape
    weight = visual.patch_embed.proj.weight.flatten(1)
    states = functional.linear(batch.patches.reshape(clips * groups, count, -1), weight)
    cos, sin = _vision_rotary(visual, batch.grid_thw[1], batch.grid_thw[2])
    for block in visual.blocks:
        states = states + _vision_attention(block.attn, block.norm1(states), cos, sin)
        states = states + block.mlp(block.norm2(states))
    features: torch.Tensor = visual.merger(states.reshape(-1, states.shape[-1]))
    return features.view(clips, -1, features.shape[-1])


def _vision_rotary(visual: Any, rows: int, columns: int) -> tuple[torch.Tensor, torch.Tensor]:
    grid = torch.stack(
        torch.meshgrid(torch.arange(rows), torch.arange(columns), indexing="ij"), dim=-1
    )
    blocks = grid.view(rows // MERGE, MERGE, columns // MERGE, MERGE, 2).transpose(1, 2)
    places = blocks.reshape(-1, 2)
    cos, sin = visual.rotary_pos_emb(torch.zeros(1), places)
    return cos, sin


def _vision_attention(
    attention: Any, states: torch.Tensor, cos: torch.Tensor, sin: torch.Tensor
) -> torch.Tensor:
    groups, count, width = states.shape
    heads = attention.num_heads
    query, key, value = (
        attention.qkv(states).view(groups, count, 3, heads, -1).permute(2, 0, 3, 1, 4).unbind(0)
    )
    mixed = _attend(_turn(query, cos, sin), _turn(key, cos, sin), value)
    result: torch.Tensor = attention.proj(mixed.transpose(1, 2).reshape(groups, count, width))
    return result


def _positions(batch: Batch) -> torch.Tensor:
    """(clips, 3, all tokens): every question begins right after the prefix."""
    prefix = batch.prefix_positions
    after = prefix.amax(dim=(1, 2)) + 1
    parts = [prefix]
    for group in batch.groups:
        own = torch.arange(group.ids.shape[2]).repeat(group.ids.shape[1])
        parts.append((after[:, None, None] + own).expand(-1, 3, -1))
    return torch.cat(parts, dim=2)


def _layer(
    layer: Any,
    states: torch.Tensor,
    rotary: tuple[torch.Tensor, torch.Tensor],
    prefix: int,
    shapes: Sequence[tuple[int, ...]],
) -> torch.Tensor:
    attention = layer.self_attn
    mixed = _packed_attention(attention, layer.input_layernorm(states), rotary, prefix, shapes)
    states = states + attention.o_proj(mixed)
    result: torch.Tensor = states + layer.mlp(layer.post_attention_layernorm(states))
    return result


def _packed_attention(
    attention: Any,
    normed: torch.Tensor,
    rotary: tuple[torch.Tensor, torch.Tensor],
    prefix: int,
    shapes: Sequence[tuple[int, ...]],
) -> torch.Tensor:
    """The prefix over itself, then each group of questions over the prefix and themselves."""
    cos, sin = rotary[0][:, None], rotary[1][:, None]
    query, key, value = (
        project(normed).unflatten(-1, (-1, attention.head_dim)).transpose(1, 2)
        for project in (attention.q_proj, attention.k_proj, attention.v_proj)
    )
    query, key = _turn(query, cos, sin), _turn(key, cos, sin)
    parts = [
        _attend(query[:, :, :prefix], key[:, :, :prefix], value[:, :, :prefix], _later(prefix))
    ]
    at = prefix
    for count, length in shapes:
        part = slice(at, at + count * length)
        at = part.stop
        own = [tensor[:, :, part].unflatten(2, (count, length)) for tensor in (query, key, value)]
        parts.append(_question_attention(own, key[:, :, :prefix], value[:, :, :prefix]))
    return torch.cat(parts, dim=2).transpose(1, 2).flatten(2)


def _question_attention(
    own: list[torch.Tensor], prefix_key: torch.Tensor, prefix_value: torch.Tensor
) -> torch.Tensor:
    """Questions (clips, heads, questions, tokens, width) over the prefix and themselves."""
    query, key, value = own
    count, length = query.shape[2:4]
    query = query * query.shape[-1] ** -0.5
    to_prefix = query.flatten(2, 3) @ prefix_key.transpose(-1, -2)
    to_self = query @ key.transpose(-1, -2)
    to_self = to_self.masked_fill(_later(length), float("-inf"))
    scores = torch.cat((to_prefix.unflatten(2, (count, length)), to_self), dim=-1)
    shares = scores.softmax(dim=-1).to(value.dtype)
    size = prefix_key.shape[2]
    from_prefix = shares[..., :size].flatten(2, 3) @ prefix_value
    from_self = shares[..., size:] @ value
    return from_prefix + from_self.flatten(2, 3)


def _attend(
    query: torch.Tensor, key: torch.Tensor, value: torch.Tensor, hidden: torch.Tensor | None = None
) -> torch.Tensor:
    """Written out: for sequences this short the fused kernel's backward is slower on a CPU."""
    scores = (query * query.shape[-1] ** -0.5) @ key.transpose(-1, -2)
    if hidden is not None:
        scores = scores.masked_fill(hidden, float("-inf"))
    mixed: torch.Tensor = scores.softmax(dim=-1).to(value.dtype) @ value
    return mixed


def _later(length: int) -> torch.Tensor:
    return torch.ones(length, length, dtype=torch.bool).triu(1)


def _turn(states: torch.Tensor, cos: torch.Tensor, sin: torch.Tensor) -> torch.Tensor:
    first, second = states.chunk(2, dim=-1)
    turned = states * cos + torch.cat((-second, first), dim=-1) * sin
    return turned.to(states.dtype)


def _split(states: torch.Tensor, shapes: Sequence[tuple[int, ...]]) -> list[torch.Tensor]:
    parts = torch.split(states, [count * length for count, length in shapes], dim=1)
    return [part.reshape(len(part), *shape, -1) for part, shape in zip(parts, shapes, strict=True)]
