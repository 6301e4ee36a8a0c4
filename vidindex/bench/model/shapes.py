"""List the published shapes of Qwen2.5-VL and Qwen3-VL: depth and width of their towers.

Numbers of the published config.json files on the Hugging Face hub. Sizes of a family differ in
the language model, in the width that pictures are handed over in, and in the vision tower:
Qwen2.5-VL from 32B on in its inner width, Qwen3-VL below 8B in all of it.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vidindex.core.families import QWEN25_FAMILY, Family, family_of_type
from vidindex.errors import InputError


@dataclass(frozen=True, slots=True)
class Tower:
    """A stack of equal layers: `width` of the stream, `inner` of the layers in between.

    matrices: of a feed-forward layer, 3 where it is gated.
    """

    layers: int
    width: int
    inner: int
    matrices: int = 3


@dataclass(frozen=True, slots=True)
class Shape:
    """What the cost of a call depends on.

    query_width, kv_width: of queries, and of keys or values, all heads together. full_layers:
    layers of the vision tower that see a whole temporal group; the others see windows of
    `window_px` pixels. mergers: that hand pictures over to the language model.
    """

    vision: Tower
    full_layers: int
    window_px: int
    text: Tower
    kv_width: int
    vocabulary: int
    query_width: int
    mergers: int = 1
    family: Family = QWEN25_FAMILY

    @classmethod
    def of(cls, config: dict[str, Any]) -> "Shape":
        """The shape that a config of transformers states, all its defaults filled in."""
        text, eyes = config["text_config"], config["vision_config"]
        width, heads = text["hidden_size"], text["num_attention_heads"]
        head = text.get("head_dim") or width // heads
        family = family_of_type(config.get("model_type", "qwen2_5_vl"))
        depth, is_gated = eyes["depth"], family is QWEN25_FAMILY
        sizes = (depth, eyes["hidden_size"], eyes["intermediate_size"])
        return cls(
            vision=Tower(*sizes, matrices=3 if is_gated else 2),
            full_layers=len(eyes["fullatt_block_indexes"]) if is_gated else depth,
            window_px=eyes.get("window_size", 0),
            text=Tower(text["num_hidden_layers"], width, text["intermediate_size"]),
            kv_width=text["num_key_value_heads"] * head,
            vocabulary=text["vocab_size"],
            query_width=heads * head,
            mergers=1 + len(eyes.get("deepstack_visual_indexes", ())),
            family=family,
        )


def read_shape(name: str) -> dict[str, Any]:
    """The config of a published size ("7b"), or that of a config.json file.

    Raises InputError where it is neither.
    """
    if name.lower() in PUBLISHED:
        return PUBLISHED[name.lower()]
    try:
        config = json.loads(Path(name).expanduser().read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        known = ", ".join(PUBLISHED)
        raise InputError(f"no shape {name!r}: {error}", f"use {known} or a config.json") from error
    return dict(config)


def _published(
    layers: int, width: int, inner: int, heads: int, kv_heads: int, eyes_inner: int, **text: Any
) -> dict[str, Any]:
    return {
        "tie_word_embeddings": text.pop("tied", False),
        "text_config": {
            "vocab_size": text.pop("vocabulary", 152_064),
            "hidden_size": width,
            "intermediate_size": inner,
            "num_hidden_layers": layers,
            "num_attention_heads": heads,
            "num_key_value_heads": kv_heads,
            "max_position_embeddings": 128_000,
            "rms_norm_eps": 1e-6,
            "rope_parameters": {
                "rope_type": "default",
                "rope_theta": 1e6,
                "mrope_section": [16, 24, 24],
            },
        },
        "vision_config": {
            "depth": 32,
            "hidden_size": 1280,
            "intermediate_size": eyes_inner,
            "num_heads": 16,
            "out_hidden_size": width,
            "patch_size": 14,
            "spatial_merge_size": 2,
            "temporal_patch_size": 2,
            "tokens_per_second": 2,
            "window_size": 112,
            "fullatt_block_indexes": [7, 15, 23, 31],
        },
    }


def _published_3(
    layers: int, width: int, inner: int, eyes: tuple[int, int, int], *, tied: bool
) -> dict[str, Any]:
    depth, eyes_width, eyes_inner = eyes
    return {
        "model_type": "qwen3_vl",
        "tie_word_embeddings": tied,
        "text_config": {
            "vocab_size": 151_936,
            "hidden_size": width,
            "intermediate_size": inner,
            "num_hidden_layers": layers,
            "num_attention_heads": 32,
            "num_key_value_heads": 8,
            "head_dim": 128,
            "max_position_embeddings": 262_144,
            "rope_parameters": {
                "rope_type": "default",
                "rope_theta": 5e6,
                "mrope_section": [24, 20, 20],
                "mrope_interleaved": True,
            },
        },
        "vision_config": {
            "depth": depth,
            "hidden_size": eyes_width,
            "intermediate_size": eyes_inner,
            "num_heads": 16,
            "out_hidden_size": width,
            "num_position_embeddings": 2304,
            "deepstack_visual_indexes": [8, 16, 24] if depth == 27 else [5, 11, 17],
        },
    }


PUBLISHED = {
    "3b": _published(36, 2048, 11_008, 16, 2, 3420, vocabulary=151_936, tied=True),
    "7b": _published(28, 3584, 18_944, 28, 4, 3420),
    "32b": _published(64, 5120, 27_648, 40, 8, 3456),
    "72b": _published(80, 8192, 29_568, 64, 8, 3456),
    "qwen3-vl-4b": _published_3(36, 2560, 9_728, (24, 1024, 4096), tied=True),
    "qwen3-vl-8b": _published_3(36, 4096, 12_288, (27, 1152, 4304), tied=False),
}
