"""What every Qwen2.5-VL backend must do; then what only the one in process can show.

A backend is added to BACKENDS: a name, and a function from a checkpoint folder to a
VisionModel. The checkpoints are tiny, real, and untrained.
"""

import json
import re
import shutil
import socket
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, NoReturn

import pytest
import torch
from safetensors.torch import load_file, save_file
from support.qwen_assets import (
    CONTEXT_TOKENS,
    ask,
    frame_batch,
    lay_out_as_published,
    save_tiny_checkpoint,
)
from transformers import Qwen2_5_VLForConditionalGeneration

from vidindex.adapters.vision.checkpoints.catalog import resolve
from vidindex.adapters.vision.hf.model import TransformersQwen
from vidindex.core.prompts.profile import QWEN25_VL, box_schema, ground_schema, segment_schema
from vidindex.errors import ModelNotFound
from vidindex.ports import VisionModel
from vidindex.types import Ask, Reply

YES_NO = ("Yes", "No")


def in_process(folder: Path) -> TransformersQwen:
    checkpoint = resolve(str(folder))
    assert checkpoint is not None
    return TransformersQwen(checkpoint)


BACKENDS: dict[str, Callable[[Path], VisionModel]] = {"transformers": in_process}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.set_num_threads(1)
    return save_tiny_checkpoint(tmp_path_factory.mktemp("checkpoints") / "tiny")


@pytest.fixture(scope="module", params=BACKENDS)
def backend(request: pytest.FixtureRequest, folder: Path) -> VisionModel:
    return BACKENDS[request.param](folder)


def answers(backend: VisionModel, *asks: Ask) -> dict[str, Reply]:
    replies = list(backend.answer(asks))
    assert len(replies) == len(asks), "every question is answered once"
    return dict(replies)


def assert_same(one: Reply, other: Reply) -> None:
    """The same words and counts, the same probabilities to 1e-5."""
    assert (one.text, one.finish_reason, one.usage) == (
        other.text,
        other.finish_reason,
        other.usage,
    )
    assert one.p_yes == pytest.approx(other.p_yes, abs=1e-5)
    assert one.yes_no_mass == pytest.approx(other.yes_no_mass, abs=1e-5)


def mixed_asks() -> list[Ask]:
    """Questions of every kind, about clips and pictures of several sizes and rates."""
    clips = [
        (4, 56, 84, 2.0),
        (1, 84, 56, None),
        (12, 56, 56, 0.5),
        (2, 84, 112, 4.0),
        (3, 56, 56, 1.0),
    ]
    kinds: list[dict[str, Any]] = [
        {"max_tokens": 12},
        {"choices": YES_NO, "prompt": "Does the square move to the right? Answer Yes or No."},
        {"schema": ground_schema(2), "max_tokens": 90},
        {"choices": ("left", "right")},
    ]
    return [
        ask(f"{number}-{kind}", **{"frames": frame_batch(*size), **kinds[kind]})
        for number, size in enumerate(clips)
        for kind in range(len(kinds))
    ]


# The contract


def test_yes_no_carries_the_probability_and_its_mass(backend: VisionModel) -> None:
    reply = answers(backend, ask("q", "Is it red?", choices=YES_NO))["q"]
    assert reply.p_yes is not None
    assert reply.yes_no_mass is not None
    assert 0 < reply.p_yes < 1
    assert 0 < reply.yes_no_mass < 1
    assert reply.text == ("Yes" if reply.p_yes >= 0.5 else "No")
    assert (reply.finish_reason, reply.usage.completion_tokens) == ("stop", 1)


def test_other_choices_are_held_to_and_carry_no_probability(backend: VisionModel) -> None:
    choices = ("café", 'the "left" one', "例")
    reply = answers(backend, ask("q", choices=choices, max_tokens=40))["q"]
    assert reply.text in choices
    assert (reply.p_yes, reply.yes_no_mass) == (None, None)


@pytest.mark.parametrize(
    "schema", [segment_schema(3, 12), ground_schema(3), box_schema(3, 12, 84, 56)]
)
def test_even_an_untrained_model_replies_in_the_form_asked_for(
    backend: VisionModel, schema: dict[str, Any]
) -> None:
    reply = answers(backend, ask("q", schema=schema, max_tokens=400))["q"]
    assert reply.finish_reason == "stop"
    items = json.loads(reply.text)
    assert len(items) <= 3
    for item in items:
        assert list(item) == schema["items"]["required"]
    outside_words = re.sub(r'"(?:[^"\\]|\\.)*"', "", reply.text)
    assert not re.search(r"\s", outside_words)


def test_a_reply_that_does_not_end_is_cut_and_says_so(backend: VisionModel) -> None:
    schema = {"type": "string", "minLength": 50, "maxLength": 60}
    asks = ask("free", max_tokens=5), ask("held", schema=schema, max_tokens=5)
    for reply in answers(backend, *asks).values():
        assert (reply.finish_reason, reply.usage.completion_tokens) == ("length", 5)


def test_tokens_are_counted_as_the_formula_says(backend: VisionModel) -> None:
    usage = answers(backend, ask("q", frames=frame_batch(6, 84, 112, 1.0)))["q"].usage
    assert usage.vision_tokens == 6 // 2 * 84 // 28 * 112 // 28
    assert usage.prompt_tokens > usage.vision_tokens


def test_a_reply_does_not_depend_on_what_else_is_asked(backend: VisionModel) -> None:
    asks = mixed_asks()
    together, backwards = answers(backend, *asks), answers(backend, *reversed(asks))
    for one in asks:
        alone = answers(backend, one)[one.key]
        assert_same(together[one.key], alone)
        assert_same(backwards[one.key], alone)


def test_a_question_that_does_not_fit_is_refused_and_the_rest_answered(
    backend: VisionModel,
) -> None:
    replies = answers(backend, ask("long", "x" * CONTEXT_TOKENS), ask("short"))
    assert replies["long"].finish_reason == "error"
    assert f"do not fit the model's {CONTEXT_TOKENS}; take fewer" in replies["long"].text
    assert replies["short"].finish_reason != "error"


def test_frames_of_another_size_are_refused_with_the_size_to_take(backend: VisionModel) -> None:
    replies = answers(
        backend,
        ask("odd", frames=frame_batch(2, 50, 84, 1.0)),
        ask("large", frames=frame_batch(2, 224, 224, 1.0)),
        ask("good"),
    )
    assert replies["odd"].text.endswith("decode at 84x56")
    assert replies["large"].text.endswith("decode at 112x112")
    assert [replies[key].finish_reason for key in ("odd", "large")] == ["error", "error"]
    assert replies["good"].finish_reason != "error"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"frames": frame_batch(2, 56, 56, None)}, "2 pictures without a rate"),
        (
            {"frames": replace(frame_batch(2, 56, 56, 1.0), fps=0.0)},
            "0.0 frames a second is not a valid rate",
        ),
        ({"frames": frame_batch(770, 56, 56, 4.0)}, "770 frames; the model takes 1 to 768"),
        ({"max_tokens": 0}, "max_tokens is 0"),
        ({"schema": {"type": "nonsense"}}, "nonsense"),
    ],
)
def test_a_question_that_makes_no_sense_says_why(
    backend: VisionModel, changes: dict[str, Any], words: str
) -> None:
    reply = answers(backend, ask("q", **changes))["q"]
    assert reply.finish_reason == "error"
    assert words in reply.text


def test_questions_are_read_with_a_bounded_look_ahead(folder: Path) -> None:
    checkpoint = resolve(str(folder))
    assert checkpoint is not None
    read = []

    def asks() -> Iterator[Ask]:
        for number in range(100):
            read.append(number)
            yield ask(str(number), choices=YES_NO)

    replies = TransformersQwen(checkpoint, batch_tokens=300).answer(asks())
    next(replies)
    assert len(read) < 20
    assert len(list(replies)) == 99


# In process only


def test_our_greedy_words_are_those_of_generate(folder: Path) -> None:
    """On a short clip, where the positions of transformers are the model's own."""
    question = ask("q", max_tokens=20)
    backend = in_process(folder)
    form, drafted = backend._builder, answers(backend, question)["q"]
    batch = form.collate([form.build(question)], 0, torch.float32, "cpu")
    model = Qwen2_5_VLForConditionalGeneration.from_pretrained(folder)
    is_picture = batch.inputs["input_ids"] == model.config.video_token_id
    written = model.generate(
        **{name: value for name, value in batch.inputs.items() if name != "position_ids"},
        mm_token_type_ids=2 * is_picture.int(),
        second_per_grid_ts=[1.0],
        max_new_tokens=20,
        do_sample=False,
    )
    reply = written[0, batch.inputs["input_ids"].shape[1] :]
    assert drafted.text == backend._tokenizer.decode(reply, skip_special_tokens=True)


def test_a_model_with_nothing_to_say_gives_an_empty_reply_and_an_endless_one_is_cut(
    tmp_path: Path,
) -> None:
    """With all logits alike the first token of the vocabulary is taken, for ever."""
    folder = save_tiny_checkpoint(tmp_path / "mute", mute=True)
    endless = answers(in_process(folder), ask("q", max_tokens=9))["q"]
    assert (endless.text, endless.finish_reason) == ("!" * 9, "length")
    settings = json.loads((folder / "generation_config.json").read_text())
    (folder / "generation_config.json").write_text(json.dumps(settings | {"eos_token_id": 0}))
    silent = answers(in_process(folder), ask("q"))["q"]
    assert (silent.text, silent.finish_reason) == ("", "stop")


def test_yes_no_of_a_model_without_opinion_is_even(tmp_path: Path) -> None:
    folder = save_tiny_checkpoint(tmp_path / "mute", mute=True)
    reply = answers(in_process(folder), ask("q", choices=YES_NO))["q"]
    assert reply.p_yes == pytest.approx(0.5)
    assert reply.yes_no_mass == pytest.approx(2 / 320)


@pytest.mark.slow
def test_where_memory_ends_the_batch_is_halved_and_nothing_is_lost(folder: Path) -> None:
    backend = in_process(folder)
    asks = [ask(str(number), "x" * number, max_tokens=4) for number in range(7)]
    expected = answers(backend, *asks)
    sizes = []

    def run_out(module: torch.nn.Module, args: tuple[Any, ...], inputs: dict[str, Any]) -> None:
        sizes.append(len(inputs["input_ids"]))
        if sizes[-1] > 2:
            raise torch.OutOfMemoryError

    with backend._model.register_forward_pre_hook(run_out, with_kwargs=True):
        assert answers(backend, *asks) == expected
    assert sizes[0] == 7


def test_a_question_too_large_for_the_memory_is_refused_and_the_rest_answered(
    folder: Path,
) -> None:
    backend = in_process(folder)

    def run_out(module: torch.nn.Module, args: tuple[Any, ...], inputs: dict[str, Any]) -> None:
        if inputs["input_ids"].shape[1] > 150:
            raise torch.OutOfMemoryError

    with backend._model.register_forward_pre_hook(run_out, with_kwargs=True):
        replies = answers(backend, ask("large", "x" * 120), ask("a"), ask("b"))
    assert replies["large"].finish_reason == "error"
    assert "need more memory than this device has free" in replies["large"].text
    assert {replies[key].finish_reason for key in "ab"} == {"length"}


def test_nothing_leaves_the_machine(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: Any) -> NoReturn:
        raise AssertionError("a connection was opened")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    assert answers(in_process(folder), ask("q"))["q"].usage.completion_tokens > 0


def test_the_identity_follows_the_weights_and_not_the_place(folder: Path, tmp_path: Path) -> None:
    moved = Path(shutil.copytree(folder, tmp_path / folder.name))
    identity = in_process(folder).limits.identity
    assert in_process(moved).limits.identity == identity
    weights = load_file(moved / "model.safetensors")
    weights["lm_head.weight"][0, 0] += 1.0
    save_file(weights, moved / "model.safetensors", metadata={"format": "pt"})
    assert in_process(moved).limits.identity != identity
    assert re.fullmatch(r"tiny@sha256:[0-9a-f]{16} float32 packing/\d+", identity)


def test_a_checkpoint_as_laid_out_on_the_hub_answers_the_same(folder: Path, tmp_path: Path) -> None:
    published = lay_out_as_published(Path(shutil.copytree(folder, tmp_path / "tiny")))
    asks = mixed_asks()
    expected = answers(in_process(folder), *asks)
    for key, reply in answers(in_process(published), *asks).items():
        assert_same(reply, expected[key])
    assert in_process(published).limits.context_tokens == CONTEXT_TOKENS


def test_a_checkpoint_that_lacks_tensors_is_refused_and_not_filled_with_chance(
    folder: Path, tmp_path: Path
) -> None:
    torn = Path(shutil.copytree(folder, tmp_path / "torn"))
    weights = load_file(torn / "model.safetensors")
    del weights["lm_head.weight"]
    save_file(weights, torn / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(ModelNotFound, match=r"lacks 1 tensors \(lm_head\.weight"):
        answers(in_process(torn), ask("q"))


def test_a_checkpoint_whose_files_contradict_each_other_is_refused(
    folder: Path, tmp_path: Path
) -> None:
    torn = Path(shutil.copytree(folder, tmp_path / "torn"))
    weights = load_file(torn / "model.safetensors")
    weights["lm_head.weight"] = torch.zeros(7, 32)
    save_file(weights, torn / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(ModelNotFound, match=r"model torn cannot be loaded: .+"):
        answers(in_process(torn), ask("q"))


def test_the_published_prompts_can_be_asked(backend: VisionModel) -> None:
    """`{query}` filled in or not, every wording of the profile is an ordinary question."""
    prompts = [QWEN25_VL.segment, QWEN25_VL.ground, QWEN25_VL.yes_no, QWEN25_VL.box]
    replies = answers(backend, *(ask(prompt[:9], prompt, max_tokens=2) for prompt in prompts))
    assert {reply.finish_reason for reply in replies.values()} == {"length"}
