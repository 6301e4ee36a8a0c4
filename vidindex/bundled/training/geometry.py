"""Define the shape of the bundled Qwen2.5-VL and its side files."""

import json
from pathlib import Path
from typing import Any

from transformers import Qwen2_5_VLConfig, Qwen2_5_VLForConditionalGeneration

from vidindex.adapters.vision.qwen.patches import MERGE, PATCH_PX, TEMPORAL_PATCH_FRAMES
from vidindex.core.families import QWEN25_FAMILY
from vidindex.synthetic.scenes import FRAME_COUNTS

WIDTH = 192
HEADS = 6
LAYERS = 5
VISION_WIDTH = 128
VISION_DEPTH = 3
MIN_PIXELS = 56 * 56
# What it was trained on: 112 x 112 and the same area in other shapes.
MAX_PIXELS = 112 * 112


def build_config(token_ids: dict[str, int], vocabulary: int) -> Qwen2_5_VLConfig:
    """Qwen2.5-VL's own configuration class with small numbers."""
    return Qwen2_5_VLConfig(
        text_config=_text_config(token_ids, vocabulary),
        vision_config=_vision_config(),
        image_token_id=token_ids["<|image_pad|>"],
        video_token_id=token_ids["<|video_pad|>"],
        vision_start_token_id=token_ids["<|vision_start|>"],
        vision_end_token_id=token_ids["<|vision_end|>"],
        tie_word_embeddings=True,
        eos_token_id=token_ids["<|im_end|>"],
        pad_token_id=token_ids["<|endoftext|>"],
        bos_token_id=token_ids["<|endoftext|>"],
    )


def build_model(token_ids: dict[str, int], vocabulary: int) -> Any:
    return Qwen2_5_VLForConditionalGeneration(build_config(token_ids, vocabulary))


def save_side_files(folder: Path, token_ids: dict[str, int]) -> None:
    """preprocessor_config.json and generation_config.json, in Qwen's form."""
    _write(folder / "preprocessor_config.json", _preprocessor())
    _write(
        folder / "generation_config.json",
        {
            "bos_token_id": token_ids["<|endoftext|>"],
            "pad_token_id": token_ids["<|endoftext|>"],
            "eos_token_id": [token_ids["<|im_end|>"], token_ids["<|endoftext|>"]],
            "do_sample": False,
        },
    )


def _text_config(token_ids: dict[str, int], vocabulary: int) -> dict[str, Any]:
    return {
        "vocab_size": vocabulary,
        "hidden_size": WIDTH,
        "intermediate_size": 2 * WIDTH,
        "num_hidden_layers": LAYERS,
        "num_attention_heads": HEADS,
        "num_key_value_heads": HEADS,
        "max_position_embeddings": 4096,
        "rope_parameters": {
            "rope_type": "default",
            "rope_theta": 10000.0,
            "mrope_section": [6, 5, 5],
        },
        "tie_word_embeddings": True,
        "bos_token_id": token_ids["<|endoftext|>"],
        "eos_token_id": token_ids["<|im_end|>"],
        "pad_token_id": token_ids["<|endoftext|>"],
    }


def _vision_config() -> dict[str, Any]:
    return {
        "depth": VISION_DEPTH,
        "hidden_size": VISION_WIDTH,
        "intermediate_size": 2 * VISION_WIDTH,
        "num_heads": 4,
        "out_hidden_size": WIDTH,
        "patch_size": PATCH_PX,
        "spatial_merge_size": MERGE,
        "temporal_patch_size": TEMPORAL_PATCH_FRAMES,
        "tokens_per_second": 2,
        "window_size": 112,
        # No windows: every layer sees its whole temporal group.
        "fullatt_block_indexes": list(range(VISION_DEPTH)),
        "hidden_act": "silu",
    }


def _preprocessor() -> dict[str, Any]:
    return {
        "image_processor_type": "Qwen2VLImageProcessor",
        "video_processor_type": "Qwen2VLVideoProcessor",
        "processor_class": "Qwen2_5_VLProcessor",
        "min_pixels": MIN_PIXELS,
        "max_pixels": MAX_PIXELS,
        "size": {"shortest_edge": MIN_PIXELS, "longest_edge": MAX_PIXELS},
        "patch_size": PATCH_PX,
        "temporal_patch_size": TEMPORAL_PATCH_FRAMES,
        "merge_size": MERGE,
        "min_frames": FRAME_COUNTS[0],
        "max_frames": FRAME_COUNTS[-1],
        "image_mean": list(QWEN25_FAMILY.mean_rgb),
        "image_std": list(QWEN25_FAMILY.std_rgb),
    }


def _write(path: Path, content: dict[str, Any]) -> None:
    path.write_text(json.dumps(content, indent=2) + "\n")
