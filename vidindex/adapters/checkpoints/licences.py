"""Look up the licence of a checkpoint: a table of known ones, else its own card."""

import re
from pathlib import Path
from typing import Any

from huggingface_hub import ModelCard

_RESEARCH = "Qwen Research License (no commercial use)"
_QWEN = "Qwen License (commercial use limited by number of users)"
_APACHE = "Apache-2.0"
_TIMELENS = "TimeLens licence: academic use only, not within the European Union"
_OWN_LICENCE = re.compile(r"timelens-[78]b", re.IGNORECASE)
_APACHE_ONLY = re.compile(r"Qwen/Qwen3(-VL|\.5)-")
_OF_SIZE = {"3B": _RESEARCH, "7B": _APACHE, "32B": _APACHE, "72B": _QWEN}

KNOWN = {
    **dict.fromkeys(
        (
            f"google/siglip2-{size}"
            for size in ("base-patch32-256", "base-patch16-224", "so400m-patch14-384")
        ),
        _APACHE,
    ),
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
    if _OWN_LICENCE.search(name):
        # Its LICENSE file; the label on its card says less.
        return _TIMELENS
    if card_data is None and _APACHE_ONLY.match(name):
        return _APACHE
    stated = getattr(card_data, "license", None)
    named = getattr(card_data, "license_name", None) if stated in {None, "other"} else stated
    return f"{named or stated} (by its model card)" if named or stated else "not stated"


def is_restricted(licence: str) -> bool:
    """Whether a licence rules out some uses or users, as far as its words say so."""
    return bool(re.search(r"\b(research|academic|non-?commercial|nc|limited)\b", licence, re.I))


def read_card_data(folder: Path) -> Any:
    """What the model card in `folder` states; None without a readable one."""
    try:
        return ModelCard.load(folder / "README.md", ignore_metadata_errors=True).data
    except (ValueError, OSError):
        return None
