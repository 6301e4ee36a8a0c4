"""Locate a checkpoint on this machine: a folder, or a repository in the Hugging Face cache."""

from pathlib import Path

import huggingface_hub
from huggingface_hub import constants
from huggingface_hub.errors import HFValidationError


def locate(name: str) -> tuple[Path, str] | None:
    """The folder of a checkpoint and its commit, "" for a plain folder; None without one."""
    folder = Path(name).expanduser()
    if folder.is_dir():
        return folder.resolve(), ""
    try:
        config = huggingface_hub.try_to_load_from_cache(
            name, "config.json", cache_dir=constants.HF_HUB_CACHE
        )
    except HFValidationError:
        config = None
    return (Path(config).parent, Path(config).parent.name) if isinstance(config, str) else None
