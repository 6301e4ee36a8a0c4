"""Build the dual encoder's tokenizer: one entry a word, lower-cased, padded to 16 tokens."""

import json
from pathlib import Path

from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors

from vidindex.synthetic.world.queries import GROUNDS, all_words

TEXT_TOKENS = 16
SPECIAL_TOKENS = ("<pad>", "</s>", "<unk>")


def build_tokenizer() -> Tokenizer:
    """The words of every description that the generated world can ask for; others are <unk>."""
    words = sorted({word.lower() for word in all_words()} | set(" ".join(GROUNDS.values()).split()))
    vocabulary = {word: number for number, word in enumerate([*SPECIAL_TOKENS, *words])}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="<unk>"))
    tokenizer.normalizer = normalizers.Lowercase()
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="$A </s>", special_tokens=[("</s>", 1)]
    )
    return tokenizer


def save_tokenizer(folder: Path) -> None:
    """Writes tokenizer.json and tokenizer_config.json."""
    build_tokenizer().save(str(folder / "tokenizer.json"))
    config = {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "model_max_length": TEXT_TOKENS,
        "padding_side": "right",
        "pad_token": "<pad>",
        "eos_token": "</s>",
        "unk_token": "<unk>",
        "do_lower_case": True,
    }
    (folder / "tokenizer_config.json").write_text(json.dumps(config, indent=2) + "\n")


class Words:
    """Texts as token ids, each padded or cut to 16."""

    def __init__(self) -> None:
        self._tokenizer = build_tokenizer()
        self._tokenizer.enable_truncation(TEXT_TOKENS)
        self._tokenizer.enable_padding(length=TEXT_TOKENS, pad_id=0, pad_token="<pad>")
        self.vocabulary = self._tokenizer.get_vocab_size()

    def ids(self, texts: list[str]) -> list[list[int]]:
        return [encoded.ids for encoded in self._tokenizer.encode_batch(texts)]
