"""Derive the limits of one call, and the identity that replies are cached by.

Bounds follow the checkpoint's own files, within what its family's reference uses for video
(qwen-vl-utils): 768 frames of 768 tokens, and a budget of picture tokens a call, above which
grounding is known to suffer.
"""

from dataclasses import replace
from pathlib import Path
from typing import Any

from vidindex.adapters.checkpoints.safetensors import fingerprint, read_weights
from vidindex.adapters.vision.checkpoints.catalog import Checkpoint, read_config
from vidindex.adapters.vision.checkpoints.chat_template import reply_prefix
from vidindex.adapters.vision.checkpoints.preprocessing import read_preprocessing
from vidindex.adapters.vision.qwen.patches import PACKING_VERSION
from vidindex.core.families import Family, family_named
from vidindex.core.prompts.times_as_text import TIMES_AS_TEXT
from vidindex.types import ModelLimits

QUERY_WORDS = "query_words.txt"


def read_limits(checkpoint: Checkpoint, precision: str | None = None) -> ModelLimits:
    """What fits in one call of `checkpoint`.

    Hashes the weights of a plain folder once, so that other weights are another model.
    precision: in which it runs, where that is not what this device would take.
    """
    context = context_tokens(read_config(checkpoint.folder))
    family = family_named(checkpoint.family)
    bounds = read_preprocessing(checkpoint.folder, family)
    is_told = bool(reply_prefix(checkpoint.folder, family))
    return ModelLimits(
        identity=identity_of(
            checkpoint.name,
            revision_of(checkpoint),
            precision or checkpoint.quantised or checkpoint.device.dtype,
            is_told_not_to_think=is_told,
        ),
        licence=checkpoint.licence,
        context_tokens=context,
        max_frames=bounds.max_frames,
        min_pixels=bounds.min_pixels,
        max_pixels=bounds.max_pixels,
        max_video_tokens=min(bounds.max_video_tokens, context // 2),
        family=checkpoint.family,
        query_words=_query_words(checkpoint.folder),
    )


def read_family(checkpoint: Checkpoint) -> Family:
    """Its family, with the checkpoint's own numbers where its files state others."""
    return read_preprocessing(checkpoint.folder, family_named(checkpoint.family)).family


def tokens_per_second(config: dict[str, Any]) -> float:
    """How fast temporal positions run, of families that tell times by them; else 0."""
    return float((config.get("vision_config") or {}).get("tokens_per_second") or 0.0)


def context_tokens(config: dict[str, Any]) -> int:
    """Tokens of prompt and reply together; older files state the number at the top level."""
    number = (config.get("text_config") or {}).get("max_position_embeddings")
    return int(number or config["max_position_embeddings"])


def identity_of(
    name: str, revision: str, precision: str, *, is_told_not_to_think: bool = False
) -> str:
    """The name that replies are cached under."""
    thinking = " thinking-off" if is_told_not_to_think else ""
    return f"{name}@{revision} {precision} packing/{PACKING_VERSION}{thinking}"


def with_times_as_text(limits: ModelLimits) -> ModelLimits:
    """The same model where clips are shown as pictures behind their times.

    A picture of its own costs twice what it costs as one of a pair.
    """
    return replace(
        limits,
        identity=f"{limits.identity} {TIMES_AS_TEXT}",
        max_video_tokens=limits.max_video_tokens // family_named(limits.family).frames_per_group,
    )


def revision_of(checkpoint: Checkpoint) -> str:
    """The commit that it is of, else a hash of its weights."""
    if checkpoint.revision:
        return checkpoint.revision[:12]
    weights = read_weights(checkpoint.folder)
    return "sha256:" + fingerprint(checkpoint.folder, weights)[:16]


def _query_words(folder: Path) -> tuple[str, ...]:
    """The words that a small model was trained on, where its folder names them."""
    path = folder / QUERY_WORDS
    return tuple(path.read_text(encoding="utf-8").split()) if path.is_file() else ()
