"""Ask a model behind one or many OpenAI-compatible endpoints.

Questions are those of `vision.hf`, counted here token by token (`remote.request`).
Replicas take each other's place (`server_replicas`). Frames go nowhere else.
"""

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property, partial

from vidindex.adapters.endpoints.address import Address
from vidindex.adapters.endpoints.endpoint import Endpoint, EndpointError, RequestRejected
from vidindex.adapters.endpoints.event_loop import EventLoopThread
from vidindex.adapters.vision.qwen.chat_template import ChatForm
from vidindex.adapters.vision.qwen.decoding import refusal
from vidindex.adapters.vision.qwen.inputs import InputBuilder, ModelInput
from vidindex.adapters.vision.qwen.yes_no import YesNoTokens
from vidindex.adapters.vision.remote.handshake import (
    AUTO,
    RemoteModel,
    discover_model,
    require_same,
)
from vidindex.adapters.vision.remote.load_balancer import Replicas, ReplicaStats
from vidindex.adapters.vision.remote.model_info import chat_of, family_of, limits_of, time_scale
from vidindex.adapters.vision.remote.openai_format import PictureFile, Wire
from vidindex.adapters.vision.remote.request import Requester
from vidindex.errors import InputError, ModelError
from vidindex.types import Ask, ModelLimits, Reply


@dataclass(frozen=True, slots=True)
class RequestOptions:
    """How endpoints are treated.

    requests, tokens: under way at once on each, prompts and longest replies together.
    timeout_s: for one reply. patience_s: how long no endpoint at all may answer.
    """

    requests: int = 16
    tokens: int = 131_072
    timeout_s: float = 300.0
    patience_s: float = 180.0


class ServerQwen:
    """One model on all of its endpoints; these are contacted when it is first used."""

    def __init__(
        self,
        endpoints: Sequence[str],
        model: str = AUTO,
        *,
        times_as_text: bool = False,
        options: RequestOptions = RequestOptions(),
        environment: Mapping[str, str] = os.environ,
    ) -> None:
        """endpoints: addresses, of replicas of one model; model: "auto" or the name they serve.

        environment: holds the key, if one is needed. Raises InputError for what is no address.
        """
        addresses = {one.url: one for one in (Address.of(url, environment) for url in endpoints)}
        if not addresses:
            raise InputError("no endpoint is named", "name one: --endpoint URL")
        self._endpoints = [Endpoint(one, options.timeout_s) for one in addresses.values()]
        self._wanted, self._options, self._wants_text = model, options, times_as_text
        self._loop = EventLoopThread(partial(_close, self._endpoints))

    @cached_property
    def limits(self) -> ModelLimits:
        """Meets the endpoints; raises ModelError with the remedy where they cannot be used."""
        return limits_of(self._served, times_as_text=self._times_as_text)

    def answer(self, asks: Iterable[Ask]) -> Iterator[tuple[str, Reply]]:
        """Yield (key, reply) as they are done; see `ports.VisionModel`.

        Raises ModelError where no endpoint answers any more, or will not answer anything.
        """
        builder, requester = self._builder, self._requester
        requester.replicas.hope()
        open_: dict[Future[Reply], ModelInput] = {}
        try:
            for ask in asks:
                try:
                    model_input = builder.build(ask)
                except (ValueError, RequestRejected) as error:
                    yield ask.key, refusal(None, str(error))
                    continue
                open_[self._loop.begin(requester.reply(model_input))] = model_input
                yield from _finished(open_, at_once=not self._is_full(open_.values()))
            while open_:
                yield from _finished(open_)
        except ModelError:
            # What is under way elsewhere may still be answered, and then stays so.
            yield from _answered(open_)
            raise
        finally:
            for future in open_:
                future.cancel()

    def counts(self) -> Mapping[str, int]:
        """What did not go at the first try, and what each of several endpoints answered."""
        counts = self._requester.replicas.counts + self._requester.counts
        counts["endpoints left out"] = sum(one.left_out for one in self.endpoints)
        if len(self.endpoints) > 1:
            counts.update({f"answered by {one.url}": one.answered for one in self.endpoints})
        return +counts

    @property
    def endpoints(self) -> tuple[ReplicaStats, ...]:
        """How each has fared since this was made."""
        return tuple(one.stats for one in self._requester.replicas.all)

    def close(self) -> None:
        """End all connections; also done when this is forgotten."""
        self._loop.close()

    def _is_full(self, open_: Iterable[ModelInput]) -> bool:
        costs, number = [one.cost for one in open_], len(self._endpoints)
        options = self._options
        return len(costs) >= options.requests * number or sum(costs) >= options.tokens * number

    @property
    def _times_as_text(self) -> bool:
        """Wished for, or the only way: endpoints other than vLLM take no frame rate."""
        return self._wants_text or not self._served.is_vllm

    @property
    def _pictures(self) -> PictureFile:
        if not self._served.is_vllm:
            return "JPEG"
        return "BMP" if all(one.address.is_here for one in self._endpoints) else "PNG"

    @cached_property
    def _met(self) -> tuple[RemoteModel, Mapping[Endpoint, str]]:
        return self._loop.run(discover_model(self._endpoints, self._wanted))

    @property
    def _served(self) -> RemoteModel:
        return self._met[0]

    @cached_property
    def _chat(self) -> tuple[ChatForm, bool]:
        return chat_of(self._served, self._token_ids)

    def _token_ids(self, text: str) -> list[int]:
        """Of the first endpoint that says so."""
        return self._loop.run(self._first_ids(text))

    async def _first_ids(self, text: str) -> list[int]:
        why = ""
        for endpoint in self._endpoints:
            try:
                return await endpoint.token_ids(self._served.name, text)
            except EndpointError as error:
                why = str(error)
        raise RequestRejected(why)

    @cached_property
    def _builder(self) -> InputBuilder:
        return InputBuilder(
            self._chat[0],
            self.limits,
            family_of(self._served),
            time_scale(self._served),
            times_as_text=self._times_as_text,
        )

    @cached_property
    def _requester(self) -> Requester:
        (served, silent), (chat, counts_exactly) = self._met, self._chat
        options = self._options
        replicas = Replicas(
            self._endpoints,
            options.requests,
            options.patience_s,
            partial(require_same, served=served),
        )
        replicas.leave_out(silent)
        yes_no = YesNoTokens.of(chat.words) if counts_exactly else None
        wire = Wire(
            served.name,
            served.is_vllm,
            self._pictures,
            self._times_as_text,
            yes_no,
            is_hybrid=family_of(served).is_hybrid,
        )
        return Requester(wire, replicas, counts_exactly, family_of(served).name)


def _finished(
    open_: dict[Future[Reply], ModelInput], *, at_once: bool = False
) -> Iterator[tuple[str, Reply]]:
    """Those that are answered leave `open_`; at least one, unless only what is there `at_once`."""
    done, _ = wait(open_, timeout=0 if at_once else None, return_when=FIRST_COMPLETED)
    in_order = [future for future in open_ if future in done]
    # What came back is handed over before what went wrong is raised.
    for future in sorted(in_order, key=lambda one: one.exception() is not None):
        model_input = open_.pop(future)
        yield model_input.ask.key, future.result()


def _answered(open_: dict[Future[Reply], ModelInput]) -> Iterator[tuple[str, Reply]]:
    """Those that still get a reply."""
    while open_:
        with suppress(ModelError):
            yield from _finished(open_)


async def _close(endpoints: Sequence[Endpoint]) -> None:
    for endpoint in endpoints:
        await endpoint.close()
