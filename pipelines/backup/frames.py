"""Write vectors of frames into a dump, and take them out of one.

They were paid for, by decoding and by a model: unlike vectors of texts, which the texts give.
"""

import base64
import binascii
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

import numpy as np

from pipelines.backup.record_types import FramesRecord
from store.library import Library
from vidindex.errors import InputError, LibraryMismatch
from vidindex.types import EmbeddingSpace, FrameVector, Span

_BATCH = 256
_FLOAT16 = "<f2"


def frame_records(library: Library, video_id: str) -> Iterator[dict[str, Any]]:
    """The frames of a video, as fields of `FramesRecord`, some hundred in each."""
    space = library.frame_vectors.space
    spans, vectors = library.frame_vectors.of_video(video_id)
    for first in range(0, len(spans), _BATCH):
        some = slice(first, first + _BATCH)
        yield {
            "video_id": video_id,
            "space": asdict(space) if space else None,
            "spans": spans[some].tolist(),
            "vectors": base64.b64encode(vectors[some].astype(_FLOAT16).tobytes()).decode("ascii"),
        }


def put_frames(library: Library, record: FramesRecord) -> bool:
    """Store frames of a video; False where this library's are of another dual encoder.

    Raises InputError where spans and vectors do not fit each other, or are none.
    """
    try:
        library.frame_vectors.require(EmbeddingSpace(**asdict(record.space)))
    except LibraryMismatch:
        return False
    if not record.spans:
        return True
    try:
        data = np.frombuffer(base64.b64decode(record.vectors, validate=True), _FLOAT16)
        vectors = data.reshape(len(record.spans), record.space.dim).astype(np.float32)
        spans = [Span(start_s, end_s) for start_s, end_s in record.spans]
    except (ValueError, binascii.Error) as error:
        raise InputError(f"frames that cannot be read: {error}") from error
    rows = [
        FrameVector(record.video_id, span, vector)
        for span, vector in zip(spans, vectors, strict=True)
    ]
    within = Span(spans[0].start_s, max(span.end_s for span in spans))
    library.frame_vectors.replace(record.video_id, rows, within=within)
    return True
