"""Describe one model request about a stretch of video, before and after decoding."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from vidindex.ports import Decoder
from vidindex.types import Ask, FrameBatch, Source


@dataclass(frozen=True, slots=True)
class VideoRequest:
    """What will be asked. times_s: the even grid shown to the model, from 0 of this stretch
    at `start_s`; shown_s: the media times that are decoded for it; size: (width, height).
    """

    video_id: str
    times_s: tuple[float, ...]
    shown_s: tuple[float, ...]
    fps: float
    size: tuple[int, int]
    system: str
    prompt: str
    max_tokens: int
    schema: Mapping[str, Any] | None = None
    choices: tuple[str, ...] = ()

    def key(self, identity: str) -> str:
        """Everything that could change the reply, as one hash; needs no frame.

        identity: the model's name, revision, precision and packing.
        """
        parts = [
            self.video_id,
            self.shown_s,
            self.fps,
            self.size,
            self.system,
            self.prompt,
            self.schema,
            self.choices,
            self.max_tokens,
            identity,
        ]
        return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()

    def ask(self, key: str, decoder: Decoder, source: Source) -> Ask:
        """Decode the frames. Raises DecodeError or UnsupportedMedia as the decoder does."""
        frames = list(decoder.frames(source, self.shown_s, self.size))
        shown = FrameBatch.of(frames, self.fps)
        return Ask(
            key=key,
            system=self.system,
            prompt=self.prompt,
            frames=FrameBatch(self.times_s, shown.pts_s, shown.pictures, self.fps),
            max_tokens=self.max_tokens,
            schema=self.schema,
            choices=self.choices,
        )
