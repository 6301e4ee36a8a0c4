"""Write films of the generated world, shot after shot, and hold what each moment shows.

`draw_films` gives a library as data, `write_films` the files; `Film.spans_in` says where a
query holds. Times are seconds of the film.
"""

import wave
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import ffmpeg
import numpy as np

from vidindex.adapters.media.ffmpeg import encode, run
from vidindex.bench.speech.voices import say
from vidindex.synthetic.world.draw import TRAINED, Choice, draw_scene
from vidindex.synthetic.world.queries import Query, TimedQuery
from vidindex.synthetic.world.render import render
from vidindex.synthetic.world.scene import Moment, Scene, SceneObject
from vidindex.types.media import GENERATED_COMMENT
from vidindex.types.plan import Picture
from vidindex.types.speech import SAMPLES_PER_S

WIDTH, HEIGHT = 320, 240
GRID_FPS = 2.0
"""Shots, and what happens in them, begin and end on this grid."""
SHOT_S = (5.0, 10.0)
_BATCH_FRAMES = 24
_TAGS = {"metadata": f"comment={GENERATED_COMMENT}"}
_VOICE, _WORDS_PER_MINUTE = "en-us", 150


@dataclass(frozen=True, slots=True)
class Shot:
    """One scene from `start_s` of the film on."""

    start_s: float
    scene: Scene

    @property
    def end_s(self) -> float:
        return self.start_s + self.scene.duration_s


@dataclass(frozen=True, slots=True)
class Film:
    """A file's name and its shots, one after the other without gaps."""

    name: str
    shots: tuple[Shot, ...]

    @property
    def duration_s(self) -> float:
        return self.shots[-1].end_s

    def shot_at(self, time_s: float) -> Shot:
        """The shot that shows `time_s`; the last one from its end on."""
        return next((shot for shot in self.shots if time_s < shot.end_s), self.shots[-1])

    def moment_at(self, time_s: float) -> Moment:
        """The truth of the picture at `time_s`; its own time is that of the scene."""
        shot = self.shot_at(time_s)
        return shot.scene.moment_at(time_s - shot.start_s)

    def spans_in(self, query: Query | TimedQuery) -> list[tuple[float, float]]:
        """Half-open spans in which the query holds; a cut ends a span."""
        return [
            (shot.start_s + start_s, shot.start_s + end_s)
            for shot in self.shots
            for start_s, end_s in query.spans_in(shot.scene)
        ]

    def appearances(self) -> Iterator[tuple[SceneObject, tuple[float, float]]]:
        """Every object with the span in which it is shown: the moments that can be asked for."""
        for shot in self.shots:
            for number, one in enumerate(shot.scene.objects):
                span = shot.scene.span_of(number)
                if span is not None:
                    yield one, (shot.start_s + span[0], shot.start_s + span[1])


def draw_films(
    count: int,
    duration_s: float,
    seed: int,
    choice: Choice = TRAINED,
    *,
    sign_share: float = 0.15,
    speech_share: float = 0.0,
) -> list[Film]:
    """Films of about `duration_s`, each a row of shots of 5 to 10 seconds."""
    films = []
    for number in range(count):
        rng = np.random.default_rng([seed, number, 41])
        shots: list[Shot] = []
        at_s = 0.0
        while at_s < duration_s:
            frames = int(rng.integers(round(SHOT_S[0] * GRID_FPS), round(SHOT_S[1] * GRID_FPS) + 1))
            scene = draw_scene(
                rng,
                frames,
                GRID_FPS,
                choice,
                aspect=WIDTH / HEIGHT,
                sign_share=sign_share,
                speech_share=speech_share,
            )
            shots.append(Shot(at_s, scene))
            at_s += scene.duration_s
        films.append(Film(f"world-{number + 1:03d}.mp4", tuple(shots)))
    return films


def write_films(films: Sequence[Film], folder: Path, fps: int = 8) -> list[Path]:
    """Encodes each film into `folder`; those with sentences need espeak-ng (MissingPackage)."""
    folder.mkdir(parents=True, exist_ok=True)
    return [write_film(film, folder, fps) for film in films]


def write_film(film: Film, folder: Path, fps: int = 8) -> Path:
    """One film as H.264, with a voice where a scene has sentences."""
    path = folder / film.name
    if not any(shot.scene.utterances for shot in film.shots):
        encode(path, _pictures(film, fps), WIDTH, HEIGHT, fps, options=_TAGS)
        return path
    with TemporaryDirectory() as name:
        silent, voice = Path(name) / film.name, Path(name) / "voice.wav"
        encode(silent, _pictures(film, fps), WIDTH, HEIGHT, fps)
        _write_voice(film, voice)
        inputs = ffmpeg.input(str(silent)), ffmpeg.input(str(voice))
        run(ffmpeg.output(*inputs, str(path), vcodec="copy", acodec="aac", **_TAGS))
    return path


def _pictures(film: Film, fps: int) -> Iterator[Picture]:
    for shot in film.shots:
        times_s = [index / fps for index in range(round(shot.scene.duration_s * fps))]
        for start in range(0, len(times_s), _BATCH_FRAMES):
            yield from render(shot.scene, times_s[start : start + _BATCH_FRAMES], HEIGHT, WIDTH)


def _write_voice(film: Film, path: Path) -> None:
    sound = np.zeros(round(film.duration_s * SAMPLES_PER_S), np.float32)
    for shot in film.shots:
        for one in shot.scene.utterances:
            said = say(one.text, _VOICE, _WORDS_PER_MINUTE)
            begin = round((shot.start_s + one.start_s) * SAMPLES_PER_S)
            room = sound[begin : begin + len(said)]
            room += said[: len(room)]
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, SAMPLES_PER_S, 0, "NONE", ""))
        file.writeframes((np.clip(sound, -1, 1) * 32767).astype("<i2").tobytes())
