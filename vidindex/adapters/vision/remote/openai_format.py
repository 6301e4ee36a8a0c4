"""Convert questions and replies to and from OpenAI's chat format.

A clip goes to vLLM as one video of single pictures, with its rate beside it; elsewhere, and
where times are written in words, as pictures behind their times. vLLM gets them without any
loss, so that the model sees the very pixels that it would see in this process: as BMP, which
takes a fiftieth of the time of PNG to write and to read, or over a net as PNG, which is a
third as large. An endpoint that bounds and bills bytes gets JPEG.
"""

import base64
import io
import json
import math
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Literal

from PIL import Image

from vidindex.adapters.endpoints.endpoint import BadResponse, RequestRejected
from vidindex.adapters.vision.qwen.yes_no import (
    NO,
    YES,
    YesNoTokens,
    asks_yes_no,
    p_yes_of,
    spellings,
)
from vidindex.core.prompts.times_as_text import time_before
from vidindex.types import Ask, FrameBatch
from vidindex.types.plan import Picture

JPEG_QUALITY = 92
PictureFile = Literal["BMP", "PNG", "JPEG"]
_SAVED: dict[str, dict[str, int]] = {
    "BMP": {},
    "PNG": {"compress_level": 1, "compress_type": 3},
    "JPEG": {"quality": JPEG_QUALITY, "subsampling": 0},
}
# Ends as servers call them, in small letters: OpenAI's own, TGI's, Anthropic's, Gemini's.
_ENDED = frozenset({"stop", "eos", "eos_token", "end_turn", "stop_sequence", "end", "complete"})
_CUT = frozenset({"length", "max_tokens", "max_output_tokens", "max_length", "model_length"})
_TEXT_PARTS = frozenset({"text", "output_text", None})
# vLLM's own bound, and the smallest bound among endpoints that say theirs.
TOP_TOKENS, FEW_TOP_TOKENS = 20, 5
_CONTROL_TOKEN = re.compile(r"<\|\w+\|>")
_AS_ID = "token_id:"
# Given one by one: what is left out, vLLM takes from the checkpoint's generation_config.json,
# and Qwen's asks for a repetition penalty.
_GREEDY = {"temperature": 0.0, "top_p": 1.0, "top_k": 0, "min_p": 0.0, "repetition_penalty": 1.0}


@dataclass(frozen=True, slots=True)
class Completion:
    """One reply as the server gave it. finish_reason: "stop" or "length".

    prompt_tokens, completion_tokens: None where the endpoint does not say.
    """

    text: str
    finish_reason: str
    prompt_tokens: int | None
    completion_tokens: int | None
    p_yes: float | None = None
    yes_no_mass: float | None = None


@dataclass(frozen=True, slots=True)
class Wire:
    """How one model is spoken to.

    pictures: the kind of file they go as. times_as_text: clips go as pictures behind their times.
    yes_no: the ids of both words, where they are known. is_hybrid: the model thinks before it
    answers unless it is told not to.
    """

    model: str
    is_vllm: bool
    pictures: PictureFile
    times_as_text: bool
    yes_no: YesNoTokens | None = None
    is_hybrid: bool = False

    def body(self, ask: Ask) -> bytes:
        """The request; raises Refused where the words would not be read as words."""
        _require_words(ask)
        body: dict[str, Any] = {
            "model": self.model,
            "messages": [
                {"role": "system", "content": ask.system},
                {"role": "user", "content": [*self._shown(ask.frames), _said(ask.prompt)]},
            ],
            "max_tokens": ask.max_tokens,
            **(_GREEDY if self.is_vllm else {"temperature": 0.0}),
            **self._form(ask),
            **self._without_thinking(),
        }
        if ask.frames.fps is not None and not self.times_as_text:
            body["media_io_kwargs"] = {"video": {"fps": ask.frames.fps, "num_frames": -1}}
        return json.dumps(body).encode()

    def read(self, ask: Ask, body: Any) -> Completion:
        """The reply to `ask`; raises BadResponse, or RequestRejected where it was given up."""
        try:
            (choice,) = body["choices"]
            content = choice["message"]["content"]
        except (KeyError, TypeError, ValueError) as error:
            raise BadResponse("its answer is not a chat completion") from error
        tokens = _used(body.get("usage"))
        if self.is_vllm and None in tokens:
            # vLLM drops frames silently, and its count is all that shows it.
            raise BadResponse("it answers without the number of tokens (usage)")
        reason = _finish_reason(choice.get("finish_reason"), tokens[1], ask.max_tokens)
        if is_yes_no(ask):
            _require_no_thought(choice)
            p_yes, mass = p_yes_of(*self._shares(choice))
            return Completion(YES if p_yes >= 0.5 else NO, "stop", *tokens, p_yes, mass)
        text = _text_of(content)
        if text is None:
            raise BadResponse("it answers with a completion without text")
        return Completion(text, reason, *tokens)

    def _shown(self, frames: FrameBatch) -> Iterator[dict[str, Any]]:
        if frames.fps is not None and not self.times_as_text:
            # Pillow reads what is in it whatever it is called, and so does vLLM through it.
            pictures = ",".join(self._encoded(one) for one in frames.pictures)
            yield _linked("video_url", f"data:video/jpeg;base64,{pictures}")
            return
        kind = self.pictures.lower()
        for time_s, picture in zip(frames.times_s, frames.pictures, strict=True):
            if frames.fps is not None:
                yield _said(time_before(time_s))
            yield _linked("image_url", f"data:image/{kind};base64,{self._encoded(picture)}")

    def _encoded(self, picture: Picture) -> str:
        stream = io.BytesIO()
        Image.fromarray(picture).save(stream, self.pictures, **_SAVED[self.pictures])
        return base64.b64encode(stream.getvalue()).decode()

    def _form(self, ask: Ask) -> dict[str, Any]:
        """What the reply is held to."""
        if is_yes_no(ask):
            return {"max_tokens": 1, "logprobs": True, **self._top()}
        if ask.schema is not None:
            schema = {"name": "reply", "strict": True, "schema": dict(ask.schema)}
            return {"response_format": {"type": "json_schema", "json_schema": schema}}
        if ask.choices and self.is_vllm:
            return {"structured_outputs": {"choice": list(ask.choices)}}
        return {}

    def _without_thinking(self) -> dict[str, Any]:
        """How vLLM and its like, and Model Studio, are told that thinking is off."""
        if not self.is_hybrid:
            return {}
        in_template = {"chat_template_kwargs": {"enable_thinking": False}}
        return in_template if self.is_vllm else {"enable_thinking": False, **in_template}

    def _top(self) -> dict[str, Any]:
        if not self.is_vllm:
            return {"top_logprobs": FEW_TOP_TOKENS}
        if self.yes_no is None:
            return {"top_logprobs": TOP_TOKENS}
        # A vLLM that does not know of the ids yet gives the likeliest, as ids.
        return {
            "top_logprobs": TOP_TOKENS,
            "logprob_token_ids": self.yes_no.ids,
            "return_tokens_as_token_ids": True,
        }

    def _shares(self, choice: Mapping[str, Any]) -> tuple[float, float]:
        """Probabilities of Yes and of No as first token, all spellings together."""
        try:
            top = choice["logprobs"]["content"][0]["top_logprobs"]
            likely = [(str(one["token"]), math.exp(one["logprob"])) for one in top]
        except (KeyError, TypeError, IndexError) as error:
            raise RequestRejected(
                "the endpoint gives no probabilities of its words (logprobs), which a check "
                "by Yes or No needs; name one that does"
            ) from error
        ids = (self.yes_no.yes, self.yes_no.no) if self.yes_no else ((), ())
        yes, no = (
            sum(share for token, share in likely if token in _names(word, of_it))
            for word, of_it in zip((YES, NO), ids, strict=True)
        )
        return yes, no


def _require_no_thought(choice: Mapping[str, Any]) -> None:
    """Raise RequestRejected where a reply to a Yes/No question begins with a thought."""
    message, first = choice["message"], {}
    with suppress(KeyError, TypeError, IndexError):
        first = choice["logprobs"]["content"][0]
    has_thought = bool(message.get("reasoning_content") or message.get("reasoning"))
    if has_thought or str(first.get("token", "")).strip() == "<think>":
        raise RequestRejected(
            "the endpoint's model thinks before it answers, and thinking is not switched off "
            "there: Yes and No cannot be read off its first word; serve it without thinking "
            "(enable_thinking=false), or name an Instruct model"
        )


def _text_of(content: Any) -> str | None:
    """A message's text: plain, or in parts, without thinking and pictures."""
    if isinstance(content, str):
        return content
    if not isinstance(content, list):
        return None
    texts = [
        part if isinstance(part, str) else part.get("text")
        for part in content
        if isinstance(part, str) or (isinstance(part, dict) and part.get("type") in _TEXT_PARTS)
    ]
    found = [text for text in texts if isinstance(text, str)]
    return "".join(found) if found else None


def _used(usage: Any) -> tuple[int | None, int | None]:
    """(tokens of the prompt, of the reply), each None where it is not given."""
    counts = usage if isinstance(usage, dict) else {}

    def count(*names: str) -> int | None:
        return next((n for name in names if isinstance(n := counts.get(name), int)), None)

    prompt, reply = (
        count("prompt_tokens", "input_tokens"),
        count("completion_tokens", "output_tokens"),
    )
    total = count("total_tokens")
    if total is not None and prompt is None and reply is not None:
        prompt = total - reply
    if total is not None and reply is None and prompt is not None:
        reply = total - prompt
    return prompt, reply


def _finish_reason(written: Any, completion_tokens: int | None, max_tokens: int) -> str:
    """ "stop" or "length"; raises RequestRejected for any other end, such as a filter.

    Where none is given, a reply that used all its tokens was cut.
    """
    if written is None or written == "":
        was_cut = completion_tokens is not None and completion_tokens >= max_tokens
        return "length" if was_cut else "stop"
    reason = str(written).casefold()
    if reason in _CUT:
        return "length"
    if reason in _ENDED:
        return "stop"
    raise RequestRejected(f"the endpoint gave the question up ({written})")


def _names(word: str, ids: tuple[int, ...]) -> set[str]:
    """How a server may call the tokens of `word`: as text, or vLLM by their ids."""
    return {*spellings(word), *(f"{_AS_ID}{one}" for one in ids)}


def is_yes_no(ask: Ask) -> bool:
    """Whether the probability of Yes is asked for."""
    return ask.schema is None and asks_yes_no(ask.choices)


def _said(text: str) -> dict[str, Any]:
    return {"type": "text", "text": text}


def _linked(kind: str, url: str) -> dict[str, Any]:
    return {"type": kind, kind: {"url": url}}


def _require_words(ask: Ask) -> None:
    """A server takes every `<|im_end|>` for the end of a turn, also one in a query."""
    for words in (ask.system, ask.prompt):
        found = _CONTROL_TOKEN.search(words)
        if found:
            raise RequestRejected(
                f"the words hold {found[0]}, which a server takes for its own sign"
            )
