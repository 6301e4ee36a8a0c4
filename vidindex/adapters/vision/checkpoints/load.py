"""Load a whole checkpoint onto its device."""

import importlib.util
from typing import Any

import torch

from vidindex.adapters.vision.checkpoints.catalog import Checkpoint
from vidindex.errors import MissingPackage, ModelNotFound, ModelTooLarge


def load_model(checkpoint: Checkpoint) -> Any:
    """The checkpoint as a transformers model, on its device; nothing is downloaded.

    Raises ModelNotFound where its files contradict each other, ModelTooLarge where memory ends,
    MissingPackage where it is quantised in a way that needs one.
    """
    try:
        model, missing, unexpected = _read(checkpoint)
        model = model.to(checkpoint.device.kind)
    except ImportError as error:
        raise MissingPackage(f"model {checkpoint.name}: {error}") from error
    except torch.OutOfMemoryError as error:
        raise ModelTooLarge(
            f"model {checkpoint.name} does not fit, {checkpoint.device}", "take a smaller size"
        ) from error
    except (OSError, ValueError, KeyError, RuntimeError) as error:
        raise ModelNotFound(
            f"model {checkpoint.name} cannot be loaded: {str(error).strip().splitlines()[0]}",
            "fetch the checkpoint again",
        ) from error
    if missing:
        # transformers would fill them with random numbers and go on.
        raise ModelNotFound(
            f"model {checkpoint.name} lacks {len(missing)} tensors ({missing[0]}, …)",
            "fetch the checkpoint again",
        )
    if unexpected and not checkpoint.quantised:
        raise ModelNotFound(
            f"model {checkpoint.name} holds {len(unexpected)} tensors that a {checkpoint.family} "
            f"has no place for ({unexpected[0]}, …)",
            "its config.json is of another model: fetch the checkpoint again",
        )
    return model.eval().requires_grad_(False)


def load_tokenizer(checkpoint: Checkpoint) -> Any:
    """The checkpoint's fast tokenizer."""
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(checkpoint.folder, local_files_only=True)


def _read(checkpoint: Checkpoint) -> tuple[Any, list[str], list[str]]:
    from transformers import AutoModelForImageTextToText
    from transformers.utils import logging

    # Its bar would interrupt the caller's progress lines.
    logging.disable_progress_bar()
    model, report = AutoModelForImageTextToText.from_pretrained(
        checkpoint.folder,
        dtype=getattr(torch, checkpoint.device.dtype),
        attn_implementation=_attention(checkpoint.device.kind),
        local_files_only=True,
        use_safetensors=True,
        trust_remote_code=False,
        output_loading_info=True,
    )
    return model, sorted(report["missing_keys"]), sorted(report["unexpected_keys"])


def _attention(kind: str) -> str:
    has_flash = kind == "cuda" and importlib.util.find_spec("flash_attn") is not None
    return "flash_attention_2" if has_flash else "sdpa"
