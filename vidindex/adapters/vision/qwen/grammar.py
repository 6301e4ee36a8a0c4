"""Constrain a reply to a JSON schema or to given choices, token by token.

llguidance computes which tokens may follow. JSON is written without free whitespace,
so that no budget is lost on blanks.
"""

import json
from typing import Any

import llguidance
import llguidance.hf
import numpy as np
import numpy.typing as npt

from vidindex.types import Ask

_COMPACT = {"item_separator": ",", "key_separator": ":", "whitespace_flexible": False}


class GrammarError(ValueError):
    """A schema or choices that a reply cannot be held to; the message says why."""


class Grammars:
    """Matchers over one tokenizer's vocabulary of `num_tokens` logits."""

    def __init__(self, tokenizer: Any, num_tokens: int, end_ids: list[int]) -> None:
        self._tokens = llguidance.hf.from_tokenizer(tokenizer, num_tokens, end_ids)

    def matcher(self, ask: Ask) -> "Matcher | None":
        """A fresh matcher of `ask`, None where any text will do.

        Raises GrammarError where its schema cannot be held to.
        """
        if ask.schema is not None:
            text = llguidance.LLMatcher.grammar_from_json_schema(
                json.dumps(ask.schema), overrides=_COMPACT
            )
        elif ask.choices:
            options = " | ".join(json.dumps(one, ensure_ascii=False) for one in ask.choices)
            text = llguidance.LLMatcher.grammar_from_lark(f"start: {options}")
        else:
            return None
        return Matcher(llguidance.LLMatcher(self._tokens, text, log_level=0))


class Matcher:
    """The state of one reply in its grammar."""

    def __init__(self, matcher: Any) -> None:
        self._matcher = matcher
        self._require_sound()

    def allowed(self) -> npt.NDArray[np.bool_]:
        """Which tokens may come next, shape (vocabulary rounded up to 32,)."""
        bits = np.frombuffer(self._matcher.compute_bitmask(), dtype=np.uint8)
        self._require_sound()
        return np.unpackbits(bits, bitorder="little").astype(np.bool_)

    def take(self, token: int) -> bool:
        """Move on by `token`; True where nothing can follow it."""
        self._matcher.consume_token(token)
        self._require_sound()
        return bool(self._matcher.is_stopped())

    def _require_sound(self) -> None:
        if self._matcher.is_error():
            raise GrammarError(self._matcher.get_error().strip().splitlines()[0])
