"""The small clips and the tokenizer that the golden tensors were made of; imports no vidindex.

Shared by `make_goldens.py`, which runs the reference processors once in an environment
of its own, and by the tests, which hold vidindex to what those wrote down.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers
from transformers import PreTrainedTokenizerFast

GOLDEN_FOLDER = Path(__file__).parents[1] / "golden"
SYSTEM = "You are a helpful assistant."
MIN_PIXELS, MAX_PIXELS = 56 * 56, 112 * 112

SPECIAL_TOKENS = (
    "<|endoftext|>",
    "<|im_start|>",
    "<|im_end|>",
    "<|vision_start|>",
    "<|vision_end|>",
    "<|vision_pad|>",
    "<|image_pad|>",
    "<|video_pad|>",
)
# As published with Qwen2.5-VL.
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

THOUGHTS = ("<think>", "</think>")

# What the published templates do with one question about pictures, without tools and history.
_QUESTION = (
    "{% for message in messages %}<|im_start|>{{ message.role }}\n"
    "{% if message.content is string %}{{ message.content }}{% else %}"
    "{% for one in message.content %}"
    "{% if one.type == 'image' or 'image' in one or 'image_url' in one %}"
    "<|vision_start|><|image_pad|><|vision_end|>"
    "{% elif one.type == 'video' or 'video' in one %}"
    "<|vision_start|><|video_pad|><|vision_end|>"
    "{% elif 'text' in one %}{{ one.text }}{% endif %}{% endfor %}{% endif %}<|im_end|>\n"
    "{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n"
)
QWEN3_TEMPLATE = _QUESTION + "{% endif %}"
THINKING_TEMPLATE = _QUESTION + "<think>\n{% endif %}"
HYBRID_TEMPLATE = _QUESTION + (
    "{% if enable_thinking is defined and enable_thinking is false %}<think>\n\n</think>\n\n"
    "{% else %}<think>\n{% endif %}{% endif %}"
)


@dataclass(frozen=True)
class GoldenCase:
    """One clip (or, without fps, one picture) and the question put to it."""

    name: str
    frames: int
    height: int
    width: int
    fps: float | None
    prompt: str

    @property
    def path(self) -> Path:
        return GOLDEN_FOLDER / f"{self.name}.npz"

    @property
    def pictures(self) -> npt.NDArray[np.uint8]:
        return clip(self.frames, self.height, self.width)


CASES = (
    GoldenCase("video_native", 4, 84, 56, 2.0, "Does it move? Answer Yes or No."),
    GoldenCase("video_rounded", 6, 75, 90, 1.0, "What happens?"),
    GoldenCase("video_odd_frames", 3, 61, 120, 4.0, "Was passiert? Größe, 例えば…"),
    GoldenCase("video_shrunk", 4, 200, 300, 0.5, "Describe\n\nthe video."),
    GoldenCase("video_grown", 2, 20, 33, 2.0, "When?"),
    GoldenCase("image", 1, 75, 50, None, "Outline the square."),
)

# Sides for patches of 16 pixels; none is outside of the processors' bounds.
QWEN3_MIN_PIXELS, QWEN3_MAX_PIXELS = 64 * 64, 160 * 160
QWEN3_CASES = (
    GoldenCase("qwen3_video_native", 4, 64, 96, 2.0, "Does it move? Answer Yes or No."),
    GoldenCase("qwen3_video_odd_frames", 3, 64, 64, 4.0, "Was passiert? Größe, 例えば…"),
    GoldenCase("qwen3_video_rounded", 6, 75, 90, 0.5, "Describe\n\nthe video."),
    GoldenCase("qwen3_image", 1, 75, 70, None, "Outline the square."),
)


def clip(frames: int, height: int, width: int) -> npt.NDArray[np.uint8]:
    """A square moving over a slope of colours, with some grain: integers only, no chance."""
    t, y, x = np.ogrid[:frames, :height, :width]
    grain = (7 * x + 13 * y + 29 * t) * (x + 3 * y + 1) % 23
    planes = [(255 * x) // width + 0 * y + 0 * t, (255 * y) // height + 0 * x + 0 * t, 90 + grain]
    pictures = np.stack(np.broadcast_arrays(*planes), axis=-1)
    inside = (abs(x - width * (t + 1) // (frames + 1)) < width // 6) & (abs(y - height // 2) < 12)
    pictures[inside] = (230, 20, 40)
    return np.asarray(pictures % 256, dtype=np.uint8)


def byte_tokenizer() -> PreTrainedTokenizerFast:
    """Qwen's special tokens over plain bytes, with Yes and No as the only longer words."""
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    words = [*alphabet, "Ye", "Yes", "No"]
    merges = [("Y", "e"), ("Ye", "s"), ("N", "o")]
    tokenizer = Tokenizer(models.BPE(vocab={w: i for i, w in enumerate(words)}, merges=merges))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens([AddedToken(word, special=True) for word in SPECIAL_TOKENS])
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        eos_token="<|im_end|>",
        pad_token="<|endoftext|>",
        chat_template=CHAT_TEMPLATE,
    )


def qwen3_tokenizer(template: str) -> PreTrainedTokenizerFast:
    """Plain bytes with Qwen's signs and those around a thought, which are no special tokens."""
    tokenizer = byte_tokenizer()
    tokenizer.add_tokens([AddedToken(word, special=False, normalized=False) for word in THOUGHTS])
    tokenizer.chat_template = template
    return tokenizer


def messages(case: GoldenCase) -> list[dict[str, object]]:
    """The question as chat messages: pictures first, then the words."""
    kind = "image" if case.fps is None else "video"
    content = [{"type": kind}, {"type": "text", "text": case.prompt}]
    return [{"role": "system", "content": SYSTEM}, {"role": "user", "content": content}]
