"""Packing and positions on arithmetic alone: shapes, and exact ids on the ladder."""

import numpy as np
import pytest
import torch

from vidindex.adapters.vision.qwen.mrope import VisionBlock, batch_positions, sequence_positions
from vidindex.adapters.vision.qwen.patches import pack_image, pack_video
from vidindex.core.families import QWEN25_FAMILY

TOKENS_PER_SECOND = 2


def frames_of(count: int, height: int = 112, width: int = 84) -> np.ndarray:
    rng = np.random.default_rng(count)
    return rng.integers(0, 256, (count, height, width, 3), dtype=np.uint8)


def test_a_video_packs_two_frames_into_a_group_and_four_patches_into_a_token() -> None:
    packed = pack_video(frames_of(6), fps=0.5)
    assert packed.grid_thw == (3, 8, 6)
    assert packed.patches.shape == (3 * 8 * 6, 3 * 2 * 14 * 14)
    assert packed.token_count == 3 * 4 * 3
    assert packed.seconds_per_grid == 4.0


def test_an_odd_last_frame_is_repeated() -> None:
    odd, even = frames_of(3), np.concatenate((frames_of(3), frames_of(3)[-1:]))
    assert torch.equal(pack_video(odd, 1.0).patches, pack_video(even, 1.0).patches)


def test_an_image_is_its_frame_twice_and_has_no_seconds() -> None:
    picture = frames_of(1)[0]
    image, video = pack_image(picture), pack_video(np.stack([picture, picture]), 1.0)
    assert not image.is_video
    assert video.is_video
    assert torch.equal(image.patches, video.patches)


def test_patches_are_the_normalised_pixels_of_two_by_two_neighbours() -> None:
    frames = frames_of(2)
    patches = pack_video(frames, 1.0).patches.view(-1, 3, 2, 14, 14)
    # The second row of patches in memory is the right neighbour, the third the one below.
    for row, (top, left) in enumerate(((0, 0), (0, 14), (14, 0), (14, 14), (0, 28))):
        pixels = frames[:, top : top + 14, left : left + 14] / 255
        wanted = (pixels - np.array(QWEN25_FAMILY.mean_rgb)) / np.array(QWEN25_FAMILY.std_rgb)
        assert torch.allclose(
            patches[row], torch.from_numpy(wanted).permute(3, 0, 1, 2).float(), atol=1e-5
        )


def test_no_frames_are_refused() -> None:
    with pytest.raises(ValueError, match="T > 0"):
        pack_video(frames_of(0), 1.0)


@pytest.mark.parametrize(("fps", "step"), [(0.5, 8), (1.0, 4), (2.0, 2), (4.0, 1)])
def test_time_ids_step_exactly_on_the_ladder(fps: float, step: int) -> None:
    block = VisionBlock(start=3, grid_thw=(5, 4, 4), seconds_per_grid=2 / fps)
    ids = sequence_positions(3 + block.token_count + 2, block, TOKENS_PER_SECOND)
    assert ids[0, 3 : 3 + block.token_count : 4].tolist() == [3 + step * g for g in range(5)]


def test_rows_and_columns_start_at_the_block_and_text_goes_on_after_the_largest_id() -> None:
    block = VisionBlock(start=2, grid_thw=(2, 4, 6), seconds_per_grid=4.0)
    ids = sequence_positions(2 + 12 + 2, block, TOKENS_PER_SECOND)
    assert ids[:, :2].tolist() == [[0, 1]] * 3
    assert ids[1, 2:8].tolist() == [2, 2, 2, 3, 3, 3]
    assert ids[2, 2:8].tolist() == [2, 3, 4, 2, 3, 4]
    assert ids[:, 14:].tolist() == [[11, 12]] * 3


def test_an_image_stands_still_in_time() -> None:
    block = VisionBlock(start=1, grid_thw=(1, 4, 4))
    ids = sequence_positions(1 + 4 + 1, block, TOKENS_PER_SECOND)
    assert ids[0].tolist() == [0, 1, 1, 1, 1, 3]


def test_text_alone_just_counts() -> None:
    assert sequence_positions(3, None, TOKENS_PER_SECOND).tolist() == [[0, 1, 2]] * 3


def test_more_picture_tokens_than_places_are_refused() -> None:
    with pytest.raises(ValueError, match="do not fit"):
        sequence_positions(4, VisionBlock(0, (2, 4, 6)), TOKENS_PER_SECOND)


def test_padding_on_the_left_moves_nothing() -> None:
    blocks = [VisionBlock(1, (2, 4, 4), 2.0), None]
    lengths = [1 + 8 + 2, 4]
    mask = torch.zeros(2, 12, dtype=torch.long)
    for row, length in enumerate(lengths):
        mask[row, 12 - length :] = 1
    ids = batch_positions(mask, blocks, TOKENS_PER_SECOND)
    for row, (block, length) in enumerate(zip(blocks, lengths, strict=True)):
        alone = sequence_positions(length, block, TOKENS_PER_SECOND)
        assert torch.equal(ids[:, row, 12 - length :], alone)
        assert not ids[:, row, : 12 - length].any()
