"""How much one call may hold, and by which name its replies are cached; loads no weights.

Bounds follow the checkpoint's own files, within what the Qwen2.5-VL reference uses for
video (qwen-vl-utils): 768 frames, 768 * 28 * 28 pixels a frame, and 24,576 picture
tokens a call, above which grounding is known to suffer.
"""

import json
from pathlib import Path
from typing import Any

from vidindex.types import ModelLimits
from vidindex.vision.checkpoints import Checkpoint, read_config
from vidindex.vision.packing import MAX_PIXELS, MIN_PIXELS, PACKING_VERSION
from vidindex.vision.weights import fingerprint, read_weights

MAX_FRAMES = 768
MAX_VIDEO_TOKENS = 24_576
# Where both lie in a folder, the first is the one that the reference reads for video.
_PROCESSOR_FILES = ("video_preprocessor_config.json", "preprocessor_config.json")


def read_limits(checkpoint: Checkpoint) -> ModelLimits:
    """What fits in one call of `checkpoint`.

    Hashes the weights of a plain folder once, so that other weights are another model.
    """
    context = context_tokens(read_config(checkpoint.folder))
    processor = _read_processor(checkpoint.folder)
    size = processor.get("size") or {}
    return ModelLimits(
        identity=_identity(checkpoint),
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


def _identity(checkpoint: Checkpoint) -> str:
    revision = checkpoint.revision[:12]
    if not revision:
        weights = read_weights(checkpoint.folder)
        revision = "sha256:" + fingerprint(checkpoint.folder, weights)[:16]
    precision = checkpoint.quantised or checkpoint.device.dtype
    return f"{checkpoint.name}@{revision} {precision} packing/{PACKING_VERSION}"


def _read_processor(folder: Path) -> dict[str, Any]:
    path = next((folder / name for name in _PROCESSOR_FILES if (folder / name).is_file()), None)
    if path is None:
        return {}
    values = json.loads(path.read_text(encoding="utf-8"))
    return values if isinstance(values, dict) else {}
