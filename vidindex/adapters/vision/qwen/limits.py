"""Derive the limits of one call, and the identity that replies are cached by.

Bounds follow the checkpoint's own files, within what the Qwen2.5-VL reference uses for
video (qwen-vl-utils): 768 frames, 768 * 28 * 28 pixels a frame, and 24,576 picture
tokens a call, above which grounding is known to suffer.
"""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from vidindex.adapters.checkpoints.safetensors import fingerprint, read_weights
from vidindex.adapters.vision.checkpoints.catalog import Checkpoint, read_config
from vidindex.adapters.vision.qwen.patches import (
    MAX_PIXELS,
    MIN_PIXELS,
    PACKING_VERSION,
    TEMPORAL_PATCH_FRAMES,
)
from vidindex.core.prompts.times_as_text import TIMES_AS_TEXT
from vidindex.types import ModelLimits

MAX_FRAMES = 768
MAX_VIDEO_TOKENS = 24_576
# Where both are in a folder, the first is the one that the reference reads for video.
_PROCESSOR_FILES = ("video_preprocessor_config.json", "preprocessor_config.json")


def read_limits(checkpoint: Checkpoint, precision: str | None = None) -> ModelLimits:
    """What fits in one call of `checkpoint`.

    Hashes the weights of a plain folder once, so that other weights are another model.
    precision: in which it runs, where that is not what this device would take.
    """
    context = context_tokens(read_config(checkpoint.folder))
    processor = _read_processor(checkpoint.folder)
    size = processor.get("size") or {}
    return ModelLimits(
        identity=identity_of(
            checkpoint.name,
            revision_of(checkpoint),
            precision or checkpoint.quantised or checkpoint.device.dtype,
        ),
        licence=checkpoint.licence,
        context_tokens=context,
        max_frames=min(MAX_FRAMES, processor.get("max_frames", MAX_FRAMES)),
        min_pixels=processor.get("min_pixels") or size.get("shortest_edge") or MIN_PIXELS,
        max_pixels=min(
            MAX_PIXELS, processor.get("max_pixels") or size.get("longest_edge") or MAX_PIXELS
        ),
        max_video_tokens=min(MAX_VIDEO_TOKENS, context // 2),
    )


def context_tokens(config: dict[str, Any]) -> int:
    """Tokens of prompt and reply together; older files state the number at the top level."""
    number = (config.get("text_config") or {}).get("max_position_embeddings")
    return int(number or config["max_position_embeddings"])


def identity_of(name: str, revision: str, precision: str) -> str:
    """The name that replies are cached under."""
    return f"{name}@{revision} {precision} packing/{PACKING_VERSION}"


def with_times_as_text(limits: ModelLimits) -> ModelLimits:
    """The same model where clips are shown as pictures behind their times.

    A picture of its own costs twice what it costs as one of a pair.
    """
    return replace(
        limits,
        identity=f"{limits.identity} {TIMES_AS_TEXT}",
        max_video_tokens=limits.max_video_tokens // TEMPORAL_PATCH_FRAMES,
    )


def revision_of(checkpoint: Checkpoint) -> str:
    """The commit that it is of, else a hash of its weights."""
    if checkpoint.revision:
        return checkpoint.revision[:12]
    weights = read_weights(checkpoint.folder)
    return "sha256:" + fingerprint(checkpoint.folder, weights)[:16]


def _read_processor(folder: Path) -> dict[str, Any]:
    path = next((folder / name for name in _PROCESSOR_FILES if (folder / name).is_file()), None)
    if path is None:
        return {}
    values = json.loads(path.read_text(encoding="utf-8"))
    return values if isinstance(values, dict) else {}
