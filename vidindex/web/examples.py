"""Resolve the examples of a search: moments of videos, and pictures that were sent before."""

import secrets
import tempfile
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pipelines.search.examples import EmbeddedExample
from vidindex.app import App
from vidindex.core.retrieval.regions import parse_region
from vidindex.web.errors import HttpError

MAX_PICTURES = 100
"""Pictures that can still be searched by; older ones are sent again. Only vectors are kept."""

PICTURE = "picture:"
LIKE_PATTERN = (
    r"^([0-9A-Za-z-]{1,80}@[0-9]{1,7}(\.[0-9]{1,6})?|picture:[0-9a-f]{32})(#[0-9.,]{7,60})?$"
)
"""`VIDEO_ID@SECONDS`, or `picture:ID`; a region (see `parse_region`) behind `#`."""


@dataclass(slots=True)
class Pictures:
    """Pictures that were sent, as vectors; by ids that cannot be guessed."""

    kept: OrderedDict[str, EmbeddedExample] = field(default_factory=OrderedDict)

    def keep(self, example: EmbeddedExample) -> str:
        """Keep an example; its id."""
        picture_id = secrets.token_hex(16)
        self.kept[picture_id] = example
        while len(self.kept) > MAX_PICTURES:
            self.kept.popitem(last=False)
        return picture_id

    def get(self, picture_id: str) -> EmbeddedExample:
        """Raises HttpError where the picture is not known any more."""
        found = self.kept.get(picture_id)
        if found is None:
            raise HttpError(404, "this picture is not kept any more", "send it again")
        return found


def embed_picture(app: App, content: bytes, region: str | None) -> EmbeddedExample:
    """The vector of a picture file that was sent; the file is gone when this returns."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "picture"
        path.write_bytes(content)
        return app.example_of(path, parse_region(region) if region else None)


def examples_of(app: App, pictures: Pictures, likes: Sequence[str]) -> list[EmbeddedExample]:
    """The examples that these references name. Raises HttpError, InputError or MediaError."""
    found = []
    for like in likes:
        place, _, region = like.partition("#")
        if place.startswith(PICTURE):
            if region:
                raise HttpError(400, "a picture's region is sent with it", "send it with ?region=")
            found.append(pictures.get(place.removeprefix(PICTURE)))
        else:
            video_id, _, at_s = place.rpartition("@")
            part = parse_region(region) if region else None
            found.append(app.example_at(video_id, float(at_s), part))
    return found


def as_logged(pictures: Pictures, likes: Sequence[str]) -> list[str]:
    """The references with pictures by the SHA-256 of their files, for the audit log."""
    logged = []
    for like in likes:
        kept = pictures.kept.get(like.removeprefix(PICTURE)) if like.startswith(PICTURE) else None
        logged.append(f"sha256:{kept.example.sha256}" if kept else like)
    return logged
