"""Text in pictures by RapidOCR with the weights that its wheel carries; knows no time.

PP-OCRv6 small reads Latin, Chinese and Japanese scripts; not Korean, Arabic or
Cyrillic. All model files are named, so nothing is ever fetched. A crop that looks
like one just read at the same place reads the same: only changed text is recognised.
"""

from functools import cached_property
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from vidindex.errors import MissingPackage
from vidindex.types import Frame, TextReading
from vidindex.types.plan import Picture

MAX_SIDE_PX = 960
"""Larger pictures are scaled down to this for detection; none is enlarged, which costs most."""

MIN_SCORE = 0.6
_SAME_CROP = 3.0
"""Mean absolute difference (0 to 255) below which two crops hold the same text."""

Box = tuple[float, float, float, float]


class RapidOcrReader:
    """A `TextReader`; remembers the crops of the last picture and what they said."""

    def __init__(self, num_threads: int = 1) -> None:
        self._num_threads = num_threads
        self._known: list[tuple[Picture, str, float]] = []
        self.name = f"rapidocr-{version('rapidocr')}/pp-ocrv6-small/{MAX_SIDE_PX}"

    def read(self, frame: Frame) -> list[TextReading]:
        """Every line of text, from top to bottom, with its score and place."""
        found = self._engine(frame.picture, use_det=True, use_rec=False, use_cls=False)
        boxes = [] if found.boxes is None else [_bounds(corners) for corners in found.boxes]
        crops = [_crop(frame.picture, box) for box in boxes]
        self._known = [self._recognise(crop) for crop in crops]
        height, width = frame.picture.shape[:2]
        return [
            TextReading(frame.time_s, text, score, _fractions(box, width, height))
            for box, (_, text, score) in zip(boxes, self._known, strict=True)
            if text and score >= MIN_SCORE
        ]

    def _recognise(self, crop: Picture) -> tuple[Picture, str, float]:
        for known in self._known:
            if _same(known[0], crop):
                return crop, known[1], known[2]
        read = self._engine(crop, use_det=False, use_rec=True, use_cls=False)
        if not read.txts:
            return crop, "", 0.0
        return crop, str(read.txts[0]).strip(), float(read.scores[0])

    @cached_property
    def _engine(self) -> Any:
        try:
            from rapidocr import RapidOCR
        except ImportError as error:
            raise MissingPackage(
                "rapidocr is not installed", "run: pip install rapidocr onnxruntime"
            ) from error
        models = _package_folder() / "models"
        threads = "EngineConfig.onnxruntime"
        return RapidOCR(
            params={
                "Global.log_level": "error",
                "Global.use_cls": False,
                "Global.max_side_len": MAX_SIDE_PX,
                f"{threads}.intra_op_num_threads": self._num_threads,
                f"{threads}.inter_op_num_threads": 1,
                "Det.model_path": str(models / "PP-OCRv6_det_small.onnx"),
                "Det.limit_side_len": MAX_SIDE_PX,
                "Det.limit_type": "max",
                "Rec.model_path": str(models / "PP-OCRv6_rec_small.onnx"),
            }
        )


def _package_folder() -> Path:
    spec = find_spec("rapidocr")
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent


def _bounds(corners: npt.NDArray[np.float32]) -> Box:
    x1, y1 = corners.min(axis=0)
    x2, y2 = corners.max(axis=0)
    return float(x1), float(y1), float(x2), float(y2)


def _crop(picture: Picture, box: Box) -> Picture:
    x1, y1, x2, y2 = (round(edge) for edge in box)
    return np.ascontiguousarray(picture[max(0, y1) : max(1, y2 + 1), max(0, x1) : max(1, x2 + 1)])


def _same(one: Picture, other: Picture) -> bool:
    if one.shape != other.shape:
        return False
    difference = np.abs(one.astype(np.int16) - other).mean(axis=2)
    # A single changed digit in a long line moves the mean little: look column by column.
    return bool(difference.mean(axis=0).max() <= 4 * _SAME_CROP and difference.mean() <= _SAME_CROP)


def _fractions(box: Box, width: int, height: int) -> Box:
    x1, y1, x2, y2 = box
    return x1 / width, y1 / height, x2 / width, y2 / height
