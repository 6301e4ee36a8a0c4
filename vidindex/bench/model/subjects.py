"""Load a model to measure: a checkpoint, or a published shape with random weights.

Precision and attention as the product runs them. Needs torch, transformers and numpy only.
"""

import importlib.util
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from vidindex.adapters.vision.qwen.chat_template import ChatForm
from vidindex.bench.model.shapes import Shape, read_shape
from vidindex.bench.model.stages import PromptForm, StagedModel
from vidindex.core.families import QWEN25_FAMILY, Family, family_of_type
from vidindex.core.prompts.profile import QWEN25_VL
from vidindex.errors import InputError, ModelTooLarge

# The segmentation prompt with its chat frame in Qwen2.5-VL's tokenizer, before and after the
# pictures, for random weights, which come without one.
RANDOM_PROMPT_TOKENS = (15, 75)


@dataclass(frozen=True, slots=True)
class Subject:
    """A model that is ready to be measured, and what to call it."""

    name: str
    weights: str
    staged: StagedModel

    @property
    def shape(self) -> Shape:
        return Shape.of(self.staged.model.config.to_dict())


def random_weights(name: str, device: str) -> Subject:
    """A model of a published size, or of a config.json, whose weights mean nothing.

    Raises ModelTooLarge where the device has not the memory.
    """
    from transformers import Qwen2_5_VLConfig, Qwen2_5_VLForConditionalGeneration

    shape = read_shape(name)
    require_stages(family_of_type(shape.get("model_type", "qwen2_5_vl")))
    config = Qwen2_5_VLConfig(**shape)
    dtype = dtype_of(device)
    with torch.device("meta"):
        empty = Qwen2_5_VLForConditionalGeneration(config)
    _require_room(name, sum(p.numel() for p in empty.parameters()) * dtype.itemsize, device)
    torch.manual_seed(0)
    with torch.device(device):
        model = Qwen2_5_VLForConditionalGeneration._from_config(
            config, dtype=dtype, attn_implementation=attention(device)
        )
    model = model.to(device).eval().requires_grad_(False)
    staged = StagedModel(model, device, _random_prompt(config))
    return Subject(f"Qwen2.5-VL of shape {name}", "random weights", staged)


def checkpoint(folder: Path, name: str, device: str) -> Subject:
    """The model in a checkpoint folder, with its own tokenizer."""
    from transformers import AutoTokenizer, Qwen2_5_VLForConditionalGeneration
    from transformers.utils import logging

    # Its bar would break into what is printed.
    logging.disable_progress_bar()
    model = Qwen2_5_VLForConditionalGeneration.from_pretrained(
        folder,
        dtype=dtype_of(device),
        attn_implementation=attention(device),
        local_files_only=True,
    )
    chat = ChatForm(AutoTokenizer.from_pretrained(folder, local_files_only=True))

    def form(places: int) -> tuple[list[int], int]:
        profile = QWEN25_VL
        return chat.question(profile.system, profile.segment, is_video=True, places=places)

    model = model.to(device).eval().requires_grad_(False)
    staged = StagedModel(model, device, form)
    return Subject(name, "its own weights", staged)


def require_stages(family: Family) -> None:
    """Raise InputError for a family whose stages are not measured one by one."""
    if family is not QWEN25_FAMILY:
        raise InputError(
            f"stages are measured one by one of {QWEN25_FAMILY.name} only, not of {family.name}",
            "measure a checkpoint of it with --at-once, or see its bound with --bounds",
        )


def dtype_of(device: str) -> torch.dtype:
    """As the product runs it: bfloat16 on a GPU, float32 on a CPU."""
    return torch.bfloat16 if device == "cuda" else torch.float32


def attention(device: str) -> str:
    """As the product runs it: flash attention where it is installed."""
    has_flash = device == "cuda" and importlib.util.find_spec("flash_attn") is not None
    return "flash_attention_2" if has_flash else "sdpa"


def _random_prompt(config: Any) -> PromptForm:
    """As many tokens as the real prompt has, drawn for each clip."""
    rng = np.random.default_rng(7)
    top = config.text_config.vocab_size

    def form(places: int) -> tuple[list[int], int]:
        before, after = (rng.integers(top, size=count).tolist() for count in RANDOM_PROMPT_TOKENS)
        return [*before, *([0] * places), *after], len(before)

    return form


def _require_room(name: str, needed: int, device: str) -> None:
    if device != "cuda":
        return
    free = torch.cuda.mem_get_info()[0]
    if needed > free:
        raise ModelTooLarge(
            f"shape {name} needs {needed / 1e9:.0f} GB, {free / 1e9:.0f} GB are free",
            "take a smaller one, or a larger card",
        )
