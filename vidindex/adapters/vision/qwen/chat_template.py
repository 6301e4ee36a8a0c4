"""Encode a question as token ids of Qwen's chat template.

The same ids as the published chat template gives: system words, then the user's turn
with the pictures first, or each behind its time. Words are encoded apart from the
control tokens, so that a query which contains `<|im_end|>` or `<|video_pad|>` stays a query.
"""

from collections.abc import Sequence
from typing import Any

from tokenizers import Tokenizer

from vidindex.errors import ModelNotFound

CONTROL_TOKENS = (
    "<|im_start|>",
    "<|im_end|>",
    "<|vision_start|>",
    "<|vision_end|>",
    "<|image_pad|>",
    "<|video_pad|>",
)


class ChatForm:
    """Token ids of questions, for one tokenizer."""

    def __init__(self, tokenizer: Any, reply_prefix: str = "") -> None:
        """tokenizer: a fast Hugging Face tokenizer; ModelNotFound where it is not Qwen's kind.

        reply_prefix: what its template puts before the model's own words.
        """
        self._words = Tokenizer.from_str(tokenizer.backend_tokenizer.to_str())
        self._words.encode_special_tokens = True
        self._reply_prefix = reply_prefix
        ids = {name: self._words.token_to_id(name) for name in CONTROL_TOKENS}
        self._control = {name: number for name, number in ids.items() if number is not None}
        missing = ids.keys() - self._control.keys()
        if missing:
            raise ModelNotFound(
                f"the tokenizer lacks {', '.join(sorted(missing))}", "name a whole Qwen checkpoint"
            )

    def question(
        self, system: str, prompt: str, *, is_video: bool, places: int
    ) -> tuple[list[int], int]:
        """(ids up to where the reply begins, index of the first of `places` picture tokens)."""
        before = [*self._to_user(system, ""), self._control["<|vision_start|>"]]
        pictures = [self._control["<|video_pad|>" if is_video else "<|image_pad|>"]] * places
        after = [self._control["<|vision_end|>"], *self._to_reply(prompt)]
        return [*before, *pictures, *after], len(before)

    def grouped_question(
        self, system: str, prompt: str, times: Sequence[str], *, places: int
    ) -> tuple[list[int], list[int]]:
        """As `question`, with a group of frames of `places` tokens behind each of `times`.

        The whole clip is between the marks of a video, and so is each group: as transformers has
        written it since 5.10, and vLLM with it. The indices are those of each first token.
        """
        before, after = self._control["<|vision_start|>"], self._control["<|vision_end|>"]
        pad = [self._control["<|video_pad|>"]] * places
        ids, starts = [*self._to_user(system, ""), before], []
        for words in times:
            ids += [*self.words(words), before]
            starts.append(len(ids))
            ids += [*pad, after]
        return [*ids, after, *self._to_reply(prompt)], starts

    def timed_question(
        self, system: str, prompt: str, times: Sequence[str], *, places: int
    ) -> tuple[list[int], list[int]]:
        """As `question`, with a picture of `places` tokens behind each of `times`.

        The indices are those of each picture's first token.
        """
        pad = [self._control["<|image_pad|>"]] * places
        ids, starts = self._to_user(system, times[0]), []
        for number, words in enumerate(times):
            ids += [*(self.words(words) if number else ()), self._control["<|vision_start|>"]]
            starts.append(len(ids))
            ids += [*pad, self._control["<|vision_end|>"]]
        return ids + self._to_reply(prompt), starts

    def _to_user(self, system: str, first: str) -> list[int]:
        """Up to and with the user's `first` words."""
        start, end = self._control["<|im_start|>"], self._control["<|im_end|>"]
        return [
            *(start, *self.words(f"system\n{system}"), end, *self.words("\n")),
            *(start, *self.words(f"user\n{first}")),
        ]

    def _to_reply(self, prompt: str) -> list[int]:
        """The user's last words, and the beginning of the reply."""
        start, end = self._control["<|im_start|>"], self._control["<|im_end|>"]
        head = self.words(f"assistant\n{self._reply_prefix}")
        return [*self.words(prompt), end, *self.words("\n"), start, *head]

    @property
    def end_id(self) -> int:
        """The token that ends a turn."""
        return self._control["<|im_end|>"]

    def words(self, text: str) -> list[int]:
        """Ids of plain words; nothing in them is taken for a control token."""
        return list(self._words.encode(text, add_special_tokens=False).ids)
