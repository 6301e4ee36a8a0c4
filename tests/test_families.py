"""Qwen3-VL and Qwen3.5 in process: what the model is shown, and which checkpoints are refused.

The checkpoints are tiny, real and untrained; they are held to transformers' own code.
"""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from support.family_assets import CONTEXT_TOKENS, save_tiny_qwen3, save_tiny_qwen35
from support.golden_cases import (
    HYBRID_TEMPLATE,
    QWEN3_CASES,
    QWEN3_MAX_PIXELS,
    QWEN3_MIN_PIXELS,
    QWEN3_TEMPLATE,
    SYSTEM,
    THINKING_TEMPLATE,
    GoldenCase,
    qwen3_tokenizer,
)
from support.qwen_assets import ask, frame_batch
from transformers import AutoModelForImageTextToText

from vidindex.adapters.checkpoints.device import Device
from vidindex.adapters.vision.checkpoints.catalog import resolve
from vidindex.adapters.vision.hf.model import TransformersQwen
from vidindex.adapters.vision.qwen.chat_template import ChatForm
from vidindex.adapters.vision.qwen.patches import pack_image, pack_video
from vidindex.adapters.vision.vllm.placement import ServedModel
from vidindex.core.families import (
    QWEN3_FAMILY,
    QWEN25_FAMILY,
    QWEN35_FAMILY,
    family_in_name,
    family_named,
)
from vidindex.core.prompts.times_as_text import group_times_s, time_before
from vidindex.core.sampling.cost import estimate
from vidindex.core.sampling.grid import size_for_model, time_tokens, vision_tokens
from vidindex.core.sampling.planner import settings_for
from vidindex.errors import ModelError, ModelNotFound
from vidindex.types import Ask, ModelLimits, Reply

YES_NO = ("Yes", "No")
LIMITS = ModelLimits("", "", 32_768, 768, 3136, 786_432, 12_288, QWEN3_FAMILY.name)
SIZES = [(4, 64, 96, 2.0), (1, 96, 64, None), (12, 64, 64, 0.5), (5, 64, 64, 1.0)]
SAVERS: dict[str, Callable[..., Path]] = {"Qwen3-VL": save_tiny_qwen3, "Qwen3.5": save_tiny_qwen35}


@pytest.fixture(scope="module", params=SAVERS)
def folder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.set_num_threads(1)
    return SAVERS[request.param](tmp_path_factory.mktemp("family") / "tiny")


def loaded(folder: Path, *, times_as_text: bool = False) -> TransformersQwen:
    checkpoint = resolve(str(folder))
    assert checkpoint is not None
    return TransformersQwen(checkpoint, times_as_text=times_as_text)


def answers(model: TransformersQwen, *asks: Ask) -> dict[str, Reply]:
    return dict(model.answer(asks))


# What the model is shown


@pytest.mark.parametrize("case", QWEN3_CASES, ids=lambda case: case.name)
def test_pixels_and_token_ids_are_those_of_the_reference_processor(case: GoldenCase) -> None:
    golden = np.load(case.path)
    bounds = QWEN3_MIN_PIXELS, QWEN3_MAX_PIXELS
    if case.fps is None:
        packed = pack_image(case.pictures[0], *bounds, family=QWEN3_FAMILY)
    else:
        packed = pack_video(case.pictures, case.fps, *bounds, family=QWEN3_FAMILY)
    assert packed.grid_thw == tuple(golden["grid_thw"])
    np.testing.assert_allclose(packed.patches.numpy(), golden["pixels"], rtol=0, atol=1e-5)
    chat, places = ChatForm(qwen3_tokenizer(QWEN3_TEMPLATE)), packed.token_count
    if case.fps is None:
        ids, _ = chat.question(SYSTEM, case.prompt, is_video=False, places=places)
    else:
        times = [time_before(one) for one in group_times_s(case.frames, case.fps, 2)]
        places //= packed.grid_thw[0]
        ids, _ = chat.grouped_question(SYSTEM, case.prompt, times, places=places)
    assert ids == golden["input_ids"].tolist()


def question() -> Ask:
    return ask("q", frames=frame_batch(4, 64, 64, 2.0), choices=YES_NO)


def shown(model: TransformersQwen, question: Ask) -> str:
    """The prompt as text, with every run of picture tokens as one."""
    ids = model._builder.build(question).ids
    pads = {model._tokenizer.convert_tokens_to_ids(f"<|{one}_pad|>") for one in ("image", "video")}
    short = [
        one
        for one, before in zip(ids, [None, *ids], strict=False)
        if one not in pads or one != before
    ]
    return str(model._tokenizer.decode(short))


def test_every_pair_of_frames_is_shown_behind_the_middle_of_its_times(folder: Path) -> None:
    model = loaded(folder)
    hybrid = model.limits.family == QWEN35_FAMILY.name
    pictures = "<|vision_start|><|video_pad|><|vision_end|>"
    assert shown(model, ask("q", "When?", frames=frame_batch(5, 64, 64, 1.0))) == (
        f"<|im_start|>system\n{SYSTEM}<|im_end|>\n<|im_start|>user\n"
        f"<|vision_start|><0.5 seconds>{pictures}<2.5 seconds>{pictures}"
        f"<4.0 seconds>{pictures}<|vision_end|>When?<|im_end|>\n"
        "<|im_start|>assistant\n" + ("<think>\n\n</think>\n\n" if hybrid else "")
    )


def test_a_still_is_shown_without_a_time(folder: Path) -> None:
    still = shown(loaded(folder), ask("q", "Where?", frames=frame_batch(1, 64, 64, None)))
    assert "user\n<|vision_start|><|image_pad|><|vision_end|>Where?" in still


def test_times_count_from_the_first_frame_wherever_the_clip_was_taken() -> None:
    assert group_times_s(4, 2.0, 2) == [0.25, 1.25]
    assert group_times_s(3, 4.0, 2) == [0.125, 0.5]
    assert group_times_s(1, 1.0, 2) == [0.0]


def test_a_token_is_32_pixels_square_and_every_time_costs_text(folder: Path) -> None:
    model = loaded(folder)
    batch = frame_batch(6, 64, 96, 2.0)
    usage = answers(model, ask("q", frames=batch, choices=YES_NO))["q"].usage
    family = family_named(model.limits.family)
    assert usage.vision_tokens == vision_tokens(6, 96, 64, family) == 3 * 2 * 3
    assert time_tokens(6, family) == 27
    assert time_tokens(6, QWEN25_FAMILY) == 0


def test_replies_do_not_depend_on_what_else_is_in_the_batch(folder: Path) -> None:
    model = loaded(folder)
    asks = [
        ask(f"{number} {choices}", frames=frame_batch(*size), choices=choices, max_tokens=6)
        for number, size in enumerate(SIZES)
        for choices in ((), YES_NO)
    ]
    together = answers(model, *asks)
    assert len({reply.text for reply in together.values()}) > 2
    for one in asks:
        alone = answers(model, one)[one.key]
        assert (alone.text, alone.usage) == (together[one.key].text, together[one.key].usage)
        assert alone.p_yes == pytest.approx(together[one.key].p_yes, abs=1e-5)


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_greedy_words_and_positions_are_those_of_transformers(
    folder: Path, size: tuple[Any, ...]
) -> None:
    model = loaded(folder)
    question = ask("q", max_tokens=12, frames=frame_batch(*size))
    batch = model._builder.collate([model._builder.build(question)], 0, torch.float32, "cpu")
    inputs = {name: value for name, value in batch.inputs.items() if name != "position_ids"}
    theirs = AutoModelForImageTextToText.from_pretrained(folder).eval()
    kinds = torch.zeros_like(inputs["input_ids"])
    kinds[inputs["input_ids"] == theirs.config.image_token_id] = 1
    kinds[inputs["input_ids"] == theirs.config.video_token_id] = 2
    positions, _ = theirs.model.get_rope_index(
        inputs["input_ids"],
        kinds,
        image_grid_thw=inputs.get("image_grid_thw"),
        video_grid_thw=inputs.get("video_grid_thw"),
    )
    assert batch.position_ids.tolist() == positions.tolist()
    written = theirs.generate(**inputs, mm_token_type_ids=kinds, max_new_tokens=12, do_sample=False)
    reply = written[0, inputs["input_ids"].shape[1] :]
    text = model._tokenizer.decode(reply, skip_special_tokens=True)
    assert answers(model, question)["q"].text == text


def test_pictures_behind_their_times_are_another_way_of_asking(folder: Path) -> None:
    model, plain = loaded(folder, times_as_text=True), loaded(folder)
    question = ask("q", "When?", frames=frame_batch(2, 64, 64, 1.0))
    picture = "<|vision_start|><|image_pad|><|vision_end|>"
    assert f"<0.0 seconds>{picture}<1.0 seconds>{picture}When?" in shown(model, question)
    assert model.limits.identity == f"{plain.limits.identity} times-as-text/1"


def test_frames_that_are_no_whole_tokens_are_refused_with_a_size_that_is(folder: Path) -> None:
    reply = answers(loaded(folder), ask("q", frames=frame_batch(4, 84, 84, 2.0)))["q"]
    assert reply.finish_reason == "error"
    assert "multiples of 32" in reply.text
    assert "decode at 96x96" in reply.text


# Limits and plans


def test_limits_are_the_checkpoints_own_within_those_of_its_family(folder: Path) -> None:
    limits = loaded(folder).limits
    assert limits.context_tokens == CONTEXT_TOKENS
    assert (limits.min_pixels, limits.max_pixels) == (64 * 64, 160 * 160)
    assert limits.max_video_tokens == CONTEXT_TOKENS // 2
    for name in ("preprocessor_config.json", "video_preprocessor_config.json"):
        stated = json.loads((folder / name).read_text())
        assert stated["patch_size"] == family_named(limits.family).patch_px


def test_plans_are_made_in_steps_of_the_family_and_older_plans_stay_as_they_are() -> None:
    of_25 = replace(LIMITS, family=QWEN25_FAMILY.name)
    assert size_for_model(640, 360, LIMITS) == (640, 352)
    assert size_for_model(640, 360, of_25) == (616, 336)
    assert "sides in steps of 32" in settings_for(LIMITS, "adaptive").identity
    assert "sides" not in settings_for(of_25, "adaptive").identity
    assert estimate([], family=QWEN3_FAMILY).text_tokens == 0


@pytest.mark.parametrize(
    ("name", "family"),
    [
        ("Qwen/Qwen2.5-VL-7B-Instruct", "Qwen2.5-VL"),
        ("TIGER-Lab/VL-Rethinker-7B", "Qwen2.5-VL"),
        ("Qwen/Qwen3-VL-235B-A22B-Instruct", "Qwen3-VL"),
        ("qwen3-vl-plus", "Qwen3-VL"),
        ("Qwen/Qwen3.5-9B", "Qwen3.5"),
        ("Qwen/Qwen3.6-35B-A3B", "Qwen3.5"),
        ("Qwen/Qwen3.8-27B-FP8", "Qwen3.5"),
        ("TencentARC/TimeLens-8B", "Qwen3-VL"),
    ],
)
def test_a_served_name_says_its_family(name: str, family: str) -> None:
    found = family_in_name(name)
    assert found is not None
    assert found.name == family


@pytest.mark.parametrize("name", ["qwen-tiny", "gpt-4o", "Qwen/Qwen3-8B", "patient"])
def test_other_names_say_none(name: str) -> None:
    assert family_in_name(name) is None


# vLLM


def test_vllm_is_given_room_for_heads_of_their_own_size(folder: Path) -> None:
    """Heads are not width over their number, and linear attention keeps nothing of a token."""
    checkpoint = resolve(str(folder))
    assert checkpoint is not None
    config = json.loads((folder / "config.json").read_text())
    text = config["text_config"]
    on_gpu = replace(checkpoint, device=Device("cuda", 10**12))
    model = ServedModel.of(on_gpu, config)
    assert (model.head_size, model.num_kv_heads) == (text["head_dim"], 1)
    layers = 1 if checkpoint.family == QWEN35_FAMILY.name else 2
    assert model.kv_bytes_per_token == 2 * layers * 32 * 2


def test_qwen35_on_vllm_on_a_cpu_is_refused_with_the_backend_to_take(tmp_path: Path) -> None:
    folder = save_tiny_qwen35(tmp_path / "hybrid")
    checkpoint = resolve(str(folder))
    assert checkpoint is not None
    config = json.loads((folder / "config.json").read_text())
    with pytest.raises(ModelError, match="bfloat16") as caught:
        ServedModel.of(checkpoint, config)
    assert "--backend transformers" in caught.value.hint


# What is refused


def test_a_checkpoint_that_always_thinks_is_refused_with_the_one_to_take(tmp_path: Path) -> None:
    folder = save_tiny_qwen3(tmp_path / "thinks", template=THINKING_TEMPLATE)
    with pytest.raises(ModelNotFound, match="always thinks before it answers") as caught:
        resolve(str(folder))
    assert caught.value.hint == "take the Instruct checkpoint of its size"


def test_a_template_with_a_thinking_switch_is_asked_with_thinking_off(tmp_path: Path) -> None:
    model = loaded(save_tiny_qwen3(tmp_path / "hybrid", template=HYBRID_TEMPLATE))
    assert shown(model, question()).endswith("assistant\n<think>\n\n</think>\n\n")


def test_a_template_that_is_broken_is_refused(tmp_path: Path) -> None:
    folder = save_tiny_qwen3(tmp_path / "broken", template="{% if %}")
    with pytest.raises(ModelNotFound, match="chat template cannot be used"):
        resolve(str(folder))


def test_code_in_a_checkpoint_is_never_run(folder: Path, tmp_path: Path) -> None:
    changed = with_config(folder, tmp_path, auto_map={"AutoModel": "modeling_x.Model"})
    ran = tmp_path / "ran"
    (changed / "modeling_x.py").write_text(f"open({str(ran)!r}, 'w')")
    with pytest.raises(ModelNotFound, match="comes with code of its own"):
        resolve(str(changed))
    assert not ran.exists()


def test_pickled_weights_are_never_read(folder: Path, tmp_path: Path) -> None:
    changed = with_config(folder, tmp_path)
    (changed / "model.safetensors").rename(changed / "pytorch_model.bin")
    with pytest.raises(ModelNotFound, match=r"pickle files \(pytorch_model\.bin\)") as caught:
        resolve(str(changed))
    assert caught.value.hint == "take a safetensors build of it"


def test_patches_of_another_size_than_the_familys_are_refused(folder: Path, tmp_path: Path) -> None:
    vision = json.loads((folder / "config.json").read_text())["vision_config"]
    changed = with_config(folder, tmp_path, vision_config=vision | {"patch_size": 14})
    with pytest.raises(ModelNotFound, match=r"patch_size 14 where Qwen3.* has 16"):
        resolve(str(changed))


def test_the_tensors_of_another_family_are_refused(folder: Path, tmp_path: Path) -> None:
    other = "qwen3_vl" if "qwen3_5" in (folder / "config.json").read_text() else "qwen3_5"
    save = {"qwen3_vl": save_tiny_qwen3, "qwen3_5": save_tiny_qwen35}[other]
    mixed = save(tmp_path / "mixed")
    (mixed / "model.safetensors").write_bytes((folder / "model.safetensors").read_bytes())
    with pytest.raises(ModelNotFound, match=r"lacks \d+ tensors"):
        answers(loaded(mixed), question())


def test_tensors_without_a_place_are_refused(folder: Path, tmp_path: Path) -> None:
    changed = with_config(folder, tmp_path)
    path = changed / "model.safetensors"
    more = load_file(path) | {"model.language_model.layers.9.mlp.up_proj.weight": torch.ones(2)}
    save_file(more, path, metadata={"format": "pt"})
    with pytest.raises(ModelNotFound, match=r"holds 1 tensors that a Qwen3.* has no place for"):
        answers(loaded(changed), question())


def with_config(folder: Path, tmp_path: Path, **changes: Any) -> Path:
    """A copy of the checkpoint whose config.json says something else."""
    changed = tmp_path / "changed"
    changed.mkdir()
    for path in folder.iterdir():
        (changed / path.name).write_bytes(path.read_bytes())
    config = json.loads((changed / "config.json").read_text())
    (changed / "config.json").write_text(json.dumps(config | changes))
    return changed
