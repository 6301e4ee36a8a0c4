"""Run a model of any family in this process through transformers; downloads nothing.

Needs neither torchvision nor the Hugging Face processor: pictures, ids and positions
are made here (`packing`, `chat`, `positions`) and tests hold them to the reference's.
Replies are greedy and do not depend on what else is in the batch: in float32 to
1e-5 in probability, in bfloat16 to its rounding.
"""

import gc
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from typing import Any

import torch

from vidindex.adapters.vision.checkpoints.catalog import Checkpoint, read_config
from vidindex.adapters.vision.checkpoints.chat_template import reply_prefix
from vidindex.adapters.vision.checkpoints.load import load_model, load_tokenizer
from vidindex.adapters.vision.hf.greedy import AnyDecoding, write_replies
from vidindex.adapters.vision.qwen.chat_template import ChatForm
from vidindex.adapters.vision.qwen.decoding import Decoding, YesNoDecoding, refusal
from vidindex.adapters.vision.qwen.grammar import GrammarError, Grammars
from vidindex.adapters.vision.qwen.inputs import SHOW_LESS, InputBuilder, ModelInput
from vidindex.adapters.vision.qwen.limits import (
    read_family,
    read_limits,
    tokens_per_second,
    with_times_as_text,
)
from vidindex.adapters.vision.qwen.yes_no import YesNoTokens, asks_yes_no
from vidindex.core.families import family_named
from vidindex.types import Ask, ModelLimits, Reply

BATCH_TOKENS = {"cuda": 32_768, "cpu": 8_192}
# Questions are read ahead to be sorted by length, so that little is spent on padding.
LOOK_AHEAD_BATCHES = 2


class TransformersQwen:
    """One checkpoint, loaded at the first question."""

    def __init__(
        self,
        checkpoint: Checkpoint,
        batch_tokens: int | None = None,
        *,
        times_as_text: bool = False,
    ) -> None:
        """batch_tokens: prompt and reply tokens that run at once.

        times_as_text: clips are shown as pictures behind their times, not at a rate.
        Raises ModelNotFound or ModelTooLarge where the checkpoint cannot be used here.
        """
        checkpoint.require_usable()
        self._checkpoint = checkpoint
        self._batch_tokens = batch_tokens or BATCH_TOKENS[checkpoint.device.kind]
        self._times_as_text = times_as_text

    @cached_property
    def limits(self) -> ModelLimits:
        """What fits in one call, and the identity that replies are cached under."""
        limits = read_limits(self._checkpoint)
        return with_times_as_text(limits) if self._times_as_text else limits

    def answer(self, asks: Iterable[Ask]) -> Iterator[tuple[str, Reply]]:
        """Yield (key, reply) as they are done; see `ports.VisionModel`."""
        waiting: list[ModelInput] = []
        form = self._builder
        for ask in asks:
            try:
                waiting.append(form.build(ask))
            except ValueError as error:
                yield ask.key, refusal(None, str(error))
            if sum(one.cost for one in waiting) >= LOOK_AHEAD_BATCHES * self._batch_tokens:
                yield from self._answer_all(waiting)
                waiting = []
        yield from self._answer_all(waiting)

    def _answer_all(self, model_inputs: Sequence[ModelInput]) -> Iterator[tuple[str, Reply]]:
        for batch in _batches(model_inputs, self._batch_tokens):
            yield from self._answer_batch(batch)

    def _answer_batch(self, model_inputs: Sequence[ModelInput]) -> Iterator[tuple[str, Reply]]:
        """Answer together; where memory runs out, those still open in two halves."""
        decodings: list[AnyDecoding] = []
        for model_input in model_inputs:
            try:
                decodings.append(self._decoding(model_input))
            except GrammarError as error:
                yield (
                    model_input.ask.key,
                    refusal(model_input, f"the reply's form is refused: {error}"),
                )
        left = [decoding.model_input for decoding in decodings]
        try:
            for decoding, reply in self._write(decodings):
                left.remove(decoding.model_input)
                yield decoding.model_input.ask.key, reply
        except torch.OutOfMemoryError:
            pass  # handled below: the traceback holds the tensors that filled the memory
        if left:
            _free_memory()
            yield from self._answer_in_halves(left, was_alone=len(decodings) == 1)

    def _answer_in_halves(
        self, model_inputs: list[ModelInput], *, was_alone: bool
    ) -> Iterator[tuple[str, Reply]]:
        if was_alone:
            text = f"{model_inputs[0].cost} tokens need more memory than this device has free"
            yield model_inputs[0].ask.key, refusal(model_inputs[0], f"{text}; {SHOW_LESS}")
            return
        half = len(model_inputs) // 2
        yield from self._answer_batch(model_inputs[:half])
        yield from self._answer_batch(model_inputs[half:])

    def _write(self, decodings: Sequence[AnyDecoding]) -> Iterator[tuple[AnyDecoding, Reply]]:
        if not decodings:
            return
        batch = self._builder.collate(
            [decoding.model_input for decoding in decodings],
            self._chat.end_id,
            self._model.dtype,
            self._checkpoint.device.kind,
        )
        yield from write_replies(self._model, batch, decodings)

    def _decoding(self, model_input: ModelInput) -> AnyDecoding:
        if model_input.ask.schema is None and asks_yes_no(model_input.ask.choices):
            return YesNoDecoding(model_input, self._yes_no)
        return Decoding(
            model_input, self._grammars.matcher(model_input.ask), self._tokenizer, self._end_ids
        )

    @cached_property
    def _model(self) -> Any:
        return load_model(self._checkpoint)

    @cached_property
    def _tokenizer(self) -> Any:
        return load_tokenizer(self._checkpoint)

    @cached_property
    def _chat(self) -> ChatForm:
        folder, family = self._checkpoint.folder, family_named(self._checkpoint.family)
        return ChatForm(self._tokenizer, reply_prefix(folder, family))

    @cached_property
    def _builder(self) -> InputBuilder:
        family = read_family(self._checkpoint)
        scale = tokens_per_second(read_config(self._checkpoint.folder))
        text = self._times_as_text
        return InputBuilder(self._chat, self.limits, family, scale, times_as_text=text)

    @cached_property
    def _grammars(self) -> Grammars:
        vocabulary = self._model.get_output_embeddings().weight.shape[0]
        return Grammars(self._tokenizer, vocabulary, self._end_ids)

    @cached_property
    def _yes_no(self) -> YesNoTokens:
        return YesNoTokens.of(self._chat.words)

    @cached_property
    def _end_ids(self) -> list[int]:
        stated = self._model.generation_config.eos_token_id
        stated = [stated] if isinstance(stated, int) else stated or []
        return sorted({self._chat.end_id, *stated})


def _batches(model_inputs: Sequence[ModelInput], max_tokens: int) -> Iterator[list[ModelInput]]:
    """Questions of like length together; padded, a batch holds at most `max_tokens`."""
    batch: list[ModelInput] = []
    for model_input in sorted(model_inputs, key=lambda one: one.cost, reverse=True):
        if batch and batch[0].cost * (len(batch) + 1) > max_tokens:
            yield batch
            batch = []
        batch.append(model_input)
    if batch:
        yield batch


def _free_memory() -> None:
    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
