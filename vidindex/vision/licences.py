"""Under which licence a checkpoint may be used: a table of the well-known, else its own card."""

from pathlib import Path

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


def licence_of(name: str, folder: Path) -> str:
    """The licence of checkpoint `name`; what the card in `folder` states where it is not known."""
    return KNOWN.get(name) or _stated(folder / "README.md")


def _stated(card: Path) -> str:
    if not card.is_file():
        return "not stated (no model card)"
    try:
        data = ModelCard.load(card, ignore_metadata_errors=True).data
    except (ValueError, OSError):
        return "not stated (the model card cannot be read)"
    name = data.get("license_name") if data.license in {None, "other"} else data.license
    return f"{name} (by its model card)" if name else "not stated in its model card"
