"""Pack texts for a dual encoder: case, tokens and padding as its family wants them.

SigLIP was trained on lower-cased texts padded to their full length, whose last position makes
the vector: with other padding, or capitals, the vectors mean something else.
"""

import re
import string
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from vidindex.adapters.embed_frames.checkpoint import DualEncoderFiles
from vidindex.errors import ModelNotFound

_PUNCTUATION = str.maketrans("", "", string.punctuation)


class TextPacking:
    """The tokenizer of one checkpoint."""

    def __init__(self, files: DualEncoderFiles) -> None:
        self._pads = files.family == "siglip"
        settings = files.read("tokenizer_config.json")
        self._strips = settings.get("tokenizer_class") in {"SiglipTokenizer", "SiglipTokenizerFast"}
        self.max_tokens = int(files.config["text_config"].get("max_position_embeddings") or 0)
        self.max_tokens = self.max_tokens or (64 if self._pads else 77)
        self._tokenizer = _load(files, bare=self._strips)

    def pack(self, text: str) -> dict[str, Any]:
        """Tensors of one text, at most `max_tokens` long, as the text half takes them."""
        packed = self._tokenizer(
            self.normalised(text),
            padding="max_length" if self._pads else False,
            max_length=self.max_tokens,
            truncation=True,
            return_tensors="pt",
        )
        # SigLIP attends to its padding, as it did in training.
        wanted = ("input_ids",) if self._pads else ("input_ids", "attention_mask")
        return {name: packed[name] for name in wanted}

    def can_read(self, text: str) -> bool:
        """Whether no word of it is outside of the vocabulary."""
        unknown = self._tokenizer.unk_token
        if unknown is None or unknown in (self._tokenizer.eos_token, self._tokenizer.pad_token):
            return True  # pieces down to bytes: CLIP only names such a token
        known = self._tokenizer(self.normalised(text), truncation=True, max_length=self.max_tokens)
        return self._tokenizer.unk_token_id not in known["input_ids"]

    def normalised(self, text: str) -> str:
        """In lower case for SigLIP; for its first release also without punctuation."""
        if not self._pads:
            return text
        lower = text.lower()
        return re.sub(r"\s+", " ", lower.translate(_PUNCTUATION)).strip() if self._strips else lower


@contextmanager
def quiet_loading() -> Iterator[None]:
    """Keep transformers silent while it loads: its notes are of the half or ids that are not used.

    Its progress bar would interrupt the caller's.
    """
    from transformers.utils import logging

    verbosity = logging.get_verbosity()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        logging.set_verbosity(verbosity)


def _load(files: DualEncoderFiles, *, bare: bool) -> Any:
    """bare: SigLIP's own class needs sentencepiece; tokenizer.json holds the same vocabulary."""
    from transformers import AutoTokenizer, PreTrainedTokenizerFast

    kind = PreTrainedTokenizerFast if bare else AutoTokenizer
    try:
        with quiet_loading():
            return kind.from_pretrained(
                files.folder, local_files_only=True, trust_remote_code=False
            )
    except (OSError, ValueError, KeyError, ImportError, TypeError) as error:
        raise ModelNotFound(
            f"picture model {files.name}: its tokenizer cannot be loaded:"
            f" {str(error).strip().splitlines()[0]}",
            "fetch the checkpoint again",
        ) from error
