"""Generate films of scenes without captions, and searches for what they show and do not show."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from vidindex.adapters.media.ffmpeg import encode
from vidindex.synthetic.world.draw import TESTED_LOOKS, TRAINED, draw_scene
from vidindex.synthetic.world.queries import (
    Query,
    about,
    described,
    draw_absent,
    on_background,
    whole_looks,
)
from vidindex.synthetic.world.render import render
from vidindex.synthetic.world.scene import Look, Moment, Scene
from vidindex.types import Span
from vidindex.types.media import GENERATED_COMMENT
from vidindex.types.plan import Picture

WIDTH, HEIGHT, FPS = 224, 168, 4
SCENE_FRAMES, SCENE_FPS = 16, 2.0
SCENE_S = SCENE_FRAMES / SCENE_FPS
UNSEEN_SHARE = 0.3
"""Of scenes: with combinations that training never shows."""

KINDS = ("appearance", "motion")
_APPEARANCE, _MOTION = ("colour", "shape", "size"), ("colour", "shape", "motion")


@dataclass(frozen=True, slots=True)
class SceneFilm:
    """One file: scenes of 8 s, one behind the other."""

    name: str
    scenes: tuple[Scene, ...]

    def spans(self, query: Query) -> list[Span]:
        """Where the film shows it, in media time."""
        return [
            Span(place * SCENE_S + start_s, place * SCENE_S + end_s)
            for place, scene in enumerate(self.scenes)
            for start_s, end_s in query.spans_in(scene)
        ]


@dataclass(frozen=True, slots=True)
class KnownSearch:
    """A search whose answer is known. gold: (file, span); none: it is absent."""

    text: str
    kind: str
    gold: tuple[tuple[str, Span], ...]


def draw_films(seed: int, num_films: int, film_s: float) -> list[SceneFilm]:
    """Films of unseen scenes: no training draws from these numbers."""
    rng = np.random.default_rng([seed, 2**32 - 1, 23])
    films = []
    for number in range(num_films):
        scenes = tuple(
            draw_scene(
                rng,
                SCENE_FRAMES,
                SCENE_FPS,
                TESTED_LOOKS if rng.random() < UNSEEN_SHARE else TRAINED,
                aspect=WIDTH / HEIGHT,
                sign_share=0.0,
            )
            for _ in range(max(1, round(film_s / SCENE_S)))
        )
        films.append(SceneFilm(f"scenes-{number + 1:03d}.mp4", scenes))
    return films


def write_film(film: SceneFilm, folder: Path) -> Path:
    """Encode one film; its container says that it was generated."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / film.name
    options = {"metadata": f"comment={GENERATED_COMMENT}"}
    encode(path, _pictures(film), WIDTH, HEIGHT, FPS, options=options)
    return path


def _pictures(film: SceneFilm) -> Iterator[Picture]:
    times_s = [i / FPS for i in range(round(SCENE_S * FPS))]
    for scene in film.scenes:
        yield from render(scene, times_s, HEIGHT, WIDTH)


def draw_searches(
    films: Sequence[SceneFilm], seed: int, num_present: int, num_absent: int
) -> list[KnownSearch]:
    """Different searches of each kind: so many for what is shown, and so many for what is not.

    What is absent differs by one or two words from something that a scene shows.
    """
    rng = np.random.default_rng([seed, 2**32 - 1, 29])
    moments = [moment for film in films for scene in film.scenes for moment in _moments(scene)]
    searches: dict[str, KnownSearch] = {}
    for kind in KINDS:
        for wanted, is_present in ((num_present, True), (num_absent, False)):
            found: dict[str, KnownSearch] = {}
            for _ in range(40 * wanted):
                if len(found) == wanted:
                    break
                one = _draw(rng, films, moments, kind, is_present=is_present)
                if one and one.text not in searches:
                    found[one.text] = one
            searches |= found
    return list(searches.values())


def _moments(scene: Scene) -> list[Moment]:
    return [scene.moment_at(time_s) for time_s in scene.times_s()]


def _draw(
    rng: np.random.Generator,
    films: Sequence[SceneFilm],
    moments: Sequence[Moment],
    kind: str,
    *,
    is_present: bool,
) -> KnownSearch | None:
    moment = moments[int(rng.integers(len(moments)))]
    looks = whole_looks(moment)
    if not looks:
        return None
    slots = _APPEARANCE if kind == "appearance" else _MOTION
    look = described(looks[int(rng.integers(len(looks)))], slots)
    wanted = look if is_present else draw_absent(rng, look, ())
    if wanted is None:
        return None
    query = _query(rng, moment, wanted, looks, slots)
    gold = tuple((film.name, span) for film in films for span in film.spans(query))
    return KnownSearch(query.text, kind, gold) if bool(gold) == is_present else None


def _query(
    rng: np.random.Generator,
    moment: Moment,
    look: Look,
    looks: Sequence[Look],
    slots: Sequence[str],
) -> Query:
    """The look on its background, or beside another one of the moment."""
    others = [described(one, slots) for one in looks]
    others = [one for one in others if one != look]
    if others and rng.random() < 0.5:
        return about([look, others[int(rng.integers(len(others)))]])
    return on_background(moment.background, replace(look, place=None))
