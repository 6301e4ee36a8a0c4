"""Compare adaptive with uniform sampling at equal tokens, on still and fast films.

The films' truth is known, so both indexes can be scored. A face: it uses `app` alone.
"""

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from vidindex.app import App, Settings, open_library
from vidindex.bench.event_score import Score, pooled, score
from vidindex.bench.films import Film, write_film
from vidindex.core.families import QWEN25_FAMILY, family_named
from vidindex.core.sampling.grid import LADDER_FPS
from vidindex.core.sampling.planner import plan_tokens
from vidindex.synthetic.clips import ClipEvent, ClipSpec, Combination, all_combinations
from vidindex.synthetic.scenes import draw_event, draw_ground

FILM_S = 60.0
STILL_EVENT_S, STILL_GAP_S = 12.0, 3.0
FAST_EVENT_S, FAST_GAP_S = 2.0, 1.0


@dataclass(frozen=True, slots=True)
class Row:
    """What one policy reached, on the still films and on the fast ones."""

    policy: str
    tokens: int
    still: Score
    fast: Score

    @property
    def both(self) -> Score:
        return pooled([self.still, self.fast])


def compare(model: str, seed: int, num_films: int, grain: float) -> list[Row]:
    """Adaptive first, then uniform at every rate of the ladder, each with the tokens it spent.

    grain: noise of the ground, standard deviation in levels of 255.
    """
    still, fast = _films(seed, num_films, grain)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "films"
        folder.mkdir()
        for film in [*still, *fast]:
            write_film(film, folder)
        adaptive = Settings(model=model, ocr=False, policy="adaptive")
        uniform = [replace(adaptive, policy="uniform", uniform_fps=fps) for fps in LADDER_FPS]
        return [_row(Path(name), settings, still, fast) for settings in [adaptive, *uniform]]


def _row(folder: Path, settings: Settings, still: Sequence[Film], fast: Sequence[Film]) -> Row:
    label: str = settings.policy
    if settings.policy == "uniform":
        label += f" {settings.uniform_fps:g} fps"
    with open_library(folder / label, settings) as app:
        app.ingest(folder / "films")
        plans = [app.library.frame_plans.get(entry.video.video_id) for entry in app.videos()]
        model = app.services.model
        family = family_named(model.limits.family) if model else QWEN25_FAMILY
        tokens = sum(plan_tokens(plan, family) for plan in plans if plan)
        return Row(label, tokens, _score(app, still), _score(app, fast))


def _score(app: App, films: Sequence[Film]) -> Score:
    scores = []
    for film in films:
        (video_id,) = app.find([film.name])
        scores.append(score(film.scene.events, app.library.events.of_video(video_id, ["caption"])))
    return pooled(scores)


def _films(seed: int, num_films: int, grain: float) -> tuple[list[Film], list[Film]]:
    rng = np.random.default_rng([seed, 99])
    combinations = all_combinations(held_out=False)
    lying = [one for one in combinations if one[2] == "still"]
    moving = [one for one in combinations if one[2] not in ("still", "blinks")]
    still = [
        _film(rng, f"still-{i}.mp4", lying, STILL_EVENT_S, STILL_GAP_S, grain)
        for i in range(num_films)
    ]
    fast = [
        _film(rng, f"fast-{i}.mp4", moving, FAST_EVENT_S, FAST_GAP_S, grain)
        for i in range(num_films)
    ]
    return still, fast


def _film(
    rng: np.random.Generator,
    name: str,
    choice: list[Combination],
    lasts_s: float,
    gap_s: float,
    grain: float,
) -> Film:
    events: list[ClipEvent] = []
    at_s = gap_s
    while at_s + lasts_s + gap_s <= FILM_S:
        chosen = choice[int(rng.integers(len(choice)))]
        events.append(draw_event(rng, chosen, at_s, at_s + lasts_s))
        at_s += lasts_s + gap_s
    ground = replace(draw_ground(rng), noise=grain)
    return Film(name, ClipSpec(FILM_S, tuple(events), ground))
