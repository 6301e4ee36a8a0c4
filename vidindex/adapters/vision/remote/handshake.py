"""Discover the one model that all endpoints serve.

Everything that would fail every question is reported here, once: no server, no key, another
model than was named, several, one that cannot hold a clip, a vLLM that loses frame rates.
"""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from vidindex.adapters.endpoints.endpoint import Endpoint, EndpointError, ModelCard, Unreachable
from vidindex.adapters.vision.checkpoints.catalog import Checkpoint, find
from vidindex.adapters.vision.qwen.limits import revision_of
from vidindex.adapters.vision.vllm.engine import require_version
from vidindex.core.families import family_in_name, family_named
from vidindex.errors import MissingPackage, ModelError, ModelNotFound

AUTO = "auto"
# A short clip, a question and a reply.
LEAST_CONTEXT = 1_024
# Where an endpoint does not say; the published Qwen2.5-VL take more everywhere.
USUAL_CONTEXT = 32_768
HOW_TO_SERVE = "`vidindex doctor --serve-command` prints how to start a server"
_MOST_NAMES = 8


@dataclass(frozen=True, slots=True)
class RemoteModel:
    """The model behind all endpoints. checkpoint: its files on this machine, None without any.

    is_its_own: these files are what is served, not only of the same name.
    """

    name: str
    root: str
    is_vllm: bool
    context_tokens: int
    checkpoint: Checkpoint | None
    is_its_own: bool


async def discover_model(
    endpoints: Sequence[Endpoint], wanted: str
) -> tuple[RemoteModel, dict[Endpoint, str]]:
    """What they serve, and why those do not answer that do not.

    Raises ModelError where none answers or they serve different models, ModelNotFound where
    not the one that is wanted ("auto": the only one there is).
    """
    found = await asyncio.gather(*(_card_or_why(one, wanted) for one in endpoints))
    cards = {
        one: card for one, card in zip(endpoints, found, strict=True) if isinstance(card, ModelCard)
    }
    silent = {one: why for one, why in zip(endpoints, found, strict=True) if isinstance(why, str)}
    if not cards:
        each = "; ".join(f"{one.address.url}: {why}" for one, why in silent.items())
        raise ModelError(f"no endpoint answers ({each})", f"check the address; {HOW_TO_SERVE}")
    return _same(cards), silent


async def require_same(endpoint: Endpoint, served: RemoteModel) -> None:
    """Raise Failed where an endpoint that was away does not serve `served` any more."""
    try:
        card = await _card(endpoint, served.name)
    except ModelError as error:
        raise Unreachable(error.message) from error
    differs = card.is_vllm != served.is_vllm or (served.is_its_own and card.root != served.root)
    if differs or card.context_tokens < served.context_tokens:
        raise Unreachable(
            f"it serves {card.name} from {card.root} with {card.context_tokens} tokens now, "
            f"not from {served.root} with {served.context_tokens}"
        )


async def _card_or_why(endpoint: Endpoint, wanted: str) -> ModelCard | str:
    try:
        return await _card(endpoint, wanted)
    except EndpointError as error:
        return str(error)


async def _card(endpoint: Endpoint, wanted: str) -> ModelCard:
    cards = await endpoint.cards()
    where = f"endpoint {endpoint.address.url}"
    if not cards and wanted == AUTO:
        raise ModelNotFound(
            f"{where} does not say which models it serves",
            "check its address, or name one: --model",
        )
    if not cards:
        return ModelCard(wanted, wanted, USUAL_CONTEXT, is_vllm=False)
    named = [card for card in cards if wanted in {AUTO, card.name}]
    if not named:
        raise ModelNotFound(f"{where} serves {_names(cards)}, not {wanted!r}", "name it: --model")
    if len(named) > 1:
        raise ModelNotFound(f"{where} serves {_names(cards)}", "name one of them: --model")
    (card,) = named
    await _require_fit(endpoint, card)
    return card if card.context_tokens else replace(card, context_tokens=USUAL_CONTEXT)


async def _require_fit(endpoint: Endpoint, card: ModelCard) -> None:
    where = f"endpoint {endpoint.address.url}"
    if 0 < card.context_tokens < LEAST_CONTEXT:
        raise ModelError(
            f"{where} serves {card.name} with a context of {card.context_tokens} tokens; a clip, "
            f"a question and a reply take {LEAST_CONTEXT}",
            "start it with a larger --max-model-len",
        )
    version = await endpoint.version() if card.is_vllm else ""
    if version:
        try:
            require_version(version)
        except MissingPackage as error:
            raise ModelError(f"{where}: {error.message}", "serve it with a newer one") from error


def _same(cards: Mapping[Endpoint, ModelCard]) -> RemoteModel:
    """The one model of all `cards`; raises ModelError where they are several."""
    found = {one: _served(one, card) for one, card in cards.items()}
    kinds = {(one.name, one.is_vllm, one.root): one for one in found.values()}
    model, *others = kinds.values()
    if others and len({_what(one) for one in kinds.values()}) > 1:
        each = "; ".join(
            f"{one.address.url}: {its.name} ({its.root})" for one, its in found.items()
        )
        raise ModelError(f"the endpoints serve different models: {each}", "name those of one model")
    return replace(model, context_tokens=min(one.context_tokens for one in found.values()))


def _served(endpoint: Endpoint, card: ModelCard) -> RemoteModel:
    """With its files where they are here: named by a path, or in the cache by its name."""
    root = Path(card.root)
    is_path = endpoint.address.is_here and root.is_absolute() and root.is_dir()
    is_name = card.root.count("/") == 1 and not root.is_absolute() and not root.exists()
    checkpoint = None
    if card.is_vllm and (is_path or is_name):
        with suppress(ModelNotFound):
            checkpoint = find(card.root)
    _require_one_family(endpoint, card, checkpoint)
    is_its_own = is_path and checkpoint is not None
    return RemoteModel(
        card.name, card.root, card.is_vllm, card.context_tokens, checkpoint, is_its_own
    )


def _require_one_family(endpoint: Endpoint, card: ModelCard, checkpoint: Checkpoint | None) -> None:
    """Raise ModelError where a model is served under a name that is another family's."""
    named = family_in_name(card.name)
    own = family_named(checkpoint.family) if checkpoint else family_in_name(card.root)
    if named and own and named != own:
        raise ModelError(
            f"endpoint {endpoint.address.url} serves {card.root}, a {own.name}, under the name "
            f"{card.name}, which is that of a {named.name}",
            "serve it under its own name (--served-model-name), or name the right endpoint",
        )


def _what(served: RemoteModel) -> str:
    """Equal where the same weights are served, as far as can be known from here."""
    files = served.checkpoint if served.is_its_own else None
    weights = revision_of(files) if files else ""
    return f"{served.name} {served.is_vllm} {weights}"


def _names(cards: Sequence[ModelCard]) -> str:
    shown = ", ".join(card.name for card in cards[:_MOST_NAMES])
    return shown if len(cards) <= _MOST_NAMES else f"{shown} and {len(cards) - _MOST_NAMES} more"
