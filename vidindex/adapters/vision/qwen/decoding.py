"""Decode one reply: choose the next token, detect the end, assemble the text.

Uses neither the model nor the other replies of its batch.
"""

from typing import Any

import torch

from vidindex.adapters.vision.qwen.grammar import GrammarError, Matcher
from vidindex.adapters.vision.qwen.inputs import ModelInput
from vidindex.adapters.vision.qwen.yes_no import NO, YES, YesNoTokens
from vidindex.types import Reply, Usage


class Decoding:
    """A reply in words, free or held to a grammar, by the likeliest token each time."""

    def __init__(
        self, model_input: ModelInput, matcher: Matcher | None, tokenizer: Any, end_ids: list[int]
    ) -> None:
        self.model_input = model_input
        self.reply: Reply | None = None
        self._matcher = matcher
        self._tokenizer = tokenizer
        self._end_ids = end_ids
        self._ids: list[int] = []

    def go_on(self, logits: torch.Tensor) -> int:
        """Take the next token from `logits` (vocabulary,); `reply` is set after the last one."""
        try:
            token = self._choose(logits)
            is_end = token in self._end_ids
            is_complete = is_end or self._has_no_more(token)
        except GrammarError as error:
            self.reply = refusal(self.model_input, f"the reply's form cannot be held: {error}")
            return self._end_ids[0]
        self._ids.append(token)
        if is_complete:
            self.reply = self._finish("stop", self._ids[:-1] if is_end else self._ids)
        elif len(self._ids) == self.model_input.ask.max_tokens:
            self.reply = self._finish("length", self._ids)
        return token

    def _choose(self, logits: torch.Tensor) -> int:
        if self._matcher:
            allowed = torch.from_numpy(self._matcher.allowed()[: len(logits)])
            logits = logits.masked_fill(~allowed.to(logits.device), float("-inf"))
        return int(logits.argmax())

    def _has_no_more(self, token: int) -> bool:
        return self._matcher is not None and self._matcher.take(token)

    def _finish(self, reason: str, ids: list[int]) -> Reply:
        text = self._tokenizer.decode(
            ids, skip_special_tokens=True, clean_up_tokenization_spaces=False
        )
        return Reply(text, reason, usage(self.model_input, len(self._ids)))


class YesNoDecoding:
    """Yes or No by their shares of the first token: one forward pass, nothing more follows."""

    def __init__(self, model_input: ModelInput, tokens: YesNoTokens) -> None:
        self.model_input = model_input
        self.reply: Reply | None = None
        self._tokens = tokens

    def go_on(self, logits: torch.Tensor) -> int:
        """Read the answer off `logits` (vocabulary,); the reply is complete at once."""
        p_yes, mass = self._tokens.read(logits)
        is_yes = p_yes >= 0.5
        used = usage(self.model_input, 1)
        self.reply = Reply(YES if is_yes else NO, "stop", used, p_yes, mass)
        return self._tokens.yes[0] if is_yes else self._tokens.no[0]


def refusal(model_input: ModelInput | None, text: str) -> Reply:
    """The reply to a question that cannot be answered; `text` says why."""
    return Reply(text, "error", usage(model_input, 0) if model_input else Usage(0, 0))


def usage(model_input: ModelInput, completion_tokens: int) -> Usage:
    """Tokens of one call."""
    return Usage(len(model_input.ids), completion_tokens, model_input.vision_tokens)
