"""How many tokens words make in the vocabulary of a model that is served elsewhere."""

from collections.abc import Callable
from functools import lru_cache

from vidindex.adapters.vision.qwen.chat_template import CONTROL_TOKENS, ChatForm
from vidindex.errors import ModelNotFound


class ServedChat(ChatForm):
    """The chat form in a vocabulary that the server itself is asked for."""

    def __init__(self, token_ids: Callable[[str], list[int]]) -> None:
        """token_ids: of any text, control tokens included; ModelNotFound where it lacks these."""
        self._token_ids = lru_cache(maxsize=4096)(token_ids)
        self._control = {}
        for name in CONTROL_TOKENS:
            ids = self._token_ids(name)
            if len(ids) != 1:
                raise ModelNotFound(f"its vocabulary lacks {name}", "serve a Qwen2.5-VL")
            self._control[name] = ids[0]

    def words(self, text: str) -> list[int]:
        """Ids of plain words; `server_wire` lets none through that hold control tokens."""
        return list(self._token_ids(text))


class GuessedChat(ChatForm):
    """The chat form where nobody says the vocabulary: as many ids as bytes, all of them 0.

    No byte of text makes more than one token, so that a question which fits by this count fits.
    """

    def __init__(self) -> None:
        self._control = dict.fromkeys(CONTROL_TOKENS, 0)

    def words(self, text: str) -> list[int]:
        return [0] * len(text.encode())
