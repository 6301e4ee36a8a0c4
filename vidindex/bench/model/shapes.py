"""List the published shapes of Qwen2.5-VL: depth and width of its towers.

Numbers of the published config.json files (Qwen/Qwen2.5-VL-3B, -7B, -32B and -72B-Instruct
on the Hugging Face hub). They differ in the language model, in the width that pictures are
handed over in, and, from 32B on, in the width of the vision tower's inner layers.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vidindex.errors import InputError


@dataclass(frozen=True, slots=True)
class Tower:
    """A stack of equal layers: `width` of the stream, `inner` of the gated layers in between."""

    layers: int
    width: int
    inner: int


@dataclass(frozen=True, slots=True)
class Shape:
    """What the cost of a call depends on. kv_width: of keys, and of values, all heads together.

    full_layers: layers of the vision tower that see a whole temporal group; the others see
    windows of `window_px` pixels.
    """

    vision: Tower
    full_layers: int
    window_px: int
    text: Tower
    kv_width: int
    vocabulary: int

    @classmethod
    def of(cls, config: dict[str, Any]) -> "Shape":
        """The shape that a config of transformers states, all its defaults filled in."""
        text, eyes = config["text_config"], config["vision_config"]
        width = text["hidden_size"]
        return cls(
            vision=Tower(eyes["depth"], eyes["hidden_size"], eyes["intermediate_size"]),
            full_layers=len(eyes["fullatt_block_indexes"]),
            window_px=eyes["window_size"],
            text=Tower(text["num_hidden_layers"], width, text["intermediate_size"]),
            kv_width=text["num_key_value_heads"] * width // text["num_attention_heads"],
            vocabulary=text["vocab_size"],
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


PUBLISHED = {
    "3b": _published(36, 2048, 11_008, 16, 2, 3420, vocabulary=151_936, tied=True),
    "7b": _published(28, 3584, 18_944, 28, 4, 3420),
    "32b": _published(64, 5120, 27_648, 40, 8, 3456),
    "72b": _published(80, 8192, 29_568, 64, 8, 3456),
}
