"""Generate the demo's films: scenes with known truth, as data and as video files.

Coloured shapes are what the bundled model was trained on; the slate shows what needs
no model: a running clock, a title and subtitles. Encoding is `media.ffmpeg`'s job.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from vidindex.adapters.media.ffmpeg import encode
from vidindex.synthetic.clips import ClipEvent, ClipSpec, all_combinations, render
from vidindex.synthetic.scenes import draw_event, draw_ground
from vidindex.types.media import GENERATED_COMMENT
from vidindex.types.plan import Picture

WIDTH, HEIGHT, FPS = 320, 240, 12
BATCH_FRAMES = 48
_TAGS = {"metadata": f"comment={GENERATED_COMMENT}"}
SLATE_TITLE = "HARBOUR REEL 7"


@dataclass(frozen=True, slots=True)
class Film:
    """One shape film: where it goes, and everything that happens in it."""

    name: str
    scene: ClipSpec


def shape_films(num_films: int, duration_s: float, seed: int) -> list[Film]:
    """Films of one event after another, with gaps; one combination is kept for the first.

    The first film alone shows a blue circle that moves left, so that a search for it has
    exactly one answer; nothing purple is ever shown, so that a search for it has none.
    """
    rng = np.random.default_rng(seed)
    combinations = [
        combination
        for combination in all_combinations(held_out=False)
        if combination[0] != "purple" and combination != ("blue", "circle", "left")
    ]
    films = []
    for number in range(num_films):
        events: list[ClipEvent] = []
        at_s = 2.0
        while at_s + 6.0 < duration_s:
            chosen = combinations[int(rng.integers(len(combinations)))]
            if number == 0 and len(events) == 2:
                chosen = ("blue", "circle", "left")
            lasts_s = float(rng.integers(4, 7))
            events.append(draw_event(rng, chosen, at_s, at_s + lasts_s))
            at_s += lasts_s + float(rng.integers(2, 4))
        scene = ClipSpec(duration_s, tuple(events), draw_ground(rng))
        films.append(Film(f"shapes-{number + 1}.mp4", scene))
    return films


def write_film(
    film: Film, folder: Path, subtitles: Sequence[tuple[float, float, str]] = ()
) -> Path:
    """Encode a shape film, with lines of (start_s, end_s, text) as subtitles."""
    path = folder / film.name
    encode(path, _pictures(film.scene), WIDTH, HEIGHT, FPS, subtitles=subtitles, options=_TAGS)
    return path


def write_slate(folder: Path, duration_s: int) -> Path:
    """Encode a title with a clock that runs from 00:00, and spoken lines as subtitles."""
    path = folder / "slate.mp4"
    lines = [
        (2.0, 5.0, "The ferry leaves the harbour at dawn."),
        (12.0, 16.0, "Nobody has seen the lighthouse keeper since Tuesday."),
    ]
    # A line after the last picture would make the film longer.
    spoken = [line for line in lines if line[1] <= duration_s]
    encode(path, _slate(duration_s), WIDTH, HEIGHT, FPS, subtitles=spoken, options=_TAGS)
    return path


def _pictures(scene: ClipSpec) -> Iterator[Picture]:
    num_frames = round(scene.duration_s * FPS)
    for start in range(0, num_frames, BATCH_FRAMES):
        times_s = [i / FPS for i in range(start, min(start + BATCH_FRAMES, num_frames))]
        yield from render(scene, times_s, HEIGHT, WIDTH)


def _slate(duration_s: int) -> Iterator[Picture]:
    large, small = ImageFont.load_default(40), ImageFont.load_default(26)
    for second in range(duration_s):
        image = Image.new("RGB", (WIDTH, HEIGHT), (24, 32, 48))
        draw = ImageDraw.Draw(image)
        draw.text((WIDTH / 2, 70), SLATE_TITLE, fill="white", font=small, anchor="mm")
        clock = f"{second // 60:02d}:{second % 60:02d}"
        draw.text((WIDTH / 2, 150), clock, fill="white", font=large, anchor="mm")
        yield from [np.asarray(image)] * FPS
