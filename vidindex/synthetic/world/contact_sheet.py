"""Draw a sheet of generated scenes with their captions, so that a person can look at them.

Run `python -m vidindex.synthetic.world.contact_sheet --out sheet.png --seed 1`: a row per
scene, four frames of it each; held-out combinations and backgrounds with `--tested`.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from vidindex.synthetic.world.draw import TESTED, TESTED_BACKGROUNDS, TRAINED, draw_scene
from vidindex.synthetic.world.queries import describe
from vidindex.synthetic.world.render import render
from vidindex.synthetic.world.scene import Scene

WIDTH, HEIGHT, FRAMES, CAPTION = 240, 180, 4, 34


def sheet(scenes: Sequence[Scene]) -> Image.Image:
    """One row a scene: frames at equal distances, and above them what they show."""
    row = HEIGHT + CAPTION
    image = Image.new("RGB", (WIDTH * FRAMES, row * len(scenes)), "white")
    draw, font = ImageDraw.Draw(image), ImageFont.load_default(11)
    for number, scene in enumerate(scenes):
        times_s = scene.times_s()[:: max(1, len(scene.times_s()) // FRAMES)][:FRAMES]
        for place, picture in enumerate(render(scene, times_s, HEIGHT, WIDTH)):
            image.paste(Image.fromarray(picture), (place * WIDTH, number * row + CAPTION))
            said = describe(scene.moment_at(times_s[place]))
            for line, text in enumerate(_lines(f"{times_s[place]:.1f} s: {said}")):
                draw.text((place * WIDTH + 3, number * row + 2 + 10 * line), text, "black", font)
    return image


def _lines(text: str, most: int = 44) -> list[str]:
    lines = [""]
    for word in text.split():
        if len(lines[-1]) + len(word) > most:
            lines.append("")
        lines[-1] += f"{word} "
    return lines[:3]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--scenes", type=int, default=8)
    parser.add_argument("--tested", action="store_true", help="held-out combinations, backgrounds")
    options = parser.parse_args()
    rng = np.random.default_rng(options.seed)
    choices = (TESTED, TESTED_BACKGROUNDS) if options.tested else (TRAINED,)
    scenes = [
        draw_scene(rng, choice=choices[number % len(choices)], aspect=4 / 3)
        for number in range(options.scenes)
    ]
    sheet(scenes).save(options.out)
    return 0


if __name__ == "__main__":
    sys.exit(main())
