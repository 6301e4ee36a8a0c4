"""Look up the licence of a checkpoint: a table of known ones, else its own card."""

from pathlib import Path
from typing import Any

from huggingface_hub import ModelCard

_RESEARCH = "Qwen Research License (no commercial use)"
_QWEN = "Qwen License (commercial use limited by number of users)"
_APACHE = "Apache-2.0"
_OF_SIZE = {"3B": _RESEARCH, "7B": _APACHE, "32B": _APACHE, "72B": _QWEN}

KNOWN = {
    "bundled": "Apache-2.0 (trained for vidindex on generated clips)",
    **{f"Qwen/Qwen2.5-VL-{size}-Instruct": licence for size, licence in _OF_SIZE.items()},
    **{f"Qwen/Qwen2.5-VL-{size}-Instruct-AWQ": licence for size, licence in _OF_SIZE.items()},
}


def licence_of(name: str, card_data: Any) -> str:
    """The licence of checkpoint `name`: as known, else as its card says.

    card_data: a huggingface_hub ModelCardData, None where there is no card.
    """
    if name in KNOWN:
        return KNOWN[name]
    stated = getattr(card_data, "license", None)
    named = getattr(card_data, "license_name", None) if stated in {None, "other"} else stated
    return f"{named or stated} (by its model card)" if named or stated else "not stated"


def read_card_data(folder: Path) -> Any:
    """What the model card in `folder` states; None without a readable one."""
    try:
        return ModelCard.load(folder / "README.md", ignore_metadata_errors=True).data
    except (ValueError, OSError):
        return None
