"""Render scenes: background, objects with soft shading, written words, sensor noise.

Pictures are a pure function of (scene, time, height, width). Where the size has another
aspect than the scene, the picture is squeezed, as a model's square input squeezes a film.
"""

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont

from vidindex.synthetic import clips
from vidindex.synthetic.clips import ClipSpec, Ground, Pixels, noise_frame
from vidindex.synthetic.world.backgrounds import Floats, background_at
from vidindex.synthetic.world.scene import Backdrop, Scene, SceneObject, Sign
from vidindex.synthetic.world.shapes import SPUN, Values, inside

_LETTER_PX = 48


def render(scene: Scene, times_s: Sequence[float], height: int, width: int) -> Pixels:
    """Pictures (T, height, width, 3) of the scene at `times_s`."""
    if isinstance(scene.background, Ground):
        clip = ClipSpec(scene.duration_s, scene.objects, scene.background)
        return clips.render(clip, list(times_s), height, width)
    frames = np.empty((len(times_s), height, width, 3), np.float32)
    for frame, time_s in zip(frames, times_s, strict=True):
        _draw(frame, scene, scene.background, time_s)
    return np.clip(frames, 0, 255).astype(np.uint8)


def _draw(frame: Floats, scene: Scene, backdrop: Backdrop, time_s: float) -> None:
    height, width = frame.shape[:2]
    frame[:] = background_at(backdrop, time_s, height, width, scene.aspect)
    for one in scene.objects:
        if one.inside_at(time_s, scene.aspect) > 0:
            _paint(frame, one, time_s, scene.aspect)
    for sign in scene.signs:
        if sign.shown_at(time_s):
            _write(frame, sign, scene.aspect)
    if backdrop.noise:
        frame += backdrop.noise * noise_frame(backdrop.seed, time_s, height, width)


def _paint(frame: Floats, one: SceneObject, time_s: float, aspect: float) -> None:
    """Blends the object into `frame`, a little lighter at its upper left."""
    height, width = frame.shape[:2]
    rows, columns, cover, light = _drawn(one, time_s, aspect, height, width)
    patch = frame[rows, columns]
    patch += cover[..., None] * (np.asarray(one.rgb, np.float32) * light[..., None] - patch)


def mask_of(scene: Scene, time_s: float, height: int, width: int) -> Floats:
    """How much of each pixel (height, width) any object covers, 0 to 1."""
    mask = np.zeros((height, width), np.float32)
    for one in scene.objects:
        if one.inside_at(time_s, scene.aspect) > 0:
            rows, columns, cover, _ = _drawn(one, time_s, scene.aspect, height, width)
            mask[rows, columns] = np.maximum(mask[rows, columns], cover)
    return mask


def _drawn(
    one: SceneObject, time_s: float, aspect: float, height: int, width: int
) -> tuple[slice, slice, Values, Values]:
    """The object's rows and columns, and within them its cover (0 to 1) and its light."""
    pose = one.pose_at(time_s)
    half_y = pose.size * min(1.0, aspect) / 2 * height
    half_x = pose.size * min(1.0, 1 / aspect) / 2 * width
    x, y = pose.x * width, pose.y * height
    reach = SPUN if one.motion == "spins" else 1.0
    left, right = _limits(x, half_x * reach, width)
    top, bottom = _limits(y, half_y * reach, height)
    across = ((np.arange(left, right) + 0.5 - x) / half_x)[None]
    along = ((np.arange(top, bottom) + 0.5 - y) / half_y)[:, None]
    turn = one.angle_at(time_s)
    u = across * np.cos(turn) + along * np.sin(turn)
    v = along * np.cos(turn) - across * np.sin(turn)
    edge_px = inside(one.shape, u, v) * np.sqrt(half_x * half_y)
    cover = np.clip(edge_px + 0.5, 0, 1) * one.opacity_at(time_s)
    light = 1.0 - 0.12 * np.clip(across + along, -1, 1)
    return slice(top, bottom), slice(left, right), cover, light


def _limits(centre: float, half: float, side: int) -> tuple[int, int]:
    first = min(side, max(0, int(centre - half - 1)))
    return first, max(first, min(side, int(centre + half + 2)))


def _write(frame: Floats, sign: Sign, aspect: float) -> None:
    """Puts the word on a plate, dark on pale or pale on dark."""
    height, width = frame.shape[:2]
    tall = max(6, round(sign.height * height))
    letters = _letters(sign.word)
    wide = max(6, round(tall * letters.shape[1] / letters.shape[0] * width / height / aspect))
    plate = Image.fromarray(letters).resize((wide, tall), Image.Resampling.BILINEAR)
    ink = np.asarray(plate, np.float32)[..., None] / 255
    level = 30 + 200 * ink if sign.dark else 235 - 210 * ink
    top = int(np.clip(round(sign.y * height - tall / 2), 0, max(0, height - tall)))
    left = int(np.clip(round(sign.x * width - wide / 2), 0, max(0, width - wide)))
    part = frame[top : top + tall, left : left + wide]
    part[:] = level[: part.shape[0], : part.shape[1]]


@lru_cache(maxsize=64)
def _letters(word: str) -> npt.NDArray[np.uint8]:
    font = ImageFont.load_default(_LETTER_PX)
    x1, y1, x2, y2 = font.getbbox(word)
    image = Image.new("L", (round(x2 - x1) + 20, round(y2 - y1) + 20))
    ImageDraw.Draw(image).text((10 - x1, 10 - y1), word, fill=255, font=font)
    return np.asarray(image)
