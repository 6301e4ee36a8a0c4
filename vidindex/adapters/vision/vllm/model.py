"""Run a model of any family through vLLM in this process; downloads nothing.

Questions are the same as those of `vision.hf`: the same token ids, the same
frames. vLLM packs the frames and batches as it goes, so a question that comes later may
be answered first. AWQ checkpoints run as they are.
"""

import math
from collections.abc import Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import replace
from functools import cached_property
from typing import Any

from vidindex.adapters.vision.checkpoints.catalog import Checkpoint, read_config
from vidindex.adapters.vision.checkpoints.chat_template import reply_prefix
from vidindex.adapters.vision.checkpoints.load import load_tokenizer
from vidindex.adapters.vision.qwen.chat_template import ChatForm
from vidindex.adapters.vision.qwen.decoding import refusal, usage
from vidindex.adapters.vision.qwen.inputs import InputBuilder, ModelInput
from vidindex.adapters.vision.qwen.limits import read_family, read_limits, tokens_per_second
from vidindex.adapters.vision.qwen.yes_no import NO, YES, YesNoTokens, asks_yes_no
from vidindex.adapters.vision.vllm.engine import FLOWS, Engine, engine_arguments, require_vllm
from vidindex.adapters.vision.vllm.gpus import find_gpus
from vidindex.adapters.vision.vllm.placement import ServedModel, place
from vidindex.core.families import family_named
from vidindex.errors import ModelError
from vidindex.types import Ask, FrameBatch, ModelLimits, Reply


class VllmQwen:
    """One checkpoint; its engine is started at the first question."""

    def __init__(self, checkpoint: Checkpoint, in_flight_tokens: int | None = None) -> None:
        """in_flight_tokens: prompt and reply tokens that vLLM is given at once.

        Raises MissingPackage without vLLM, ModelNotFound or ModelTooLarge where the checkpoint
        cannot be used here.
        """
        require_vllm()
        self._checkpoint = checkpoint
        self._config = read_config(checkpoint.folder)
        self._model = ServedModel.of(checkpoint, self._config)
        self._placement = place(self._model, find_gpus())
        self._in_flight_tokens = in_flight_tokens or FLOWS[checkpoint.device.kind].max_tokens

    @cached_property
    def limits(self) -> ModelLimits:
        """As of every backend, within the context that the cards have room for."""
        limits, room = read_limits(self._checkpoint), self._placement.context_tokens
        most = min(limits.max_video_tokens, room // 2)
        return replace(limits, context_tokens=room, max_video_tokens=most)

    def answer(self, asks: Iterable[Ask]) -> Iterator[tuple[str, Reply]]:
        """Yield (key, reply) as they are done; see `ports.VisionModel`.

        Raises ModelError where vLLM stops, or reads another prompt than it was given.
        """
        asked: dict[Future[Any], ModelInput] = {}
        try:
            for ask in asks:
                try:
                    model_input = self._builder.build(ask)
                except ValueError as error:
                    yield ask.key, refusal(None, str(error))
                    continue
                asked[self._engine.ask(_prompt(model_input), self._sampling(ask))] = model_input
                yield from self._answered(asked, [one for one in asked if one.done()])
                while sum(one.cost for one in asked.values()) >= self._in_flight_tokens:
                    yield from self._answered(asked, _wait(asked))
            while asked:
                yield from self._answered(asked, _wait(asked))
        finally:
            for future in asked:
                future.cancel()

    def _answered(
        self, asked: dict[Future[Any], ModelInput], done: Iterable[Future[Any]]
    ) -> Iterator[tuple[str, Reply]]:
        """The replies that have come; they leave `asked`."""
        for future in done:
            model_input = asked.pop(future)
            try:
                reply = self._reply(model_input, future.result())
            except ValueError as error:
                reply = refusal(model_input, str(error).strip().splitlines()[0])
            yield model_input.ask.key, reply

    def _reply(self, model_input: ModelInput, output: Any) -> Reply:
        _require_same_prompt(model_input, output.prompt_token_ids)
        completion = output.outputs[0]
        used = usage(model_input, len(completion.token_ids))
        if completion.finish_reason not in {"stop", "length"}:
            return refusal(model_input, f"vLLM gave the question up ({completion.finish_reason})")
        if _is_yes_no(model_input.ask):
            shares = {token: math.exp(one.logprob) for token, one in completion.logprobs[0].items()}
            p_yes, mass = self._yes_no.of_shares(shares)
            return Reply(YES if p_yes >= 0.5 else NO, "stop", used, p_yes, mass)
        text = self._tokenizer.decode(
            completion.token_ids, skip_special_tokens=True, clean_up_tokenization_spaces=False
        )
        return Reply(text, completion.finish_reason, used)

    def _sampling(self, ask: Ask) -> Any:
        """The likeliest token each time, as in `greedy`, held to the schema or the choices."""
        from vllm.sampling_params import (
            RequestOutputKind,
            SamplingParams,
            StructuredOutputsParams,
        )

        wanted: dict[str, Any] = {"max_tokens": ask.max_tokens}
        if _is_yes_no(ask):
            wanted = {"max_tokens": 1, "logprob_token_ids": self._yes_no.ids}
        elif ask.schema is not None:
            wanted["structured_outputs"] = StructuredOutputsParams(json=dict(ask.schema))
        elif ask.choices:
            wanted["structured_outputs"] = StructuredOutputsParams(choice=list(ask.choices))
        return SamplingParams(
            temperature=0.0,
            stop_token_ids=[self._chat.end_id],
            detokenize=False,
            output_kind=RequestOutputKind.FINAL_ONLY,
            **wanted,
        )

    def close(self) -> None:
        """End vLLM's processes now and not with this process; a later question restarts them."""
        engine = self.__dict__.pop("_engine", None)
        if engine is not None:
            engine.close()

    @cached_property
    def _engine(self) -> Engine:
        flow = FLOWS[self._checkpoint.device.kind]
        return Engine(engine_arguments(self._model, self._placement, flow), self._model.name)

    @cached_property
    def _tokenizer(self) -> Any:
        return load_tokenizer(self._checkpoint)

    @cached_property
    def _chat(self) -> ChatForm:
        folder, family = self._checkpoint.folder, family_named(self._checkpoint.family)
        return ChatForm(self._tokenizer, reply_prefix(folder, family))

    @cached_property
    def _builder(self) -> InputBuilder:
        family, scale = read_family(self._checkpoint), tokens_per_second(self._config)
        return InputBuilder(self._chat, self.limits, family, scale)

    @cached_property
    def _yes_no(self) -> YesNoTokens:
        return YesNoTokens.of(self._chat.words)


def _wait(asked: Iterable[Future[Any]]) -> list[Future[Any]]:
    """Those that are done, once there are any."""
    return list(wait(asked, return_when=FIRST_COMPLETED).done)


def _prompt(model_input: ModelInput) -> dict[str, Any]:
    """Ids with one placeholder, which vLLM expands, and the frames with their true times."""
    ids, (start, end) = model_input.ids, model_input.places
    short = [*ids[:start], ids[model_input.blocks[0].start], *ids[end:]]
    return {"prompt_token_ids": short, "multi_modal_data": _pictures(model_input.ask.frames)}


def _pictures(frames: FrameBatch) -> dict[str, Any]:
    if frames.fps is None:
        return {"image": frames.pictures[0]}
    count = len(frames.pictures)
    metadata = {
        "total_num_frames": count,
        "fps": frames.fps,
        "duration": count / frames.fps,
        "frames_indices": list(range(count)),
        "video_backend": "vidindex",
        "do_sample_frames": False,
    }
    return {"video": [(frames.pictures, metadata)]}


def _is_yes_no(ask: Ask) -> bool:
    return ask.schema is None and asks_yes_no(ask.choices)


def _require_same_prompt(model_input: ModelInput, ids: list[int]) -> None:
    """Frames that were dropped, doubled or resized would show here and nowhere else."""
    if list(ids) != model_input.ids:
        raise ModelError(
            f"vLLM read a prompt of {len(ids)} tokens where {len(model_input.ids)} were expected, "
            f"{model_input.vision_tokens} of them pictures",
            "its replies cannot be trusted: take another version of vLLM, or --backend "
            "transformers",
        )
