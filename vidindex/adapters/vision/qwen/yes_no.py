"""Read Yes or No off the first token's distribution.

p = P(Yes) / (P(Yes) + P(No)) over every single-token spelling, as in VQAScore
(https://arxiv.org/abs/2404.01291); the mass P(Yes) + P(No) shows whether the model was
answering the question at all.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch

from vidindex.errors import ModelNotFound

YES, NO = "Yes", "No"


@dataclass(frozen=True, slots=True)
class YesNoTokens:
    """Token ids of all spellings of Yes and of No in one vocabulary."""

    yes: tuple[int, ...]
    no: tuple[int, ...]

    @classmethod
    def of(cls, words: Callable[[str], list[int]]) -> "YesNoTokens":
        """Spellings that are one token; ModelNotFound where a vocabulary has none."""
        tokens = cls(_single(words, YES), _single(words, NO))
        if not (tokens.yes and tokens.no):
            raise ModelNotFound("the tokenizer has no single token for Yes or for No")
        return tokens

    @property
    def ids(self) -> list[int]:
        """Every spelling of either."""
        return [*self.yes, *self.no]

    def read(self, logits: torch.Tensor) -> tuple[float, float]:
        """(p_yes, mass) of the first reply token's logits, shape (vocabulary,)."""
        shares = logits.double().softmax(dim=-1)
        return self.of_shares({token: float(shares[token]) for token in self.ids})

    def of_shares(self, shares: Mapping[int, float]) -> tuple[float, float]:
        """(p_yes, mass) of the first reply token's probabilities, of all of `ids` at least."""
        yes, no = (sum(shares[token] for token in ids) for ids in (self.yes, self.no))
        return p_yes_of(yes, no)


def asks_yes_no(choices: tuple[str, ...]) -> bool:
    """Whether these are the two choices whose probability is wanted."""
    return set(choices) == {YES, NO}


def p_yes_of(yes: float, no: float) -> tuple[float, float]:
    """(p_yes, mass) of the probabilities of all spellings of either."""
    return (yes / (yes + no) if yes + no else 0.5), yes + no


def spellings(word: str) -> list[str]:
    """How a reply may begin that says `word`."""
    return [space + form for form in (word, word.lower(), word.upper()) for space in ("", " ")]


def _single(words: Callable[[str], list[int]], word: str) -> tuple[int, ...]:
    encoded = [words(spelling) for spelling in spellings(word)]
    return tuple(sorted({ids[0] for ids in encoded if len(ids) == 1}))
