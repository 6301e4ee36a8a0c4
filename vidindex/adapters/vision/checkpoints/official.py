"""Name the official Qwen2.5-VL checkpoints, and say which of them are in the model cache."""

from pathlib import Path

from huggingface_hub import constants

# "auto" takes the first of these that is here and fits; the 3B is for research use only.
AUTO_ORDER = tuple(f"Qwen/Qwen2.5-VL-{size}-Instruct" for size in ("7B", "32B", "72B", "3B"))


def cached_official() -> list[str]:
    """Those that have a folder in the Hugging Face cache, whole or not, best first.

    Opens no file, so it is known at once that there is nothing to choose from.
    """
    cache = Path(constants.HF_HUB_CACHE)
    return [name for name in AUTO_ORDER if (cache / f"models--{name.replace('/', '--')}").is_dir()]
