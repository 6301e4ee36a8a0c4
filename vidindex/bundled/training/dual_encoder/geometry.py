"""Define the small SigLIP: its sizes, and the files that make its folder loadable."""

import json
import math
from pathlib import Path
from typing import Any

import torch
from transformers import SiglipConfig, SiglipModel

from vidindex.bundled.training.dual_encoder.tokenizer import TEXT_TOKENS, save_tokenizer

SIDE_PX, PATCH_PX, WIDTH, LAYERS, TEXT_WIDTH, TEXT_LAYERS = 128, 16, 192, 3, 128, 2
PATCHES_A_SIDE = SIDE_PX // PATCH_PX
# A pair of one text and one picture fits in about 4 of 100 cases.
PLACE = 32
CONTENT = WIDTH - PLACE
WAVES = (80, 40, 40)
_BESIDE = ((0, 1), (0, -1), (1, 0), (-1, 0))
HEAD_OFFSETS = (_BESIDE, _BESIDE, ((1, 1), (1, -1), (-1, 1), (-1, -1)))
"""Patches down and right that the first heads of each layer look at to begin with."""
FILTER_GAIN, PLACE_GAIN, HEAD_GAINS = 1.5, 2.2, (1.8, 1.8, 1.8)
FIRST_SCALE, FIRST_BIAS = math.log(10.0), -4.0


def build_model(vocabulary: int) -> Any:
    """An untrained model in float32, as the current seed of torch draws it."""
    config = SiglipConfig(
        vision_config={
            "hidden_size": WIDTH,
            "intermediate_size": 2 * WIDTH,
            "num_hidden_layers": LAYERS,
            "num_attention_heads": WIDTH // PLACE,
            "image_size": SIDE_PX,
            "patch_size": PATCH_PX,
        },
        text_config={
            "hidden_size": TEXT_WIDTH,
            "intermediate_size": 2 * TEXT_WIDTH,
            "num_hidden_layers": TEXT_LAYERS,
            "num_attention_heads": TEXT_WIDTH // 64,
            "vocab_size": vocabulary,
            "max_position_embeddings": TEXT_TOKENS,
            "projection_size": WIDTH,
            "pad_token_id": 0,
            "bos_token_id": None,
            "eos_token_id": 1,
        },
    )
    model = SiglipModel(config)
    with torch.no_grad():
        model.logit_scale.fill_(FIRST_SCALE)
        model.logit_bias.fill_(FIRST_BIAS)
        _set_first_weights(model.vision_model)
    return model


def _set_first_weights(tower: Any) -> None:
    """Begins with patches as waves, places apart from them, and heads that look one patch aside.

    From random weights a tower this small did not find shapes within the time of a run: it has
    to learn first which patches are neighbours.
    """
    embeddings = tower.embeddings
    embeddings.patch_embedding.weight[:CONTENT] = _cosines()
    embeddings.position_embedding.weight[:, :CONTENT] = 0.0
    for weight, kept in fixed_weights(tower):
        weight[kept] = 0.0
    embeddings.position_embedding.weight[:, CONTENT:] = PLACE_GAIN * _places()
    starts = zip(tower.encoder.layers, HEAD_OFFSETS, HEAD_GAINS, strict=True)
    for layer, offsets, gain in starts:
        layer.layer_norm1.weight[CONTENT:] = 1.0
        for head, (down, right) in enumerate(offsets):
            rows = slice(head * PLACE, (head + 1) * PLACE)
            layer.self_attn.q_proj.weight[rows, CONTENT:] = gain * _turn(down, right)
            layer.self_attn.k_proj.weight[rows, CONTENT:] = gain * torch.eye(PLACE)


def fixed_weights(tower: Any) -> list[tuple[torch.nn.Parameter, Any]]:
    """The parts (parameter, index) that training leaves alone: places, and who looks aside.

    Where they were trained too, the heads no longer looked aside after 300 steps.
    """
    embeddings, place = tower.embeddings, slice(CONTENT, WIDTH)
    fixed = [
        (embeddings.patch_embedding.weight, place),
        (embeddings.patch_embedding.bias, place),
        (embeddings.position_embedding.weight, (slice(None), place)),
    ]
    for layer, offsets in zip(tower.encoder.layers, HEAD_OFFSETS, strict=True):
        aside = slice(0, len(offsets) * PLACE)
        for part in (layer.self_attn.out_proj, layer.mlp.fc2):
            fixed += [(part.weight, place), (part.bias, place)]
        for part in (layer.self_attn.q_proj, layer.self_attn.k_proj):
            fixed += [(part.weight, aside), (part.bias, aside)]
        fixed += [(layer.layer_norm1.weight, place), (layer.layer_norm1.bias, place)]
    return fixed


def _cosines() -> torch.Tensor:
    """Filters (content, 3, patch, patch): slow cosine waves of brightness and two differences."""
    at = (torch.arange(PATCH_PX) + 0.5) * math.pi / PATCH_PX
    waves = torch.stack([torch.cos(at * order) for order in range(PATCH_PX)])
    orders = sorted(((y, x) for y in range(PATCH_PX) for x in range(PATCH_PX)), key=_order)
    planes = torch.stack([torch.outer(waves[y], waves[x]) for y, x in orders])
    # Fast waves are faint in pictures; so all begin about equally loud.
    loudness = torch.tensor([1.0 + y + x for y, x in orders]) / planes.flatten(1).norm(dim=1)
    planes = planes * loudness[:, None, None] * FILTER_GAIN
    colours = torch.tensor([[1.0, 1.0, 1.0], [1.0, -1.0, 0.0], [0.5, 0.5, -1.0]])
    colours = colours / colours.norm(dim=1, keepdim=True)
    parts = [
        torch.einsum("k,nyx->nkyx", colour, planes[:count])
        for colour, count in zip(colours, WAVES, strict=True)
    ]
    return torch.cat(parts)


def _order(pair: tuple[int, int]) -> int:
    return sum(pair)


def _places() -> torch.Tensor:
    """Sines and cosines (patches, place) of row and column: alike only where they are equal."""
    waves = torch.arange(1, PLACE // 4 + 1) * math.pi / PATCHES_A_SIDE
    turns = torch.arange(PATCHES_A_SIDE)[:, None] * waves
    axis = torch.stack((turns.sin(), turns.cos()), dim=-1).flatten(1)
    rows = axis[:, None].expand(-1, PATCHES_A_SIDE, -1)
    columns = axis[None].expand(PATCHES_A_SIDE, -1, -1)
    return torch.cat((rows, columns), dim=-1).reshape(-1, PLACE)


def _turn(down: int, right: int) -> torch.Tensor:
    """The rotation (place, place) that moves a place by so many patches."""
    turn = torch.zeros(PLACE, PLACE)
    waves = PLACE // 4
    for axis, by in enumerate((down, right)):
        for wave in range(1, waves + 1):
            at, angle = 2 * (axis * waves + wave - 1), by * wave * math.pi / PATCHES_A_SIDE
            sine, cosine = math.sin(angle), math.cos(angle)
            turn[at : at + 2, at : at + 2] = torch.tensor([[cosine, sine], [-sine, cosine]])
    return turn


def save_side_files(folder: Path) -> None:
    """The tokenizer, and how pictures are packed: squeezed to a square, levels -1 to 1."""
    save_tokenizer(folder)
    packing = {
        "image_processor_type": "SiglipImageProcessor",
        "do_resize": True,
        "size": {"height": SIDE_PX, "width": SIDE_PX},
        "resample": 2,
        "do_rescale": True,
        "rescale_factor": 1 / 255,
        "do_normalize": True,
        "image_mean": [0.5, 0.5, 0.5],
        "image_std": [0.5, 0.5, 0.5],
        "processor_class": "SiglipProcessor",
    }
    (folder / "preprocessor_config.json").write_text(json.dumps(packing, indent=2) + "\n")
