"""Tiny Qwen2.5-VL checkpoints with random weights, and questions to put to them."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file
from transformers import Qwen2_5_VLConfig, Qwen2_5_VLForConditionalGeneration

from support.golden_cases import (
    MAX_PIXELS,
    MIN_PIXELS,
    SPECIAL_TOKENS,
    SYSTEM,
    byte_tokenizer,
    clip,
)
from vidindex.types import Ask, FrameBatch

CONTEXT_TOKENS = 600
# More than the tokenizer has, as in the published checkpoints.
VOCABULARY = 320


def save_tiny_checkpoint(folder: Path, *, seed: int = 0, mute: bool = False) -> Path:
    """Write a whole checkpoint of 60,000 weights; `mute`: all its logits are zero.

    Weights are drawn wide, so that a wrong pixel or position shows in the logits.
    """
    tokenizer = byte_tokenizer()
    torch.manual_seed(seed)
    model = Qwen2_5_VLForConditionalGeneration(tiny_config(tokenizer)).eval()
    if mute:
        torch.nn.init.zeros_(model.model.language_model.norm.weight)
    end_ids = [tokenizer.convert_tokens_to_ids(name) for name in ("<|im_end|>", "<|endoftext|>")]
    model.generation_config.eos_token_id = end_ids
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    size = {"shortest_edge": MIN_PIXELS, "longest_edge": MAX_PIXELS}
    (folder / "preprocessor_config.json").write_text(json.dumps({"size": size}))
    return folder


def lay_out_as_published(folder: Path) -> Path:
    """Rewrite a checkpoint as on the hub: flat config, weights in parts, Qwen2Tokenizer."""
    weights = load_file(folder / "model.safetensors")
    names = sorted(weights)
    files = {
        name: f"model-0000{1 + number % 2}-of-00002.safetensors"
        for number, name in enumerate(names)
    }
    for file in set(files.values()):
        part = {name: weights[name] for name in names if files[name] == file}
        save_file(part, folder / file, metadata={"format": "pt"})
    (folder / "model.safetensors").unlink()
    (folder / "model.safetensors.index.json").write_text(
        json.dumps({"metadata": {}, "weight_map": files})
    )
    config = json.loads((folder / "config.json").read_text())
    text = config.pop("text_config")
    rope = text.pop("rope_parameters")
    del config["vision_config"]["rope_parameters"]
    text = {name: text[name] for name in text if name not in {"layer_types", "model_type"}}
    config |= text | {
        "rope_theta": rope["rope_theta"],
        "rope_scaling": {"type": "mrope", "mrope_section": rope["mrope_section"]},
        "sliding_window": 32768,
    }
    (folder / "config.json").write_text(json.dumps(config))
    tokenizer = json.loads((folder / "tokenizer_config.json").read_text())
    tokenizer["tokenizer_class"] = "Qwen2Tokenizer"
    (folder / "tokenizer_config.json").write_text(json.dumps(tokenizer))
    return folder


def tiny_config(tokenizer: Any) -> Qwen2_5_VLConfig:
    """Two layers of each kind; windowed and full attention in the picture tower."""
    ids = {name: tokenizer.convert_tokens_to_ids(name) for name in SPECIAL_TOKENS}
    return Qwen2_5_VLConfig(
        text_config={
            "vocab_size": VOCABULARY,
            "bos_token_id": None,
            "eos_token_id": ids["<|im_end|>"],
            "pad_token_id": ids["<|endoftext|>"],
            "hidden_size": 32,
            "intermediate_size": 64,
            "num_hidden_layers": 2,
            "num_attention_heads": 4,
            "num_key_value_heads": 2,
            "max_position_embeddings": CONTEXT_TOKENS,
            "initializer_range": 0.2,
            "rope_parameters": {
                "rope_type": "default",
                "rope_theta": 10000.0,
                "mrope_section": [2, 1, 1],
            },
        },
        vision_config={
            "depth": 2,
            "hidden_size": 32,
            "intermediate_size": 64,
            "num_heads": 2,
            "out_hidden_size": 32,
            "window_size": 56,
            "fullatt_block_indexes": [1],
            "tokens_per_second": 2,
            "initializer_range": 0.2,
        },
        image_token_id=ids["<|image_pad|>"],
        video_token_id=ids["<|video_pad|>"],
        vision_start_token_id=ids["<|vision_start|>"],
        vision_end_token_id=ids["<|vision_end|>"],
    )


def ask(key: str, prompt: str = "What happens?", **changes: Any) -> Ask:
    """A question about a clip of 4 frames of 56x84 at 2 fps, unless changed."""
    frames = frame_batch(4, 56, 84, 2.0)
    return replace(Ask(key, SYSTEM, prompt, frames, max_tokens=8), **changes)


def frame_batch(count: int, height: int, width: int, fps: float | None) -> FrameBatch:
    """`count` frames of a moving square; one picture where there is no rate."""
    times = tuple(index / (fps or 1.0) for index in range(count))
    return FrameBatch(times, times, clip(count, height, width), fps)
