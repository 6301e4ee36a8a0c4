"""Turn example moments and pictures into vectors to search frames for."""

import hashlib
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Protocol

from pipelines.search.by_frames import require_embedder
from pipelines.search.query_by_example import NAME_ONE, open_named, require_within, split
from pipelines.services import Services
from store.library import Library
from vidindex.core.formatting.time_format import format_time
from vidindex.core.retrieval.regions import crop
from vidindex.core.sampling.grid import shrunk_to
from vidindex.errors import InputError
from vidindex.types import Embedding, Example, Picture, Region, Source

MAX_SIDE_PX = 1024
"""Of a picture, or of its region: more than any picture model looks at."""


class ReadStill(Protocol):
    """Reads the region of a picture file at the size that `fit` gives its own (width, height)."""

    def __call__(
        self, path: Path, fit: "partial[tuple[int, int]]", region: Region | None
    ) -> Picture: ...


@dataclass(frozen=True, slots=True, eq=False)
class EmbeddedExample:
    """A picture to search by, and its vector in the space of the library's frames."""

    example: Example
    vector: Embedding


@dataclass(frozen=True, slots=True)
class ExampleEmbedder:
    """Embeds examples with the picture model of the library's frames."""

    library: Library
    services: Services
    read_still: ReadStill

    def named(self, like: str, region: Region | None = None) -> EmbeddedExample:
        """like: `FILE@01:23`, where the file is on disk or in the library, or a picture file.

        Raises InputError where there is no such file or moment, or the region is not in it.
        """
        name, at_s = split(like)
        if at_s is None:
            return self.picture(Path(name).expanduser(), region)
        video, source = open_named(self.library, self.services, name)
        require_within(video, at_s, name)
        return self._moment(Path(name).name, video.video_id, source, at_s, region)

    def moment(self, video_id: str, at_s: float, region: Region | None = None) -> EmbeddedExample:
        """The frame on screen at a time of a video of the library."""
        opened = self.library.open_source(video_id)
        if opened is None:
            raise InputError(f"video {video_id} is not where it was", "ingest its folder again")
        name = self.library.videos.name(video_id)
        require_within(opened[0], at_s, name)
        return self._moment(name, video_id, opened[1], at_s, region)

    def picture(self, path: Path, region: Region | None = None) -> EmbeddedExample:
        """A picture file; its name is not kept, only its hash."""
        require_embedder(self.library, self.services)
        if not path.is_file():
            raise InputError(f"no such picture: {path}", NAME_ONE)
        picture = self.read_still(path, partial(shrunk_to, max_side_px=MAX_SIDE_PX), region)
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        return self._embedded(Example(f"picture {digest[:8]}", region, digest), picture)

    def _moment(
        self, name: str, video_id: str, source: Source, at_s: float, region: Region | None
    ) -> EmbeddedExample:
        require_embedder(self.library, self.services)
        (frame,) = self.services.decoder.frames(source, [at_s], None)
        label = f"{name}@{format_time(at_s)}"
        example = Example(label, region, video_id=video_id, at_s=at_s)
        return self._embedded(example, crop(frame.picture, region))

    def _embedded(self, example: Example, picture: Picture) -> EmbeddedExample:
        embedder = require_embedder(self.library, self.services)
        return EmbeddedExample(example, embedder.embed_pictures([picture])[0])
