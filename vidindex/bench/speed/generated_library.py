"""Generate a library of any size without footage: cameras, days, captions, vectors.

What it holds is drawn, so that retrieval can be measured at sizes no one can film: hourly
files of 24 cameras, and captions of a small world, in which "red" is in one of five.
Vectors are those of real captions, spread by noise as wide as the distance between captions.
"""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import numpy.typing as npt

from store.library import Library
from vidindex.ports import Embedder
from vidindex.types import EmbeddingSpace, Event, Location, Span, VideoInfo

Vectors = npt.NDArray[np.float32]

NUM_CAMERAS = 24
FILE_S = 3600.0
FIRST_DAY = datetime(2024, 3, 1, tzinfo=UTC)
ROOT = Path("/archive").absolute()
CAPTIONS_AT_LEAST = 20_000

_WORDS = {
    "look": "young old tall masked bearded smiling tired wet hooded barefoot elderly uniformed",
    "who": "man woman boy girl cyclist nurse driver guard cook farmer dog cat horse waiter runner "
    "teacher child surgeon fisherman welder dancer soldier reporter gardener painter",
    "colour": "red blue green yellow black white grey orange purple brown",
    "wear": "coat shirt hat scarf jacket helmet apron dress",
    "do": "opens closes carries drops paints pushes pulls repairs washes throws photographs "
    "measures lifts hides kicks holds cleans fetches",
    "thing": "gate door bicycle suitcase ladder table bottle lamp car truck boat box chair window "
    "bag camera basket rope umbrella drum",
    "place": "rain night bridge kitchen river garage stage corridor harbour classroom counter roof "
    "laboratory crossing tree",
}
_ONE_OF = {kind: words.split() for kind, words in _WORDS.items()}


@dataclass(frozen=True, slots=True)
class World:
    """Distinct captions, their vectors, shape (n, dim), and the distance of neighbours.

    nearness: the median cosine of a caption with the one nearest to it.
    """

    captions: tuple[str, ...]
    vectors: Vectors
    space: EmbeddingSpace
    nearness: float


def make_captions(count: int, seed: int) -> tuple[str, ...]:
    """Distinct captions, in an order that depends on the seed alone."""
    draw = random.Random(seed).choice
    made: dict[str, None] = {}
    while len(made) < count:
        word = {kind: draw(words) for kind, words in _ONE_OF.items()}
        who = f"a {word['look']} {word['who']} in a {draw(_ONE_OF['colour'])} {word['wear']}"
        what = f"{word['do']} a {word['colour']} {word['thing']} near the {word['place']}"
        made[f"{who} {what}"] = None
    return tuple(made)


def make_questions(captions: Sequence[str], count: int, seed: int) -> list[str]:
    """What people would type who remember part of a caption: it leaves out one or two words."""
    draw = random.Random(seed)
    asked = []
    for caption in draw.sample(list(captions), count):
        words = [word for word in caption.split() if word not in ("a", "in", "near", "the")]
        for _ in range(draw.randint(1, 2)):
            words.pop(draw.randrange(len(words)))
        asked.append(" ".join(words))
    return asked


def make_world(embedder: Embedder, seed: int, count: int = CAPTIONS_AT_LEAST) -> World:
    """Captions and their real vectors."""
    captions = make_captions(count, seed)
    vectors = embedder.embed_documents(captions)
    near = vectors[:2000] @ vectors.T
    np.put_along_axis(near, np.arange(len(near))[:, None], -1.0, axis=1)
    return World(captions, vectors, embedder.space, float(np.median(near.max(axis=1))))


def fill(library: Library, world: World, num_events: int, num_files: int, seed: int) -> None:
    """Files, captions and vectors into an empty library, through the store's own calls."""
    library.vectors.require(world.space)
    draw = np.random.default_rng(seed)
    per_file = -(-num_events // num_files)
    for first in range(0, num_files, 100):
        with library.transaction():
            for number in range(first, min(first + 100, num_files)):
                count = min(per_file, num_events - number * per_file)
                picked = draw.integers(len(world.captions), size=max(count, 0))
                _add_file(library, world, number, picked, draw)
    library.vectors.refresh()


def spread(world: World, picked: npt.NDArray[np.int64], draw: np.random.Generator) -> Vectors:
    """Unit vectors about as far from the caption they are of as captions are from each other."""
    noise = draw.standard_normal((len(picked), world.vectors.shape[1])).astype(np.float32)
    noise /= np.linalg.norm(noise, axis=1, keepdims=True)
    made = world.nearness * world.vectors[picked] + np.sqrt(1 - world.nearness**2) * noise
    return np.asarray(made / np.linalg.norm(made, axis=1, keepdims=True), np.float32)


def camera_of(number: int) -> str:
    """The camera of file `number`."""
    return f"cam{number % NUM_CAMERAS + 1}"


def day_of(number: int) -> datetime:
    """When file `number` begins."""
    return FIRST_DAY + timedelta(seconds=FILE_S * (number // NUM_CAMERAS))


def _add_file(
    library: Library,
    world: World,
    number: int,
    picked: npt.NDArray[np.int64],
    draw: np.random.Generator,
) -> None:
    info = video_of(number)
    library.videos.put(info)
    path = ROOT / camera_of(number) / f"{day_of(number):%Y%m%d-%H}.mp4"
    library.videos.put_location(info.video_id, Location(ROOT, path, 1, info.size_bytes))
    texts = [world.captions[i] for i in picked]
    ids = library.events.add(list(_events(info.video_id, texts)))
    if ids:
        library.vectors.put(ids, spread(world, picked, draw))
    library.work_ledger.finish(info.video_id, "captions", "made")


def _events(video_id: str, texts: Sequence[str]) -> Iterator[Event]:
    step_s = FILE_S / max(len(texts), 1)
    for index, text in enumerate(texts):
        span = Span(index * step_s, (index + 1) * step_s)
        yield Event(video_id, span, text, "caption", "made")


def video_of(number: int) -> VideoInfo:
    """The video of file `number`, an hour of one camera."""
    return VideoInfo(
        video_id=f"{number:032x}",
        duration_s=FILE_S,
        width=1280,
        height=720,
        average_fps=25.0,
        codec="h264",
        container="mp4",
        stream_index=0,
        start_s=0.0,
        rotation_deg=0,
        num_frames=int(FILE_S * 25),
        size_bytes=1 << 30,
        recorded_at=day_of(number),
        recorded_at_from="file name",
        camera=camera_of(number),
    )
