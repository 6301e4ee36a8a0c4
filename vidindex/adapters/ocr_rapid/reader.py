"""Read text in pictures with RapidOCR.

Lines are found with the weights of its wheel and recognised with these or with a model that the
user names. All model files are named, so nothing is ever fetched. Lines are taken as
level, or as upright columns; no angle is guessed, which would cost a third more.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import version
from math import ceil
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from vidindex.adapters.ocr_rapid.engine import (
    Engine,
    OpenVinoNetwork,
    choose_engine,
    thread_parameters,
)
from vidindex.adapters.ocr_rapid.recogniser import (
    DETECTOR_FILE,
    LINE_HEIGHT_PX,
    Recogniser,
    open_recogniser,
    wheel_models,
)
from vidindex.types import Box, Frame, TextReading
from vidindex.types.plan import Picture

DETECT_SIDE_PX = 736
"""Larger pictures are searched at this size (0.1 s on one thread; 0.2 s at 960, to no gain).

None is enlarged. Lines are recognised in the picture as it came, so a large one pays.
"""

TRACE_SIDE_PX = 320
"""Pictures twice this size and more are first looked at in this size, at a fourth of the cost."""

TRACE = 0.2
"""Probability of text, at that size, above which a picture is searched at full size."""

TRACE_RIM = 0.5
"""Of the height of a known line, that its trace may reach beyond it."""

MIN_SCORE = 0.6
"""Below this, what was recognised is more often texture than text."""

MAX_THREADS = 4
COLUMN_ASPECT = 1.5


@dataclass(frozen=True, slots=True)
class ReaderSettings:
    """How text is read. num_threads: that work on one picture. model: see `open_recogniser`."""

    engine: Engine = "onnxruntime"
    num_threads: int = min(MAX_THREADS, os.cpu_count() or 1)
    model: str | None = None


def one_of_many(model: str | None = None) -> ReaderSettings:
    """Settings of a reader beside which others read in other processes."""
    return ReaderSettings(choose_engine().engine, 1, model)


class RapidOcrReader:
    """A `vidindex.ports.TextReader`. Holds nothing between calls but the loaded weights."""

    def __init__(self, settings: ReaderSettings = ReaderSettings()) -> None:
        self._settings = settings

    @cached_property
    def name(self) -> str:
        """The identity of what it reads, the same whatever engine runs the networks."""
        return f"rapidocr-{version('rapidocr')}/{self._recogniser.name}/{DETECT_SIDE_PX}"

    @cached_property
    def _recogniser(self) -> Recogniser:
        return open_recogniser(self._settings.model)

    def may_hold_text(self, frame: Frame, beside: Sequence[Box] = ()) -> bool:
        """Whether a search at half the size sees a trace of text; so does any small picture."""
        if max(frame.picture.shape[:2]) < 2 * TRACE_SIDE_PX:
            return True
        from rapidocr.ch_ppocr_det.utils import DetPreProcess

        detector = self._engine._load_det_model()
        shrink = DetPreProcess(TRACE_SIDE_PX, "max", detector.mean, detector.std)
        shrunk = shrink(frame.picture[:, :, ::-1])
        return shrunk is None or trace_beside(detector.session(shrunk)[0, 0], beside) >= TRACE

    def find(self, frame: Frame) -> list[Box]:
        """The boxes of text lines, from top to bottom."""
        found = self._engine(frame.picture[:, :, ::-1], use_det=True, use_cls=False, use_rec=False)
        height, width = frame.picture.shape[:2]
        return [] if found.boxes is None else [_box(one, width, height) for one in found.boxes]

    def read(self, frame: Frame, boxes: Sequence[Box] | None = None) -> list[TextReading]:
        """The text in `boxes`, or in all that are found; what is not legible is left out."""
        readings = []
        for box in self.find(frame) if boxes is None else boxes:
            text, score = self._recognise(_crop(frame.picture, box))
            if text and score >= MIN_SCORE:
                readings.append(TextReading(frame.time_s, text, score, box))
        return readings

    def _recognise(self, crop: Picture) -> tuple[str, float]:
        read = self._engine(crop[:, :, ::-1], use_det=False, use_cls=False, use_rec=True)
        return (str(read.txts[0]).strip(), float(read.scores[0])) if read.txts else ("", 0.0)

    @cached_property
    def _engine(self) -> Any:
        detector = wheel_models() / DETECTOR_FILE
        import rapidocr

        recogniser, threads = self._recogniser.path, self._settings.num_threads
        reader = rapidocr.RapidOCR(params=_parameters(detector, recogniser, threads))
        networks = (reader._load_det_model(), detector), (reader._load_rec_model(), recogniser)
        if self._settings.engine == "openvino":
            for network, path in networks:
                network.session = OpenVinoNetwork(path, threads)
        return reader


def _parameters(detector: Path, recogniser: Path, num_threads: int) -> dict[str, object]:
    return {
        "Det.model_path": str(detector),
        "Rec.model_path": str(recogniser),
        **thread_parameters(num_threads),
        "Det.limit_side_len": DETECT_SIDE_PX,
        "Det.limit_type": "max",
        # The recogniser's input grows with the line; short ones need not be padded to 320.
        "Rec.rec_img_shape": [3, LINE_HEIGHT_PX, 64],
        "Global.max_side_len": 8192,
        "Global.min_side_len": 1,
        "Global.log_level": "error",
    }


def trace_beside(probabilities: npt.NDArray[np.float32], boxes: Sequence[Box]) -> float:
    """The highest probability of text, shape (height, width), outside the boxes."""
    outside = probabilities.copy()
    height, width = outside.shape
    for x1, y1, x2, y2 in boxes:
        rim = TRACE_RIM * (y2 - y1)
        top, bottom = max(0.0, y1 - rim), y2 + rim
        left, right = max(0.0, x1 - rim), x2 + rim
        rows = slice(int(top * height), ceil(bottom * height))
        outside[rows, int(left * width) : ceil(right * width)] = 0.0
    return float(outside.max())


def _box(corners: npt.NDArray[np.float32], width: int, height: int) -> Box:
    (x1, y1), (x2, y2) = corners.min(axis=0), corners.max(axis=0)
    return float(x1 / width), float(y1 / height), float(x2 / width), float(y2 / height)


def _crop(picture: Picture, box: Box) -> Picture:
    """The pixels of a box; a column of text is laid down, as the recogniser expects."""
    height, width = picture.shape[:2]
    x1, y1, x2, y2 = (
        round(edge * side) for edge, side in zip(box, (width, height) * 2, strict=True)
    )
    crop = picture[y1 : max(y1 + 1, y2), x1 : max(x1 + 1, x2)]
    return np.rot90(crop) if crop.shape[0] >= COLUMN_ASPECT * crop.shape[1] else crop
