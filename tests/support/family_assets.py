"""Tiny checkpoints of the later families with random weights, and their published chat form.

Weights are drawn wide, so that a wrong pixel, time or position shows in the logits, and the
first token is far from the second. Qwen3-VL: DeepStack after the first of two picture layers.
Qwen3.5: three layers of linear attention, then one of full attention.
"""

import json
from pathlib import Path
from typing import Any

import torch
from tokenizers import AddedToken
from transformers import (
    PreTrainedModel,
    PreTrainedTokenizerFast,
    Qwen3_5Config,
    Qwen3_5ForConditionalGeneration,
    Qwen3VLConfig,
    Qwen3VLForConditionalGeneration,
)

from support.golden_cases import SPECIAL_TOKENS, byte_tokenizer
from support.qwen_assets import VOCABULARY

MIN_PIXELS, MAX_PIXELS = 64 * 64, 160 * 160
MAX_VIDEO_PIXELS = 128 * 160 * 160
CONTEXT_TOKENS = 900
THOUGHTS = ("<think>", "</think>")

# What the published templates do with one question about pictures, without tools and history.
_QUESTION = (
    "{% for message in messages %}<|im_start|>{{ message.role }}\n"
    "{% if message.content is string %}{{ message.content }}{% else %}"
    "{% for one in message.content %}"
    "{% if one.type == 'image' or 'image' in one or 'image_url' in one %}"
    "<|vision_start|><|image_pad|><|vision_end|>"
    "{% elif one.type == 'video' or 'video' in one %}"
    "<|vision_start|><|video_pad|><|vision_end|>"
    "{% elif 'text' in one %}{{ one.text }}{% endif %}{% endfor %}{% endif %}<|im_end|>\n"
    "{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n"
)
QWEN3_TEMPLATE = _QUESTION + "{% endif %}"
THINKING_TEMPLATE = _QUESTION + "<think>\n{% endif %}"
HYBRID_TEMPLATE = _QUESTION + (
    "{% if enable_thinking is defined and enable_thinking is false %}<think>\n\n</think>\n\n"
    "{% else %}<think>\n{% endif %}{% endif %}"
)


def qwen3_tokenizer(template: str) -> PreTrainedTokenizerFast:
    """Plain bytes with Qwen's signs and those around a thought, which are no special tokens."""
    tokenizer = byte_tokenizer()
    tokenizer.add_tokens([AddedToken(word, special=False, normalized=False) for word in THOUGHTS])
    tokenizer.chat_template = template
    return tokenizer


def save_tiny_qwen3(
    folder: Path, *, seed: int = 0, template: str = QWEN3_TEMPLATE, tokenizer: Any = None
) -> Path:
    """A whole Qwen3-VL checkpoint of about 100,000 weights."""
    words = tokenizer or qwen3_tokenizer(template)
    torch.manual_seed(seed)
    return _save(Qwen3VLForConditionalGeneration(tiny_qwen3_config(words)), words, folder)


def save_tiny_qwen35(folder: Path, *, seed: int = 0, template: str = HYBRID_TEMPLATE) -> Path:
    """A whole Qwen3.5 checkpoint of about 100,000 weights."""
    words = qwen3_tokenizer(template)
    torch.manual_seed(seed)
    model = Qwen3_5ForConditionalGeneration(tiny_qwen35_config(words))
    # What the last token reads of those before it must count against its own embedding.
    for name, weight in model.named_parameters():
        if name.endswith(("o_proj.weight", "out_proj.weight")):
            weight.data *= 10
    return _save(model, words, folder)


def tiny_qwen3_config(tokenizer: Any) -> Qwen3VLConfig:
    return Qwen3VLConfig(
        text_config={
            **_text_config(tokenizer),
            "num_hidden_layers": 2,
            "rope_parameters": _rope([2, 1, 1]),
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
            "rope_parameters": {**_rope([2, 1, 1]), "partial_rotary_factor": 1.0},
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
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "head_dim": 8,
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
        "hidden_size": 32,
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
