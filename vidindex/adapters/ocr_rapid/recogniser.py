"""Open recognition models, the bundled one and those that a user names by path."""

import hashlib
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from vidindex.core.screen_text.scripts import scripts_of
from vidindex.errors import InputError, MissingPackage, ModelNotFound

BUNDLED_MODEL = "bundled"
DETECTOR_FILE, RECOGNISER_FILE = "PP-OCRv6_det_small.onnx", "PP-OCRv6_rec_small.onnx"
LINE_HEIGHT_PX = 48

_HINT = (
    "name a PP-OCR recognition model in ONNX format that holds its characters, "
    "such as RapidOCR's korean_PP-OCRv5_rec_mobile.onnx"
)


@dataclass(frozen=True, slots=True)
class Recogniser:
    """A model that recognises lines of text. name: part of the identity of what it reads."""

    path: Path
    name: str

    @property
    def scripts(self) -> tuple[str, ...]:
        """Those that it reads; InputError where the file is not a recogniser."""
        return scripts_of(_characters(self.path))


def wheel_models() -> Path:
    """The folder of models in the installed rapidocr; MissingPackage or ModelNotFound without."""
    try:
        import rapidocr
    except ImportError as error:
        raise MissingPackage(
            "rapidocr is not installed", "run: pip install rapidocr onnxruntime"
        ) from error
    folder = Path(str(rapidocr.__file__)).parent / "models"
    for file in (DETECTOR_FILE, RECOGNISER_FILE):
        if not (folder / file).is_file():
            raise ModelNotFound(
                f"this rapidocr ({version('rapidocr')}) does not carry {file}",
                "run: pip install 'rapidocr>=3.9'",
            )
    return folder


def open_recogniser(model: str | None = None) -> Recogniser:
    """The one at this path, or for None and "bundled" that of rapidocr's wheel.

    Raises ModelNotFound without such a file.
    """
    if model in (None, BUNDLED_MODEL):
        return Recogniser(wheel_models() / RECOGNISER_FILE, "pp-ocrv6-small")
    path = Path(str(model))
    if not path.is_file():
        raise ModelNotFound(f"no model of text at {path}", _HINT + ", or --text-model bundled")
    digest = hashlib.sha256(path.read_bytes()).hexdigest()[:12]
    return Recogniser(path, f"{path.stem}@{digest}")


@cache
def _characters(path: Path) -> tuple[str, ...]:
    """What the model can write; InputError where the file is not a recogniser."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    try:
        session = onnxruntime.InferenceSession(
            str(path), options, providers=["CPUExecutionProvider"]
        )
    except Exception as error:  # of many kinds, none of which is public
        raise InputError(f"{path} cannot be opened as an ONNX model", _HINT) from error
    written = session.get_modelmeta().custom_metadata_map.get("character")
    if not written:
        raise InputError(f"{path} does not say which characters it recognises", _HINT)
    characters = tuple(written.splitlines())
    _check_shapes(path, session, len(characters))
    return characters


def _check_shapes(path: Path, session: Any, num_characters: int) -> None:
    """Lines of 48 pixels go in; a score for each character, the blank and the space comes out."""
    (taken, *more), given = session.get_inputs(), session.get_outputs()
    shape = list(taken.shape)
    if more or len(shape) != 4 or shape[1:3] != [3, LINE_HEIGHT_PX]:
        raise InputError(
            f"{path} takes pictures of shape {shape}, not lines of {LINE_HEIGHT_PX} pixels", _HINT
        )
    classes = given[0].shape[-1]
    if isinstance(classes, int) and classes != num_characters + 2:
        raise InputError(
            f"{path} tells {classes} signs apart and names {num_characters} characters", _HINT
        )
