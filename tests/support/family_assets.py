"""Tiny checkpoints of the later families with random weights.

Weights are drawn wide, so that a wrong pixel, time or position shows in the logits, and the
first token is far from the second. Qwen3-VL: DeepStack after the first of two picture layers.
Qwen3.5: three layers of linear attention, then one of full attention.
"""

import json
from pathlib import Path
from typing import Any

import torch
from transformers import (
    PreTrainedModel,
    Qwen3_5Config,
    Qwen3_5ForConditionalGeneration,
    Qwen3VLConfig,
    Qwen3VLForConditionalGeneration,
)

from support.golden_cases import (
    HYBRID_TEMPLATE,
    QWEN3_TEMPLATE,
    SPECIAL_TOKENS,
    qwen3_tokenizer,
)
from support.qwen_assets import VOCABULARY

MIN_PIXELS, MAX_PIXELS = 64 * 64, 160 * 160
MAX_VIDEO_PIXELS = 128 * 160 * 160
CONTEXT_TOKENS = 900


def save_tiny_qwen3(
    folder: Path,
    *,
    seed: int = 0,
    template: str = QWEN3_TEMPLATE,
    context_tokens: int = CONTEXT_TOKENS,
) -> Path:
    """A whole Qwen3-VL checkpoint of about 100,000 weights."""
    words = qwen3_tokenizer(template)
    config = tiny_qwen3_config(words)
    config.text_config.max_position_embeddings = context_tokens
    torch.manual_seed(seed)
    return _save(Qwen3VLForConditionalGeneration(config), words, folder)


def save_tiny_qwen35(folder: Path, *, seed: int = 0, template: str = HYBRID_TEMPLATE) -> Path:
    """A whole Qwen3.5 checkpoint of about 100,000 weights."""
    words = qwen3_tokenizer(template)
    torch.manual_seed(seed)
    model = Qwen3_5ForConditionalGeneration(tiny_qwen35_config(words))
    for name, weight in model.named_parameters():
        # What the last token reads of those before it counts against its own embedding, ...
        if name.endswith(("o_proj.weight", "out_proj.weight")):
            weight.data *= 10
        # ... and the pictures far before it are not forgotten.
        if name.endswith("A_log"):
            weight.data.fill_(-7.0)
    return _save(model, words, folder)


def tiny_qwen3_config(tokenizer: Any) -> Qwen3VLConfig:
    return Qwen3VLConfig(
        text_config={
            **_text_config(tokenizer),
            "num_hidden_layers": 2,
            "rope_parameters": _rope([6, 5, 5]),
        },
        vision_config={**_vision_config(), "deepstack_visual_indexes": [0]},
        **_picture_ids(tokenizer),
    )


def tiny_qwen35_config(tokenizer: Any) -> Qwen3_5Config:
    return Qwen3_5Config(
        text_config={
            **_text_config(tokenizer),
            "num_hidden_layers": 4,
            "full_attention_interval": 4,
            "linear_key_head_dim": 8,
            "linear_value_head_dim": 8,
            "linear_num_key_heads": 2,
            "linear_num_value_heads": 4,
            "rope_parameters": {**_rope([6, 5, 5]), "partial_rotary_factor": 1.0},
        },
        vision_config={**_vision_config(), "initializer_range": 1.0},
        **_picture_ids(tokenizer),
    )


def _save(model: PreTrainedModel, tokenizer: Any, folder: Path) -> Path:
    model = model.eval()
    ends = [tokenizer.convert_tokens_to_ids(name) for name in ("<|im_end|>", "<|endoftext|>")]
    assert model.generation_config is not None
    model.generation_config.eos_token_id = ends
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    write_preprocessors(folder)
    return folder


def write_preprocessors(folder: Path) -> None:
    """The two files of the published checkpoints, with smaller bounds."""
    common = {"patch_size": 16, "temporal_patch_size": 2, "merge_size": 2}
    colours = {"image_mean": [0.5] * 3, "image_std": [0.5] * 3}
    image = {
        "size": {"shortest_edge": MIN_PIXELS, "longest_edge": MAX_PIXELS},
        "image_processor_type": "Qwen2VLImageProcessorFast",
        "processor_class": "Qwen3VLProcessor",
    }
    video = {
        "size": {"shortest_edge": 4096, "longest_edge": MAX_VIDEO_PIXELS},
        "video_processor_type": "Qwen3VLVideoProcessor",
        "processor_class": "Qwen3VLProcessor",
    }
    (folder / "preprocessor_config.json").write_text(json.dumps(common | colours | image))
    (folder / "video_preprocessor_config.json").write_text(json.dumps(common | colours | video))


def _text_config(tokenizer: Any) -> dict[str, Any]:
    return {
        "vocab_size": max(VOCABULARY, len(tokenizer)),
        "eos_token_id": tokenizer.convert_tokens_to_ids("<|im_end|>"),
        "pad_token_id": tokenizer.convert_tokens_to_ids("<|endoftext|>"),
        "hidden_size": 32,
        "intermediate_size": 64,
        # vLLM on a CPU has no smaller heads.
        "num_attention_heads": 2,
        "num_key_value_heads": 1,
        "head_dim": 32,
        "max_position_embeddings": CONTEXT_TOKENS,
        "initializer_range": 0.3,
    }


def _rope(section: list[int]) -> dict[str, Any]:
    return {
        "rope_type": "default",
        "rope_theta": 10000.0,
        "mrope_section": section,
        "mrope_interleaved": True,
    }


def _vision_config() -> dict[str, Any]:
    return {
        "depth": 2,
        "hidden_size": 64,
        "intermediate_size": 64,
        "num_heads": 2,
        "out_hidden_size": 32,
        "num_position_embeddings": 64,
        "initializer_range": 0.3,
    }


def _picture_ids(tokenizer: Any) -> dict[str, int]:
    ids = {name: tokenizer.convert_tokens_to_ids(name) for name in SPECIAL_TOKENS}
    return {
        "image_token_id": ids["<|image_pad|>"],
        "video_token_id": ids["<|video_pad|>"],
        "vision_start_token_id": ids["<|vision_start|>"],
        "vision_end_token_id": ids["<|vision_end|>"],
    }
