"""Endpoints of the later families: the same answers, and every trap that was seen in the wild.

The endpoints are stubs over real HTTP with real, tiny models behind them.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from support.family_assets import save_tiny_qwen3, save_tiny_qwen35
from support.qwen_assets import ask, frame_batch
from support.qwen_server import Call, Served, serving

from pipelines.progress import Quiet
from vidindex.adapters.vision.checkpoints.catalog import resolve
from vidindex.adapters.vision.hf.model import TransformersQwen
from vidindex.adapters.vision.remote.model import RequestOptions, ServerQwen
from vidindex.core.families import box_scale_of
from vidindex.core.prompts import QWEN25_VL
from vidindex.core.prompts.profile import ground_schema
from vidindex.core.replies import parse_boxes
from vidindex.diagnostics.run import check
from vidindex.errors import ModelError
from vidindex.ports import VisionModel
from vidindex.types import Ask, ModelLimits, Reply

YES_NO = ("Yes", "No")
SIZES = [(4, 64, 96, 2.0), (5, 64, 64, 0.5), (1, 96, 64, None)]


@pytest.fixture(scope="module")
def qwen3(tmp_path_factory: pytest.TempPathFactory) -> TransformersQwen:
    torch.set_num_threads(1)
    return loaded(save_tiny_qwen3(tmp_path_factory.mktemp("served") / "three"))


@pytest.fixture(scope="module")
def qwen35(tmp_path_factory: pytest.TempPathFactory) -> TransformersQwen:
    torch.set_num_threads(1)
    return loaded(save_tiny_qwen35(tmp_path_factory.mktemp("served") / "hybrid"))


def loaded(folder: Path, *, times_as_text: bool = False) -> TransformersQwen:
    checkpoint = resolve(str(folder))
    assert checkpoint is not None
    return TransformersQwen(checkpoint, times_as_text=times_as_text)


@pytest.fixture
def served3(qwen3: TransformersQwen) -> Iterator[Served]:
    """As vLLM serves the Qwen3-VL from the files that are here."""
    root = str(qwen3._checkpoint.folder)
    with serving(qwen3, name="Qwen3-VL-tiny", root=root, token_ids=ids_of(qwen3)) as one:
        yield one


@pytest.fixture
def served35(qwen35: TransformersQwen) -> Iterator[Served]:
    root = str(qwen35._checkpoint.folder)
    with serving(qwen35, name="Qwen3.5-tiny", root=root) as one:
        yield one


def ids_of(model: TransformersQwen) -> Callable[[str], list[int]]:
    """What a server's /tokenize says, control tokens included."""

    def token_ids(text: str) -> list[int]:
        return list(model._tokenizer.encode(text, add_special_tokens=False))

    return token_ids


def connected(served: Served, **options: Any) -> ServerQwen:
    request_options = RequestOptions(timeout_s=20.0, patience_s=2.0)
    return ServerQwen([served.url], options=request_options, environment={}, **options)


def questions() -> list[Ask]:
    asks = []
    for number, size in enumerate(SIZES):
        frames = frame_batch(*size)
        asks.append(ask(f"{number} whether", "Does it move?", frames=frames, choices=YES_NO))
        asks.append(
            ask(f"{number} when", "When?", frames=frames, schema=ground_schema(2), max_tokens=30)
        )
    return asks


def assert_same(said: dict[str, Reply], meant: dict[str, Reply]) -> None:
    assert said.keys() == meant.keys()
    for key, reply in said.items():
        assert (reply.text, reply.usage) == (meant[key].text, meant[key].usage)
        assert reply.p_yes == pytest.approx(meant[key].p_yes, abs=1e-6)


def test_a_server_of_qwen3_vl_gives_the_answers_of_this_process(
    served3: Served, qwen3: TransformersQwen
) -> None:
    assert_same(dict(connected(served3).answer(questions())), dict(qwen3.answer(questions())))
    assert not any("chat_template_kwargs" in body for body in served3.heard)


def test_a_family_is_known_by_the_name_where_no_files_are_here(
    served3: Served, qwen3: TransformersQwen
) -> None:
    served3.cards[0]["root"] = "somewhere/else"
    model = connected(served3)
    assert model.limits.family == "Qwen3-VL"
    assert box_scale_of(model.limits) == "thousandths"
    # The published bounds of its family: 256 x 256 pixels and more.
    clip = ask("it", "Does it move?", frames=frame_batch(4, 256, 256, 2.0), choices=YES_NO)
    assert model._builder.build(clip).ids == with_large_frames(qwen3)._builder.build(clip).ids


def with_large_frames(model: TransformersQwen) -> TransformersQwen:
    same = TransformersQwen(model._checkpoint)
    same.__dict__["limits"] = replace(model.limits, max_pixels=10**6)
    return same


def test_a_hybrid_is_asked_with_thinking_off_and_answers_as_here(
    served35: Served, qwen35: TransformersQwen
) -> None:
    assert_same(dict(connected(served35).answer(questions())), dict(qwen35.answer(questions())))
    told = [body["chat_template_kwargs"] for body in served35.heard]
    assert told == [{"enable_thinking": False}] * len(questions())
    assert "enable_thinking" not in served35.heard[0]
    assert connected(served35).limits.identity.endswith("thinking-off")


def test_a_hosted_hybrid_is_told_in_both_ways_and_shown_times_as_text(
    qwen35: TransformersQwen,
) -> None:
    in_words = loaded(qwen35._checkpoint.folder, times_as_text=True)
    hosted: dict[str, Any] = {"owned_by": "system", "version": None, "context_tokens": None}
    with serving(in_words, name="qwen3.5-plus", **hosted) as one:
        clip = ask("it", "Does it move?", frames=frame_batch(2, 256, 256, 1.0), choices=YES_NO)
        list(connected(one).answer([clip]))
    (body,) = one.heard
    assert body["enable_thinking"] is False
    assert body["chat_template_kwargs"] == {"enable_thinking": False}
    shown = [part.get("text") for part in body["messages"][1]["content"]]
    assert shown == ["<0.0 seconds>", None, "<1.0 seconds>", None, "Does it move?"]


# Traps


@pytest.mark.parametrize(
    "change",
    [
        {"message": {"content": "Yes", "reasoning_content": "Let me see."}},
        {"message": {"content": None, "reasoning": "Let me see."}},
        {"logprobs": {"content": [{"token": "<think>", "top_logprobs": []}]}},
    ],
    ids=["reasoning_content", "reasoning", "<think>"],
)
def test_a_model_that_goes_on_thinking_gives_no_yes_or_no(
    served35: Served, change: dict[str, Any]
) -> None:
    def thinks(call: Call) -> bool:
        choice = {"index": 0, "message": {"content": "Yes"}, "finish_reason": "stop"} | change
        usage = {"prompt_tokens": 150, "completion_tokens": 1}
        return call.say(200, {"choices": [choice], "usage": usage})

    served35.faults.append(thinks)
    clip = frame_batch(4, 64, 64, 2.0)
    ((_, reply),) = connected(served35).answer([ask("it", frames=clip, choices=YES_NO)])
    assert (reply.finish_reason, reply.p_yes) == ("error", None)
    assert "thinking is not switched off" in reply.text
    assert "enable_thinking=false" in reply.text


def test_a_model_under_the_name_of_another_family_is_refused(served3: Served) -> None:
    served3.cards[0]["id"] = served3.name = "Qwen2.5-VL-7B-Instruct"
    with pytest.raises(ModelError, match=r"a Qwen3-VL, under the name .* of a Qwen2\.5-VL"):
        _ = connected(served3).limits
    served3.cards[0]["root"] = "Qwen/Qwen3-VL-8B-Instruct"
    with pytest.raises(ModelError, match="serves Qwen/Qwen3-VL-8B-Instruct, a Qwen3-VL"):
        _ = connected(served3).limits


def test_a_model_of_another_family_than_its_name_says_is_found_by_its_count_of_tokens(
    qwen35: TransformersQwen, qwen3: TransformersQwen
) -> None:
    """Files elsewhere, a name that lies: an empty thought more than was meant."""
    with serving(qwen35, name="Qwen3-VL-tiny", token_ids=ids_of(qwen3)) as one:
        model = connected(one)
        model._builder._limits = qwen3.limits
        clip = frame_batch(4, 64, 64, 2.0)
        ((_, reply),) = model.answer([ask("it", frames=clip, choices=YES_NO)])
    assert reply.finish_reason == "error"
    assert "or is no Qwen3-VL, and its reply is not believed" in reply.text


def test_a_server_with_an_older_transformers_is_said_so(served3: Served) -> None:
    def unmarked(call: Call) -> bool:
        choice = {"index": 0, "message": {"content": "[]"}, "finish_reason": "stop"}
        usage = {"prompt_tokens": len(meant.ids) - 2, "completion_tokens": 1}
        return call.say(200, {"choices": [choice], "usage": usage})

    model = connected(served3)
    question = ask("it", "When?", frames=frame_batch(4, 64, 64, 2.0))
    meant = model._builder.build(question)
    served3.faults.append(unmarked)
    ((_, reply),) = model.answer([question])
    assert "serve it with transformers 5.10 or later" in reply.text


def test_boxes_in_pixels_from_a_model_of_thousandths_are_not_read(served3: Served) -> None:
    scale = box_scale_of(connected(served3).limits)
    right = parse_boxes('[{"bbox_2d":[250,0,500,1000],"label":"it"}]', 1920, 1080, scale)
    assert right.boxes[0].box == (0.25, 0.0, 0.5, 1.0)
    wrong = parse_boxes('[{"bbox_2d":[480,0,1900,1080],"label":"it"}]', 1920, 1080, scale)
    assert wrong == ((), {"unreadable": 1})


@dataclass(frozen=True)
class Blind:
    """A model whose server loses the pictures and keeps their number."""

    model: VisionModel

    @property
    def limits(self) -> ModelLimits:
        return self.model.limits

    def answer(self, asks: Iterable[Ask]) -> Iterator[tuple[str, Reply]]:
        return self.model.answer(map(blanked, asks))


def blanked(ask: Ask) -> Ask:
    pictures = np.full_like(ask.frames.pictures, 90)
    return replace(ask, frames=replace(ask.frames, pictures=pictures))


@pytest.mark.slow
def test_a_server_that_loses_the_video_fails_the_gate_though_all_tokens_are_there() -> None:
    checkpoint = resolve("bundled")
    assert checkpoint is not None
    root = str(checkpoint.folder)
    with serving(Blind(TransformersQwen(checkpoint)), root=root) as one:
        found = check(connected(one), QWEN25_VL, Quiet(), clips_per_rate=2)
    assert found.refused == 0
    assert found.verdict == "blind"
