"""Where pictures differ: a digit is seen, compression noise is not."""

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from vidindex.core.screen_text.frame_diff import changed, lie_within, touched
from vidindex.types.plan import Picture

CLOCK = (0.05, 0.05, 0.35, 0.15)


def screen(text: str, *, width: int = 640, height: int = 360, px: int = 18) -> Picture:
    image = Image.new("RGB", (width, height), (90, 110, 130))
    place = int(CLOCK[0] * width) + 4, int(CLOCK[1] * height) + 4
    ImageDraw.Draw(image).text(place, text, "white", ImageFont.load_default(px))
    return np.asarray(image)


def noisy(picture: Picture, seed: int, amplitude: float) -> Picture:
    noise = np.random.default_rng(seed).normal(0, amplitude, picture.shape)
    return (picture + noise).clip(0, 255).astype(np.uint8)


def test_the_same_picture_does_not_differ() -> None:
    picture = screen("12:00:01")
    assert not changed(picture, picture).any()


def test_one_digit_that_changes_is_seen_and_lies_in_its_box() -> None:
    blocks = changed(screen("12:00:01"), screen("12:00:02"))
    assert 1 <= blocks.sum() <= 6
    assert touched(blocks, CLOCK)
    assert lie_within(blocks, [CLOCK])
    assert not lie_within(blocks, [(0.5, 0.5, 0.9, 0.9)])


def test_one_digit_is_seen_in_a_large_picture_too() -> None:
    one, other = (screen(text, width=1920, height=1080) for text in ("12:00:05", "12:00:06"))
    blocks = changed(one, other)
    assert touched(blocks, CLOCK)
    assert lie_within(blocks, [CLOCK])


def test_a_mirrored_digit_differs_though_its_mean_does_not() -> None:
    one = np.zeros((8, 8, 3), np.uint8)
    one[:, :4] = 200
    assert changed(one, one[:, ::-1]).all()


def test_compression_noise_is_no_change() -> None:
    picture = screen("12:00:01")
    blocks = changed(noisy(picture, 1, 4.0), noisy(picture, 2, 4.0))
    assert not blocks.any()


def test_a_change_of_colour_alone_is_seen() -> None:
    red, green = np.zeros((16, 16, 3), np.uint8), np.zeros((16, 16, 3), np.uint8)
    red[..., 0], green[..., 1] = 100, 100
    assert changed(red, green).all()


def test_pictures_of_other_size_differ_everywhere() -> None:
    small, large = np.zeros((16, 16, 3), np.uint8), np.zeros((32, 16, 3), np.uint8)
    assert changed(small, large).all()


def test_what_changes_at_the_very_edge_is_seen() -> None:
    before = np.zeros((90, 101, 3), np.uint8)
    after = before.copy()
    after[-2:, -5:] = 255
    blocks = changed(before, after)
    assert blocks.shape == (12, 13)
    assert blocks[-1, -1]
    assert touched(blocks, (0.95, 0.95, 1.0, 1.0))


def test_a_change_beside_the_known_lines_is_not_within_them() -> None:
    blocks = np.zeros((10, 10), np.bool_)
    blocks[2, 2], blocks[8, 8] = True, True
    around_first = (0.2, 0.2, 0.3, 0.3)
    assert not lie_within(blocks, [around_first])
    assert lie_within(blocks, [around_first, (0.8, 0.8, 0.9, 0.9)])
    assert lie_within(np.zeros((10, 10), np.bool_), [])
