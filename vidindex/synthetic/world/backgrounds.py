"""Draw backgrounds that look like photographs of surfaces: noise with natural spectra.

Every kind is a palette and a layout over a few periodic sheets of 1/f noise, which are made
once. A background is a pure function of (backdrop, time, size).
"""

from collections.abc import Callable
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from vidindex.synthetic.world.scene import Backdrop

Floats = npt.NDArray[np.float32]
Values = npt.NDArray[np.floating]
_SIDE_PX = 512
_SPECTRA = {"soft": 2.0, "rough": 1.3, "fine": 0.8}
_PALETTES: dict[str, tuple[tuple[float, float, float], tuple[float, float, float]]] = {
    "plain": ((112, 112, 116), (142, 142, 138)),
    "grass": ((52, 82, 34), (108, 138, 66)),
    "sand": ((158, 132, 92), (206, 182, 138)),
    "water": ((38, 78, 104), (104, 146, 164)),
    "sky": ((98, 138, 184), (206, 214, 222)),
    "brick": ((112, 58, 46), (152, 88, 70)),
    "wood": ((88, 58, 34), (146, 104, 64)),
    "night": ((26, 28, 48), (58, 58, 82)),
    "stone": ((84, 82, 78), (176, 172, 166)),
    "checks": ((88, 92, 108), (168, 162, 146)),
}


def background_at(drop: Backdrop, time_s: float, height: int, width: int, aspect: float) -> Floats:
    """Levels 0 to 255, shape (height, width, 3), without the noise of a sensor."""
    moved = drop.drift[0] * time_s, drop.drift[1] * time_s
    if moved == (0.0, 0.0):
        return _still(drop, height, width, aspect)
    return _drawn(drop, moved, height, width, aspect)


@lru_cache(maxsize=64)
def _still(drop: Backdrop, height: int, width: int, aspect: float) -> Floats:
    return _drawn(drop, (0.0, 0.0), height, width, aspect)


def _drawn(
    drop: Backdrop, moved: tuple[float, float], height: int, width: int, aspect: float
) -> Floats:
    rng = np.random.default_rng(drop.seed)
    xs = ((np.arange(width) + 0.5) / width + moved[0]) * aspect
    ys = (np.arange(height) + 0.5) / height + moved[1]
    mix, tint = _LAYOUTS[drop.kind](rng, ys, xs)
    dark, light = (np.asarray(level, np.float32) for level in _PALETTES[drop.kind])
    hue = rng.normal(0, 5, 3).astype(np.float32)
    picture = dark + hue + (light - dark) * np.clip(mix, -0.4, 1.4)[..., None] + tint
    vignette = 1 - 0.18 * (
        ((np.arange(height) / height - 0.5) ** 2)[:, None] + (np.arange(width) / width - 0.5) ** 2
    )
    shaded: Floats = (picture * vignette[..., None] * drop.exposure).astype(np.float32)
    return shaded


Layout = Callable[
    [np.random.Generator, Values, Values],
    tuple[Values, Values | float],
]


def _sample(
    rng: np.random.Generator,
    spectrum: str,
    ys: Values,
    xs: Values,
    scale_y: float,
    scale_x: float,
) -> Values:
    """A window of a noise sheet, mean 0.5, most of it in 0 to 1; one unit is the height."""
    sheet = _sheet(spectrum)
    rows = ((ys * scale_y + rng.uniform()) * _SIDE_PX).astype(int) % _SIDE_PX
    columns = ((xs * scale_x + rng.uniform()) * _SIDE_PX).astype(int) % _SIDE_PX
    window: Values = 0.5 + 0.25 * sheet[np.ix_(rows, columns)]
    return window


@lru_cache(maxsize=8)
def _sheet(spectrum: str) -> Floats:
    """Periodic noise of mean 0 and deviation 1 whose amplitude falls with frequency."""
    rng = np.random.default_rng(20_260_301)
    rows = np.fft.fftfreq(_SIDE_PX)[:, None]
    columns = np.fft.rfftfreq(_SIDE_PX)[None]
    radius = np.hypot(rows, columns)
    radius[0, 0] = 1.0
    white = np.fft.rfft2(rng.standard_normal((_SIDE_PX, _SIDE_PX)))
    shaped = white * radius ** -_SPECTRA[spectrum]
    shaped[0, 0] = 0.0
    sheet = np.fft.irfft2(shaped, s=(_SIDE_PX, _SIDE_PX))
    sheet -= sheet.mean()
    level: Floats = (sheet / sheet.std()).astype(np.float32)
    return level


def _plain(rng: np.random.Generator, ys: Values, xs: Values) -> tuple[Values, float]:
    slope = rng.uniform(-0.8, 0.8) * (xs[None] - 0.5) + rng.uniform(-0.8, 0.8) * (ys[:, None] - 0.5)
    return 0.5 + slope, float(rng.uniform(-40, 40))


def _noisy(spectrum: str, scale_y: float, scale_x: float) -> Layout:
    def layout(rng: np.random.Generator, ys: Values, xs: Values) -> tuple[Values, float]:
        near = rng.uniform(0.8, 1.3)
        return _sample(rng, spectrum, ys, xs, scale_y * near, scale_x * near), 0.0

    return layout


def _sky(rng: np.random.Generator, ys: Values, xs: Values) -> tuple[Values, Values]:
    """Clouds above a horizon of hills, dark land below it."""
    hills = 0.06 * np.sin(xs * rng.uniform(3, 7) + rng.uniform(0, 6))
    below = np.clip((ys[:, None] - rng.uniform(0.66, 0.84) - hills[None]) * 60, 0, 1)
    clouds = 0.75 * _sample(rng, "soft", ys, xs, 0.9, 0.5) + 0.5 * ys[:, None] - 0.1
    land = (
        np.array([-70.0, -72.0, -128.0])
        + 60 * (_sample(rng, "rough", ys, xs, 1, 1) - 0.5)[..., None]
    )
    return clouds, below[..., None] * land


def _brick(rng: np.random.Generator, ys: Values, xs: Values) -> tuple[Values, Values]:
    tall = rng.uniform(0.09, 0.13)
    row = np.floor(ys / tall).astype(int)
    along = xs[None] / (2.4 * tall) + 0.5 * (row % 2)[:, None]
    joint = (ys / tall % 1 < 0.12)[:, None] | (along % 1 < 0.06)
    shade = np.sin(np.floor(along) * 12.9 + row[:, None] * 78.2) * 0.25
    grain = _sample(rng, "fine", ys, xs, 1.2, 1.2)
    return grain + shade, joint[..., None] * np.array([46.0, 62.0, 66.0])


def _wood(rng: np.random.Generator, ys: Values, xs: Values) -> tuple[Values, Values]:
    plank = rng.uniform(0.2, 0.3)
    seam = (ys / plank % 1 < 0.05)[:, None] & np.ones((1, len(xs)), bool)
    grain = _sample(rng, "rough", ys, xs, 2.2, 0.14)
    return grain, seam[..., None] * np.array([-42.0, -34.0, -24.0])


def _night(rng: np.random.Generator, ys: Values, xs: Values) -> tuple[Values, Values]:
    """Darkness with a few soft lights far away."""
    glow = np.zeros((len(ys), len(xs), 3))
    for _ in range(int(rng.integers(4, 9))):
        apart = (ys[:, None] - rng.uniform(0, 1)) ** 2 + (xs[None] - rng.uniform(0, 1.6)) ** 2
        lamp = np.array([1.0, rng.uniform(0.7, 0.95), rng.uniform(0.4, 0.8)])
        glow += rng.uniform(20, 50) * np.exp(-apart / rng.uniform(0.001, 0.006))[..., None] * lamp
    return _sample(rng, "soft", ys, xs, 0.8, 0.8), glow


def _stone(rng: np.random.Generator, ys: Values, xs: Values) -> tuple[Values, float]:
    """Pale veins where the noise crosses its mean."""
    vein = np.abs(_sample(rng, "soft", ys, xs, 1.1, 1.1) - 0.5)
    return 0.9 - 2.4 * vein + 0.3 * (_sample(rng, "rough", ys, xs, 1, 1) - 0.5), 0.0


def _checks(rng: np.random.Generator, ys: Values, xs: Values) -> tuple[Values, float]:
    side = rng.uniform(0.1, 0.18)
    board = (np.floor(ys / side)[:, None] + np.floor(xs / side)[None]) % 2
    return 0.2 + 0.6 * board + 0.4 * (_sample(rng, "rough", ys, xs, 1, 1) - 0.5), 0.0


_LAYOUTS: dict[str, Layout] = {
    "plain": _plain,
    "grass": _noisy("fine", 1.0, 1.4),
    "sand": _noisy("fine", 0.8, 0.6),
    "water": _noisy("rough", 2.2, 0.35),
    "sky": _sky,
    "brick": _brick,
    "wood": _wood,
    "night": _night,
    "stone": _stone,
    "checks": _checks,
}
