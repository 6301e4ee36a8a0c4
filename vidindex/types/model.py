"""Values between a question and a model, and between a text and its vector."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from vidindex.types.plan import FrameBatch
from vidindex.types.span import Span

Embedding = npt.NDArray[np.float32]
"""A unit-length vector, float32, shape (dim,)."""


@dataclass(frozen=True, slots=True)
class FrameVector:
    """The vector of one frame and the stretch over which the picture shows that.

    span: half-open, media time; from the frame's own time to where the next frame with a
    vector begins. vector: of unit length, float32, shape (dim,).
    """

    video_id: str
    span: Span
    vector: Embedding


@dataclass(frozen=True, slots=True)
class FrameHit:
    """A frame near a query vector. score: the inner product of the two, -1 to 1."""

    frame_id: int
    video_id: str
    span: Span
    score: float


@dataclass(frozen=True, slots=True)
class Ask:
    """One question about one batch of frames.

    Either `schema` (a JSON schema that the reply is held to), or `choices` (the
    reply is one of them; for Yes and No the reply carries their probability),
    or neither (free text). `key` comes back with the reply.
    """

    key: str
    system: str
    prompt: str
    frames: FrameBatch
    max_tokens: int
    schema: Mapping[str, Any] | None = None
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of one call; 0 where an endpoint does not say."""

    prompt_tokens: int
    completion_tokens: int
    vision_tokens: int = 0


@dataclass(frozen=True, slots=True)
class Reply:
    """The reply of a model.

    finish_reason: "stop", "length" (cut at max_tokens) or "error" (`text` says why).
    p_yes: P(Yes) / (P(Yes) + P(No)) at the first token; yes_no_mass: P(Yes) + P(No);
    both None unless Yes/No choices were asked for.
    """

    text: str
    finish_reason: str
    usage: Usage
    p_yes: float | None = None
    yes_no_mass: float | None = None


@dataclass(frozen=True, slots=True)
class ModelLimits:
    """What a model is and how much one call may hold.

    `identity` = name, revision, dtype and packing version: part of every cache key.
    Pixel bounds are per frame. `family` names what `core.families` knows of its kind.
    query_words: the only words of queries that it learned, in lower case; empty where its
    vocabulary is open.
    """

    identity: str
    licence: str
    context_tokens: int
    max_frames: int
    min_pixels: int
    max_pixels: int
    max_video_tokens: int
    family: str = "Qwen2.5-VL"
    query_words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class EmbeddingSpace:
    """Where vectors live; two spaces are the same only if every field is."""

    model: str
    revision: str
    dim: int
    metric: str = "inner_product"
