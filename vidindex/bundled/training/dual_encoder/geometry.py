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
FILTER_GAIN, PLACE_GAIN = 0.15, 0.4
FIRST_SCALE, FIRST_BIAS = math.log(10.0), -4.0


def build_model(vocabulary: int) -> Any:
    """An untrained model in float32, as the current seed of torch draws it."""
    config = SiglipConfig(
        vision_config={
            "hidden_size": WIDTH,
            "intermediate_size": 2 * WIDTH,
            "num_hidden_layers": LAYERS,
            "num_attention_heads": WIDTH // 64,
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
        embeddings = model.vision_model.embeddings
        embeddings.patch_embedding.weight.copy_(_cosines())
        embeddings.position_embedding.weight.copy_(_places())
    return model


def _cosines() -> torch.Tensor:
    """First filters of the patches (width, 3, patch, patch): the 64 slowest cosine waves of each
    of brightness and two colour differences. A tower this small finds shapes later without them.
    """
    at = (torch.arange(PATCH_PX) + 0.5) * math.pi / PATCH_PX
    waves = torch.stack([torch.cos(at * order) for order in range(PATCH_PX)])
    every = [(y, x) for y in range(PATCH_PX) for x in range(PATCH_PX)]
    orders = sorted(every, key=sum)[: WIDTH // 3]
    planes = torch.stack([torch.outer(waves[y], waves[x]) for y, x in orders])
    # Fast waves are faint in pictures; so all begin about equally loud.
    loudness = torch.tensor([1.0 + y + x for y, x in orders]) / planes.flatten(1).norm(dim=1)
    planes = planes * loudness[:, None, None]
    colours = torch.tensor([[1.0, 1.0, 1.0], [1.0, -1.0, 0.0], [0.5, 0.5, -1.0]])
    colours = colours / colours.norm(dim=1, keepdim=True)
    filters = torch.einsum("ck,nyx->cnkyx", colours, planes)
    return filters.reshape(WIDTH, 3, PATCH_PX, PATCH_PX) * FILTER_GAIN


def _places() -> torch.Tensor:
    """First places of the patches (patches, width): sines and cosines of row and column."""
    quarter = WIDTH // 4
    rates = 1 / 50.0 ** (torch.arange(quarter) / quarter)
    turns = torch.arange(PATCHES_A_SIDE)[:, None] * rates
    axis = torch.cat((turns.sin(), turns.cos()), dim=1)
    rows = axis[:, None].expand(-1, PATCHES_A_SIDE, -1)
    columns = axis[None].expand(PATCHES_A_SIDE, -1, -1)
    return torch.cat((rows, columns), dim=-1).reshape(-1, WIDTH) * PLACE_GAIN


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
