"""Build the bundled model's tokenizer: a small byte-level BPE in Qwen's form.

The fixed wording of the product's prompts and of its JSON replies are single entries of
the vocabulary, so that a question costs a dozen tokens on a model this small. All other
text falls back to words, and any bytes at all to bytes.
"""

import json
from pathlib import Path

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, pre_tokenizers, trainers

from vidindex.adapters.vision.qwen.limits import QUERY_WORDS
from vidindex.core.prompts.profile import QWEN25_VL, PromptProfile
from vidindex.synthetic.clips import all_combinations, caption_of
from vidindex.synthetic.descriptions import PARAPHRASES, query_words

SPECIAL_TOKENS = (
    "<|endoftext|>",
    "<|im_start|>",
    "<|im_end|>",
    "<|object_ref_start|>",
    "<|object_ref_end|>",
    "<|box_start|>",
    "<|box_end|>",
    "<|quad_start|>",
    "<|quad_end|>",
    "<|vision_start|>",
    "<|vision_end|>",
    "<|vision_pad|>",
    "<|image_pad|>",
    "<|video_pad|>",
)
REPLY_PHRASES = (
    '[{"start_time":"',
    '"},{"start_time":"',
    '","end_time":"',
    '","description":"',
    '"}]',
    '[{"bbox_2d":[',
    '"},{"bbox_2d":[',
    '],"label":"',
    "00:",
    ".00",
    ".25",
    ".50",
    ".75",
)
WORDS = (
    "system user assistant Yes No Yes No a the something shape object a the something "
    "red green blue yellow purple white circle square triangle cross shape object red green "
    "blue yellow purple white circle square triangle cross ,"
)
QWEN_SPLIT = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}"
    r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
CHAT_TEMPLATE = (
    "{% set image_count = namespace(value=0) %}{% set video_count = namespace(value=0) %}"
    "{% for message in messages %}{% if loop.first and message['role'] != 'system' %}"
    "<|im_start|>system\nYou are a helpful assistant.<|im_end|>\n{% endif %}"
    "<|im_start|>{{ message['role'] }}\n{% if message['content'] is string %}"
    "{{ message['content'] }}<|im_end|>\n{% else %}{% for content in message['content'] %}"
    "{% if content['type'] == 'image' or 'image' in content or 'image_url' in content %}"
    "{% set image_count.value = image_count.value + 1 %}"
    "{% if add_vision_id %}Picture {{ image_count.value }}: {% endif %}"
    "<|vision_start|><|image_pad|><|vision_end|>"
    "{% elif content['type'] == 'video' or 'video' in content %}"
    "{% set video_count.value = video_count.value + 1 %}"
    "{% if add_vision_id %}Video {{ video_count.value }}: {% endif %}"
    "<|vision_start|><|video_pad|><|vision_end|>"
    "{% elif 'text' in content %}{{ content['text'] }}{% endif %}{% endfor %}<|im_end|>\n"
    "{% endif %}{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


def prompt_phrases(profile: PromptProfile) -> list[str]:
    """The fixed parts of every prompt: the words before and after the query."""
    phrases = [profile.system, profile.segment]
    for prompt in (profile.ground, profile.yes_no, profile.box):
        phrases += prompt.split("{query}")
    return phrases


def build_tokenizer() -> Tokenizer:
    """Trains the merges on the scenes' own words; the same input gives the same file."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(QWEN_SPLIT), behavior="isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=2_000,
        min_frequency=1,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(_corpus(), trainer)
    phrases = [*prompt_phrases(QWEN25_VL), *REPLY_PHRASES]
    tokenizer.add_special_tokens([AddedToken(token, special=True) for token in SPECIAL_TOKENS])
    tokenizer.add_tokens([AddedToken(phrase, normalized=False) for phrase in phrases])
    return tokenizer


def save_tokenizer(folder: Path) -> None:
    """Write the tokenizer's files, the chat template and the words of queries."""
    (folder / QUERY_WORDS).write_text("\n".join(query_words()) + "\n", encoding="utf-8")
    build_tokenizer().save(str(folder / "tokenizer.json"))
    config = {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "model_max_length": 4096,
        "eos_token": "<|im_end|>",
        "pad_token": "<|endoftext|>",
        "bos_token": None,
        "unk_token": None,
        "clean_up_tokenization_spaces": False,
        "additional_special_tokens": list(SPECIAL_TOKENS[1:]),
        "chat_template": CHAT_TEMPLATE,
    }
    (folder / "tokenizer_config.json").write_text(json.dumps(config, indent=2) + "\n")
    (folder / "chat_template.json").write_text(
        json.dumps({"chat_template": CHAT_TEMPLATE}, indent=2) + "\n"
    )


def _corpus() -> list[str]:
    captions = [caption_of(c) for held in (False, True) for c in all_combinations(held)]
    spoken = [f"a {text}" for texts in PARAPHRASES.values() for text in texts]
    return [*captions, *spoken, *WORDS.split(), WORDS]
