"""Derive limits, identity and vocabulary of a model that is served elsewhere.

From its files where they are on this machine, else from what the server says, else from
what holds for every published model of the family that its name speaks of.
"""

from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache

from vidindex.adapters.checkpoints.licences import licence_of
from vidindex.adapters.endpoints.endpoint import RequestRejected
from vidindex.adapters.vision.checkpoints.catalog import read_config
from vidindex.adapters.vision.checkpoints.chat_template import EMPTY_THOUGHT, reply_prefix
from vidindex.adapters.vision.checkpoints.load import load_tokenizer
from vidindex.adapters.vision.qwen.chat_template import CONTROL_TOKENS, ChatForm
from vidindex.adapters.vision.qwen.limits import (
    identity_of,
    read_family,
    read_limits,
    tokens_per_second,
    with_times_as_text,
)
from vidindex.adapters.vision.remote.handshake import RemoteModel
from vidindex.adapters.vision.remote.openai_format import JPEG_QUALITY
from vidindex.core.families import QWEN25_FAMILY, Family, family_in_name
from vidindex.errors import ModelNotFound
from vidindex.types import ModelLimits


class ServedChat(ChatForm):
    """The chat form in a vocabulary that the server itself is asked for."""

    def __init__(self, token_ids: Callable[[str], list[int]], reply_prefix: str = "") -> None:
        """token_ids: of any text, control tokens included; ModelNotFound where it lacks these."""
        self._reply_prefix = reply_prefix
        self._token_ids = lru_cache(maxsize=4096)(token_ids)
        self._control = {}
        for name in CONTROL_TOKENS:
            ids = self._token_ids(name)
            if len(ids) != 1:
                raise ModelNotFound(
                    f"its vocabulary lacks {name}", "serve a model of a Qwen family"
                )
            self._control[name] = ids[0]

    def words(self, text: str) -> list[int]:
        """Ids of plain words; `server_wire` lets none through that hold control tokens."""
        return list(self._token_ids(text))


class GuessedChat(ChatForm):
    """The chat form with an unknown vocabulary: as many ids as bytes, all of them 0.

    No byte of text makes more than one token, so that a question which fits by this count fits.
    """

    def __init__(self, reply_prefix: str = "") -> None:
        self._reply_prefix = reply_prefix
        self._control = dict.fromkeys(CONTROL_TOKENS, 0)

    def words(self, text: str) -> list[int]:
        return [0] * len(text.encode())


# A server does not say in which precision it computes, nor mostly which revision it loaded.
PRECISION, REVISION = "served", "as-served"
TOKENS_PER_SECOND = 2.0


def limits_of(served: RemoteModel, *, times_as_text: bool) -> ModelLimits:
    """As of every backend, within the context that the server was started with.

    The identity is that of the model, not of the server: replicas share their replies.
    """
    limits = _own_limits(served) if served.checkpoint else _usual_limits(served)
    context = min(limits.context_tokens, served.context_tokens)
    limits = replace(
        limits,
        context_tokens=context,
        max_video_tokens=min(limits.max_video_tokens, context // 2),
    )
    if not served.is_vllm:
        limits = replace(limits, identity=f"{limits.identity} jpeg/{JPEG_QUALITY}")
    return with_times_as_text(limits) if times_as_text else limits


def chat_of(served: RemoteModel, token_ids: Callable[[str], list[int]]) -> tuple[ChatForm, bool]:
    """The chat form of its vocabulary, and whether it counts to the token.

    token_ids: asks the server; raises Refused where it does not say.
    """
    family = family_of(served)
    if served.checkpoint:
        prefix = reply_prefix(served.checkpoint.folder, family)
        return ChatForm(load_tokenizer(served.checkpoint), prefix), True
    prefix = EMPTY_THOUGHT if family.is_hybrid else ""
    if served.is_vllm:
        try:
            return ServedChat(token_ids, prefix), True
        except RequestRejected:
            pass
    return GuessedChat(prefix), False


def family_of(served: RemoteModel) -> Family:
    """The family of its files, else of its name; Qwen2.5-VL where neither says."""
    if served.checkpoint:
        return read_family(served.checkpoint)
    return family_in_name(f"{served.name} {served.root}") or QWEN25_FAMILY


def time_scale(served: RemoteModel) -> float:
    """How many temporal positions a second is, of families that tell times by them."""
    if served.checkpoint is None:
        return TOKENS_PER_SECOND
    return tokens_per_second(read_config(served.checkpoint.folder))


def _own_limits(served: RemoteModel) -> ModelLimits:
    assert served.checkpoint is not None
    if served.is_its_own:
        return read_limits(replace(served.checkpoint, name=served.name), PRECISION)
    return replace(read_limits(served.checkpoint), identity=_identity_of_served(served))


def _identity_of_served(served: RemoteModel) -> str:
    is_told = family_of(served).is_hybrid
    return identity_of(served.name, REVISION, PRECISION, is_told_not_to_think=is_told)


def _usual_limits(served: RemoteModel) -> ModelLimits:
    family = family_of(served)
    return ModelLimits(
        identity=_identity_of_served(served),
        licence=licence_of(served.name, None),
        context_tokens=served.context_tokens,
        max_frames=family.max_frames,
        min_pixels=family.min_pixels,
        max_pixels=family.max_pixels,
        max_video_tokens=family.max_video_tokens,
        family=family.name,
    )
