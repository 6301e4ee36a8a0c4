"""Pixels, token ids and positions of Qwen2.5-VL, held to what its reference code gives.

The files in golden/ were written by `make_goldens.py` with the Hugging Face processors
and torchvision; positions are held to rules worked out by hand, and to transformers
where its rule is the model's own.
"""

import numpy as np
import pytest
import torch
from support.golden_cases import (
    CASES,
    MAX_PIXELS,
    MIN_PIXELS,
    SYSTEM,
    GoldenCase,
    byte_tokenizer,
    messages,
)
from support.qwen_assets import tiny_config
from transformers import Qwen2_5_VLForConditionalGeneration

from vidindex.adapters.vision.qwen.chat_template import ChatForm
from vidindex.adapters.vision.qwen.mrope import VisionBlock, sequence_positions
from vidindex.adapters.vision.qwen.patches import PackedPictures, pack_image, pack_video

TOKENS_PER_SECOND = 2
LADDER = [(0.5, 8), (1.0, 4), (2.0, 2), (4.0, 1)]

each_case = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)


@pytest.fixture(scope="module")
def model() -> Qwen2_5_VLForConditionalGeneration:
    torch.set_num_threads(1)
    torch.manual_seed(0)
    return Qwen2_5_VLForConditionalGeneration(tiny_config(byte_tokenizer())).eval()


def packed(case: GoldenCase) -> PackedPictures:
    if case.fps is None:
        return pack_image(case.pictures[0], MIN_PIXELS, MAX_PIXELS)
    return pack_video(case.pictures, case.fps, MIN_PIXELS, MAX_PIXELS)


def question(case: GoldenCase) -> tuple[list[int], VisionBlock]:
    pictures = packed(case)
    ids, start = ChatForm(byte_tokenizer()).question(
        SYSTEM, case.prompt, is_video=pictures.is_video, places=pictures.token_count
    )
    return ids, VisionBlock(start, pictures.grid_thw, pictures.seconds_per_grid or 0.0)


@each_case
def test_pixels_grid_and_time_scale_are_those_of_the_reference_processor(case: GoldenCase) -> None:
    golden, ours = np.load(case.path), packed(case)
    assert ours.grid_thw == tuple(golden["grid_thw"])
    seconds = [] if ours.seconds_per_grid is None else [ours.seconds_per_grid]
    assert seconds == golden["seconds_per_grid"].tolist()
    assert ours.patches.shape == golden["pixels"].shape
    np.testing.assert_allclose(ours.patches.numpy(), golden["pixels"], rtol=0, atol=1e-5)


@each_case
def test_token_ids_are_those_of_the_chat_template_and_the_reference_processor(
    case: GoldenCase,
) -> None:
    golden, tokenizer = np.load(case.path), byte_tokenizer()
    text = tokenizer.apply_chat_template(messages(case), tokenize=False, add_generation_prompt=True)
    assert text == str(golden["text"])
    assert question(case)[0] == golden["input_ids"].tolist()


@pytest.mark.parametrize("system", ["", "\n\n  Be brief.", "You see <|im_start|>"])
def test_any_system_words_are_encoded_as_the_template_would(system: str) -> None:
    tokenizer = byte_tokenizer()
    tokenizer.backend_tokenizer.encode_special_tokens = False
    plain = [{"role": "system", "content": system}, {"role": "user", "content": "Hi"}]
    ids, start = ChatForm(tokenizer).question(system, "Hi", is_video=True, places=1)
    without_video = [*ids[: start - 1], *ids[start + 2 :]]
    text = tokenizer.apply_chat_template(plain, tokenize=False, add_generation_prompt=True)
    assert tokenizer.decode(without_video) == text


def test_control_tokens_in_a_query_stay_words() -> None:
    tokenizer = byte_tokenizer()
    query = "a sign that says <|video_pad|><|im_end|>"
    ids, start = ChatForm(tokenizer).question(SYSTEM, query, is_video=True, places=3)
    control = tokenizer.convert_tokens_to_ids(["<|video_pad|>", "<|im_end|>"])
    assert [ids.count(one) for one in control] == [3, 2]
    assert ids[start : start + 3] == [control[0]] * 3
    assert query in tokenizer.decode(ids)


@pytest.mark.parametrize(("fps", "step"), LADDER)
def test_text_goes_on_after_the_largest_id_of_the_pictures(fps: float, step: int) -> None:
    wide = VisionBlock(start=2, grid_thw=(2, 2, 60), seconds_per_grid=2 / fps)
    long = VisionBlock(start=2, grid_thw=(40, 2, 4), seconds_per_grid=2 / fps)
    after_wide = sequence_positions(2 + 60 + 2, wide, TOKENS_PER_SECOND)[:, -2:]
    after_long = sequence_positions(2 + 80 + 2, long, TOKENS_PER_SECOND)[:, -2:]
    assert after_wide.tolist() == [[2 + 30, 2 + 31]] * 3
    assert after_long.tolist() == [[2 + 39 * step + 1, 2 + 39 * step + 2]] * 3


@each_case
def test_positions_of_short_clips_are_those_of_transformers(
    case: GoldenCase, model: Qwen2_5_VLForConditionalGeneration
) -> None:
    ids, block = question(case)
    theirs = transformers_positions(model, ids, block, is_video=case.fps is not None)
    ours = sequence_positions(len(ids), block, TOKENS_PER_SECOND)
    after = block.start + block.token_count
    assert ours[:, :after].tolist() == theirs[:, :after].tolist()
    # transformers 5 goes on at max(rows, columns), the model's own code at the largest id.
    shift = int(ours[:, :after].max()) - block.start + 1 - max(block.grid_thw[1:]) // 2
    assert set((ours - theirs)[:, after:].flatten().tolist()) == {shift}
    assert (shift == 0) == (case.name not in {"video_rounded", "video_shrunk"})


@each_case
def test_logits_of_our_inputs_are_those_of_the_reference_inputs(
    case: GoldenCase, model: Qwen2_5_VLForConditionalGeneration
) -> None:
    golden, pictures = np.load(case.path), packed(case)
    ids, block = question(case)
    positions = sequence_positions(len(ids), block, TOKENS_PER_SECOND)[:, None]
    suffix, grid = ("_videos", "video_grid_thw") if pictures.is_video else ("", "image_grid_thw")

    def logits(ids: torch.Tensor, pixels: torch.Tensor, grid_thw: torch.Tensor) -> torch.Tensor:
        inputs = {f"pixel_values{suffix}": pixels, grid: grid_thw[None].long()}
        with torch.inference_mode():
            output = model(input_ids=ids[None].long(), position_ids=positions, **inputs)
        return torch.as_tensor(output.logits)

    theirs = logits(
        *(torch.from_numpy(golden[name]) for name in ("input_ids", "pixels", "grid_thw"))
    )
    ours = logits(torch.tensor(ids), pictures.patches, torch.tensor(pictures.grid_thw))
    torch.testing.assert_close(ours, theirs, rtol=0, atol=1e-5)


def transformers_positions(
    model: Qwen2_5_VLForConditionalGeneration, ids: list[int], block: VisionBlock, *, is_video: bool
) -> torch.Tensor:
    kind = torch.zeros(1, len(ids), dtype=torch.int)
    kind[0, block.start : block.start + block.token_count] = 2 if is_video else 1
    grid = torch.tensor([block.grid_thw])
    positions, _ = model.model.get_rope_index(
        torch.tensor([ids]),
        kind,
        image_grid_thw=None if is_video else grid,
        video_grid_thw=grid if is_video else None,
        second_per_grid_ts=[block.seconds_per_grid] if is_video else None,
    )
    return torch.as_tensor(positions[:, 0])
