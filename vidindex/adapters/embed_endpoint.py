"""Turn texts into vectors at an OpenAI-compatible endpoint (/v1/embeddings)."""

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from vidindex.adapters.endpoints.endpoint import BadResponse, RequestRejected
from vidindex.adapters.endpoints.single import SingleEndpoint
from vidindex.core.prompts.text_models import TextModelFacts, facts_of
from vidindex.errors import ModelError
from vidindex.types import EmbeddingSpace

BATCH = 64
MAX_CHARACTERS, MIN_CHARACTERS = 1500, 100
"""A text is cut to so many, as models that read 512 tokens do; where the server says that this is
too long, to half of it, down to the least."""

Rows = npt.NDArray[np.float32]
Kind = Literal["query", "passage"]


class EndpointEmbedder:
    """An `Embedder` behind one endpoint; texts are sent there and nowhere else.

    Whether the model reads a script is not known here: every letter and digit counts as read.
    """

    def __init__(
        self, endpoint: str, model: str, *, environment: Mapping[str, str] = os.environ
    ) -> None:
        """model: "auto" or the name it is served under. Raises InputError for a wrong address."""
        self._endpoint = SingleEndpoint(endpoint, timeout_s=120.0, environment=environment)
        self._wanted = model

    @cached_property
    def space(self) -> EmbeddingSpace:
        """The vector space, found by embedding a word; what is served has no revision.

        Raises ModelError where the endpoint does not answer.
        """
        (row,) = self._ask(["word"], "passage")
        return EmbeddingSpace(model=self._model.rsplit("/", 1)[-1], revision="served", dim=len(row))

    def can_read(self, texts: Sequence[str]) -> npt.NDArray[np.bool_]:
        return np.array([any(map(str.isalnum, text)) for text in texts], np.bool_)

    def embed_documents(self, texts: Sequence[str]) -> Rows:
        return self._rows(texts, "passage")

    def embed_queries(self, texts: Sequence[str]) -> Rows:
        return self._rows(texts, "query")

    @cached_property
    def _model(self) -> str:
        return self._endpoint.model(self._wanted)

    @cached_property
    def _facts(self) -> TextModelFacts:
        return facts_of(self._model)

    def _rows(self, texts: Sequence[str], kind: Kind) -> Rows:
        prompt = self._facts.query_prompt if kind == "query" else self._facts.passage_prompt
        cut = [prompt + text.strip()[:MAX_CHARACTERS] for text in texts]
        some = (cut[begin : begin + BATCH] for begin in range(0, len(cut), BATCH))
        found = [row for texts_together in some for row in self._some(texts_together, kind)]
        return np.array(found, np.float32).reshape(len(texts), self.space.dim)

    def _some(self, texts: Sequence[str], kind: Kind) -> Iterator[Rows]:
        """Vectors of some texts; where all together are refused, of one after the other."""
        try:
            yield from self._ask(texts, kind)
            return
        except RequestRejected as error:
            if len(texts) == 1 and len(texts[0]) <= MIN_CHARACTERS:
                raise ModelError(
                    f"endpoint {self._endpoint.address.url} does not embed texts ({error})",
                    "check the address and the name of the model (--embedder)",
                ) from error
        for text in texts:
            yield from self._some([text[: len(text) // 2] if len(texts) == 1 else text], kind)

    def _ask(self, texts: Sequence[str], kind: Kind) -> Rows:
        body: dict[str, Any] = {"model": self._model, "input": list(texts)}
        if self._facts.sends_kind:
            body["input_type"] = kind
        return self._endpoint.post(
            "/embeddings", json.dumps(body).encode(), lambda reply: _vectors(reply, len(texts))
        )


def _vectors(reply: Any, count: int) -> Rows:
    """Unit vectors in the order of the texts. Raises BadResponse for anything else."""
    try:
        data = sorted(reply["data"], key=lambda one: one["index"])
        rows = np.array([one["embedding"] for one in data], np.float32)
    except (KeyError, TypeError, ValueError) as error:
        raise BadResponse("its answer is not a list of embeddings") from error
    if rows.ndim != 2 or len(rows) != count or not np.isfinite(rows).all():
        raise BadResponse(f"it gives {rows.shape} numbers for {count} texts")
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    if not lengths.all():
        raise BadResponse("it gives a vector of zeros")
    unit: Rows = rows / lengths
    return unit
