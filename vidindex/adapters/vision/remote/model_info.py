"""Derive limits, identity and vocabulary of a model that is served elsewhere.

From its files where they are on this machine, else from what the server says, else from
what holds for every published Qwen2.5-VL.
"""

from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache

from vidindex.adapters.checkpoints.licences import licence_of
from vidindex.adapters.endpoints.endpoint import RequestRejected
from vidindex.adapters.vision.checkpoints.catalog import read_config
from vidindex.adapters.vision.checkpoints.load import load_tokenizer
from vidindex.adapters.vision.qwen.chat_template import CONTROL_TOKENS, ChatForm
from vidindex.adapters.vision.qwen.limits import (
    MAX_FRAMES,
    MAX_VIDEO_TOKENS,
    identity_of,
    read_limits,
    with_times_as_text,
)
from vidindex.adapters.vision.qwen.patches import MAX_PIXELS, MIN_PIXELS
from vidindex.adapters.vision.remote.handshake import RemoteModel
from vidindex.adapters.vision.remote.openai_format import JPEG_QUALITY
from vidindex.errors import ModelNotFound
from vidindex.types import ModelLimits


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
    """The chat form with an unknown vocabulary: as many ids as bytes, all of them 0.

    No byte of text makes more than one token, so that a question which fits by this count fits.
    """

    def __init__(self) -> None:
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
    if served.checkpoint:
        return ChatForm(load_tokenizer(served.checkpoint)), True
    if served.is_vllm:
        try:
            return ServedChat(token_ids), True
        except RequestRejected:
            pass
    return GuessedChat(), False


def tokens_per_second(served: RemoteModel) -> float:
    """How fast temporal positions run."""
    if served.checkpoint is None:
        return TOKENS_PER_SECOND
    return float(read_config(served.checkpoint.folder)["vision_config"]["tokens_per_second"])


def _own_limits(served: RemoteModel) -> ModelLimits:
    assert served.checkpoint is not None
    if served.is_its_own:
        return read_limits(replace(served.checkpoint, name=served.name), PRECISION)
    identity = identity_of(served.name, REVISION, PRECISION)
    return replace(read_limits(served.checkpoint), identity=identity)


def _usual_limits(served: RemoteModel) -> ModelLimits:
    return ModelLimits(
        identity=identity_of(served.name, REVISION, PRECISION),
        licence=licence_of(served.name, None),
        context_tokens=served.context_tokens,
        max_frames=MAX_FRAMES,
        min_pixels=MIN_PIXELS,
        max_pixels=MAX_PIXELS,
        max_video_tokens=MAX_VIDEO_TOKENS,
    )
