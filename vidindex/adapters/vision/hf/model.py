"""Qwen2.5-VL of any size in this process, through transformers; downloads nothing.

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

from vidindex.adapters.vision.checkpoints.catalog import Checkpoint
from vidindex.adapters.vision.checkpoints.load import load_model, load_tokenizer
from vidindex.adapters.vision.hf.greedy import AnyDraft, write_replies
from vidindex.adapters.vision.qwen.chat_template import ChatForm
from vidindex.adapters.vision.qwen.decoding import Draft, YesNoDraft, refusal
from vidindex.adapters.vision.qwen.grammar import GrammarError, Grammars
from vidindex.adapters.vision.qwen.inputs import SHOW_LESS, Question, QuestionForm
from vidindex.adapters.vision.qwen.limits import read_limits, with_times_as_text
from vidindex.adapters.vision.qwen.yes_no import YesNoTokens, asks_yes_no
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
        waiting: list[Question] = []
        form = self._form
        for ask in asks:
            try:
                waiting.append(form.build(ask))
            except ValueError as error:
                yield ask.key, refusal(None, str(error))
            if sum(one.cost for one in waiting) >= LOOK_AHEAD_BATCHES * self._batch_tokens:
                yield from self._answer_all(waiting)
                waiting = []
        yield from self._answer_all(waiting)

    def _answer_all(self, questions: Sequence[Question]) -> Iterator[tuple[str, Reply]]:
        for batch in _batches(questions, self._batch_tokens):
            yield from self._answer_batch(batch)

    def _answer_batch(self, questions: Sequence[Question]) -> Iterator[tuple[str, Reply]]:
        """Answer together; where memory runs out, those still open in two halves."""
        drafts: list[AnyDraft] = []
        for question in questions:
            try:
                drafts.append(self._draft(question))
            except GrammarError as error:
                yield question.ask.key, refusal(question, f"the reply's form is refused: {error}")
        left = [draft.question for draft in drafts]
        try:
            for draft, reply in self._write(drafts):
                left.remove(draft.question)
                yield draft.question.ask.key, reply
        except torch.OutOfMemoryError:
            pass  # handled below: the traceback holds the tensors that filled the memory
        if left:
            _free_memory()
            yield from self._answer_in_halves(left, was_alone=len(drafts) == 1)

    def _answer_in_halves(
        self, questions: list[Question], *, was_alone: bool
    ) -> Iterator[tuple[str, Reply]]:
        if was_alone:
            text = f"{questions[0].cost} tokens need more memory than this device has free"
            yield questions[0].ask.key, refusal(questions[0], f"{text}; {SHOW_LESS}")
            return
        half = len(questions) // 2
        yield from self._answer_batch(questions[:half])
        yield from self._answer_batch(questions[half:])

    def _write(self, drafts: Sequence[AnyDraft]) -> Iterator[tuple[AnyDraft, Reply]]:
        if not drafts:
            return
        batch = self._form.collate(
            [draft.question for draft in drafts],
            self._chat.end_id,
            self._model.dtype,
            self._checkpoint.device.kind,
        )
        yield from write_replies(self._model, batch, drafts)

    def _draft(self, question: Question) -> AnyDraft:
        if question.ask.schema is None and asks_yes_no(question.ask.choices):
            return YesNoDraft(question, self._yes_no)
        return Draft(question, self._grammars.matcher(question.ask), self._tokenizer, self._end_ids)

    @cached_property
    def _model(self) -> Any:
        return load_model(self._checkpoint)

    @cached_property
    def _tokenizer(self) -> Any:
        return load_tokenizer(self._checkpoint)

    @cached_property
    def _chat(self) -> ChatForm:
        return ChatForm(self._tokenizer)

    @cached_property
    def _form(self) -> QuestionForm:
        scale = self._model.config.vision_config.tokens_per_second
        return QuestionForm(self._chat, self.limits, scale, times_as_text=self._times_as_text)

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


def _batches(questions: Sequence[Question], max_tokens: int) -> Iterator[list[Question]]:
    """Questions of like length together; padded, a batch holds at most `max_tokens`."""
    batch: list[Question] = []
    for question in sorted(questions, key=lambda one: one.cost, reverse=True):
        if batch and batch[0].cost * (len(batch) + 1) > max_tokens:
            yield batch
            batch = []
        batch.append(question)
    if batch:
        yield batch


def _free_memory() -> None:
    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
