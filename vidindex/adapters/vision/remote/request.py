"""Send one question to a served model and read its reply, with retries.

A reply is believed only where the server read as many tokens as were meant: frames that it
dropped or resized show there and nowhere else. A hosted endpoint that says no counts is believed,
and that is counted.
"""

import asyncio
from collections import Counter
from dataclasses import dataclass, field, replace
from functools import partial

from vidindex.adapters.endpoints.endpoint import RequestRejected
from vidindex.adapters.vision.qwen.decoding import refusal
from vidindex.adapters.vision.qwen.inputs import ModelInput
from vidindex.adapters.vision.remote.handshake import HOW_TO_SERVE
from vidindex.adapters.vision.remote.load_balancer import Replicas
from vidindex.adapters.vision.remote.openai_format import Completion, Wire
from vidindex.types import Ask, Reply, Usage

NO_SCHEMA = "asked without a schema"
NO_USAGE = "replies without token counts"


@dataclass(frozen=True, slots=True)
class Requester:
    """counts_exactly: whether the questions' ids are those of the model's own vocabulary.

    family: that the questions were made for.
    """

    wire: Wire
    replicas: Replicas
    counts_exactly: bool
    family: str
    counts: Counter[str] = field(default_factory=Counter)

    async def reply(self, model_input: ModelInput) -> Reply:
        """The reply, or why it failed; raises ModelError where every other would fail, too."""
        try:
            completion = await self._completion(model_input.ask)
        except RequestRejected as error:
            return refusal(model_input, str(error))
        prompt_tokens = completion.prompt_tokens
        self.counts[NO_USAGE] += prompt_tokens is None or completion.completion_tokens is None
        if prompt_tokens is not None and not self._is_as_meant(model_input, prompt_tokens):
            return refusal(model_input, _misread(model_input, prompt_tokens, self.family))
        used = Usage(
            prompt_tokens or 0, completion.completion_tokens or 0, model_input.vision_tokens
        )
        return Reply(
            completion.text,
            completion.finish_reason,
            used,
            completion.p_yes,
            completion.yes_no_mass,
        )

    async def _completion(self, ask: Ask) -> Completion:
        # Off the loop: encoding the pictures of a long clip takes a while.
        body = await asyncio.to_thread(self.wire.body, ask)
        try:
            return await self.replicas.ask(body, partial(self.wire.read, ask))
        except RequestRejected as error:
            if ask.schema is None or self.wire.is_vllm or "response_format" not in str(error):
                raise
        # What an endpoint cannot be held to, the reader of replies takes in any form.
        self.counts[NO_SCHEMA] += 1
        return await self._completion(replace(ask, schema=None))

    def _is_as_meant(self, model_input: ModelInput, prompt_tokens: int) -> bool:
        if self.counts_exactly:
            return prompt_tokens == len(model_input.ids)
        return model_input.vision_tokens < prompt_tokens <= len(model_input.ids)


def _misread(model_input: ModelInput, prompt_tokens: int, family: str) -> str:
    if prompt_tokens == len(model_input.ids) - 2 and model_input.first_time_tokens:
        # Before 5.10, transformers left out the two marks around a whole clip.
        return (
            f"the endpoint read a prompt of {prompt_tokens} tokens where {len(model_input.ids)} "
            "were meant, without the marks of a clip: serve it with transformers 5.10 or later"
        )
    return (
        f"the endpoint read a prompt of {prompt_tokens} tokens where {len(model_input.ids)} were "
        f"meant, {model_input.vision_tokens} of them pictures: it dropped frames or changed them, "
        f"or is no {family}, and its reply is not believed. A vLLM server needs "
        '--trust-request-mm-kwargs and --media-io-kwargs \'{"video": {"num_frames": -1}}\'; '
        f"{HOW_TO_SERVE}"
    )
