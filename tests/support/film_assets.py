"""Small films for tests of the whole: titles and clocks drawn into pictures, with subtitles."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from vidindex.adapters.media.ffmpeg import encode
from vidindex.types.media import GENERATED_COMMENT
from vidindex.types.plan import Picture

WIDTH, HEIGHT, FPS = 320, 180, 8


def titled(
    path: Path,
    titles: list[tuple[float, str]],
    subtitles: list[tuple[float, float, str]] | None = None,
) -> Path:
    """A film that shows each title for its seconds, one after the other."""
    encode(path, _titles(titles), WIDTH, HEIGHT, FPS, subtitles=subtitles or ())
    return path


def clock(
    path: Path, num_seconds: int, starts_at_s: int = 0, title: str = "", *, generated: bool = False
) -> Path:
    """A film whose picture shows mm:ss, running from `starts_at_s`, below a title.

    generated: it says so in its container, as the demo's films do.
    """
    options = {"metadata": f"comment={GENERATED_COMMENT}"} if generated else {}
    pictures = _clock(num_seconds, starts_at_s, title)
    encode(path, pictures, WIDTH, HEIGHT, FPS, options=options)
    return path


def _titles(titles: list[tuple[float, str]]) -> Iterator[Picture]:
    for lasts_s, text in titles:
        yield from [picture(text, 24)] * round(lasts_s * FPS)


def _clock(num_seconds: int, starts_at_s: int, title: str) -> Iterator[Picture]:
    for second in range(starts_at_s, starts_at_s + num_seconds):
        shown = f"{second // 60:02d}:{second % 60:02d}"
        yield from [picture(f"{title}\n{shown}" if title else shown, 32)] * FPS


def picture(text: str, size_px: int) -> Picture:
    """White text on a dark ground."""
    image = Image.new("RGB", (WIDTH, HEIGHT), (20, 28, 40))
    font = ImageFont.load_default(size_px)
    place = (WIDTH / 2, HEIGHT / 2)
    ImageDraw.Draw(image).text(place, text, fill="white", font=font, anchor="mm", align="center")
    return np.asarray(image)
