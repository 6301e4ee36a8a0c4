"""Run a dual encoder of transformers; each half is loaded at its first use.

A search needs the text half only, which is most of the weights, and an ingest the vision half.
"""

from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from vidindex.adapters.embed_frames.checkpoint import DualEncoderFiles, remedy
from vidindex.adapters.embed_frames.pictures import PicturePacking
from vidindex.adapters.embed_frames.texts import TextPacking, quiet_loading
from vidindex.errors import ModelError, ModelNotFound, ModelTooLarge
from vidindex.types import EmbeddingSpace, Picture

PACKING_VERSION = 1
"""Raised whenever the same pictures get other vectors, which are then of another space."""

BATCH = 8
_CLASSES = {
    ("siglip", "vision"): "SiglipVisionModel",
    ("siglip", "text"): "SiglipTextModel",
    ("clip", "vision"): "CLIPVisionModelWithProjection",
    ("clip", "text"): "CLIPTextModelWithProjection",
}
Vectors = npt.NDArray[np.float32]


class DualEncoder:
    """Implements `ports.FrameEmbedder`. dtype: "float32" or "bfloat16", of the vision half."""

    def __init__(self, files: DualEncoderFiles, dtype: str = "float32") -> None:
        self._files = files.usable
        self.dtype = dtype

    @cached_property
    def space(self) -> EmbeddingSpace:
        """Named by the repository or folder, with the hash of the weights or the commit."""
        revision = f"{self._files.revision}/{PACKING_VERSION}"
        return EmbeddingSpace(self._files.name, revision, self._dim)

    @property
    def licence(self) -> str:
        return self._files.licence

    @property
    def size(self) -> tuple[int, int]:
        return self._pictures.width, self._pictures.height

    def embed_pictures(self, pictures: Sequence[Picture]) -> Vectors:
        """See `ports.FrameEmbedder`; in batches of 8."""
        parts = [
            self._of_pictures(pictures[first : first + BATCH])
            for first in range(0, len(pictures), BATCH)
        ]
        return np.concatenate(parts) if parts else np.zeros((0, self._dim), np.float32)

    def embed_texts(self, texts: Sequence[str]) -> Vectors:
        """See `ports.FrameEmbedder`; one by one, so that no text depends on another."""
        parts = [self._features(self._text_half, self._texts.pack(text)) for text in texts]
        return np.concatenate(parts) if parts else np.zeros((0, self._dim), np.float32)

    def can_read(self, texts: Sequence[str]) -> npt.NDArray[np.bool_]:
        """See `ports.FrameEmbedder`."""
        return np.array([self._texts.can_read(text) for text in texts], bool)

    def _of_pictures(self, pictures: Sequence[Picture]) -> Vectors:
        import torch

        values = torch.from_numpy(self._pictures.pack(pictures))
        return self._features(self._vision_half, {"pixel_values": values})

    def _features(self, half: Any, inputs: dict[str, Any]) -> Vectors:
        import torch

        with torch.inference_mode():
            moved = {
                name: one.to(half.device, half.dtype if one.is_floating_point() else None)
                for name, one in inputs.items()
            }
            output = half(**moved)
        embeds = getattr(output, "image_embeds", None)
        embeds = getattr(output, "text_embeds", None) if embeds is None else embeds
        features = output.pooler_output if embeds is None else embeds
        return self._unit(features.float().cpu().numpy())

    def _unit(self, features: Vectors) -> Vectors:
        lengths = np.linalg.norm(features, axis=1, keepdims=True)
        if features.shape[1] != self._dim or not np.all(np.isfinite(lengths) & (lengths > 0)):
            what = f"vectors of {features.shape[1]} numbers"
            what = "vectors that are not finite" if features.shape[1] == self._dim else what
            raise ModelError(f"picture model {self._files.name} gives {what}", self._mend)
        return np.asarray(features / lengths, np.float32)

    @cached_property
    def _dim(self) -> int:
        """Length of the vectors; raises ModelNotFound where the halves do not agree."""
        config = self._files.config
        vision, text = config.get("vision_config") or {}, config.get("text_config") or {}
        if self._files.family == "clip":
            return int(config.get("projection_dim") or 512)
        width = int(vision.get("hidden_size", 768))
        other = int(text.get("projection_size") or text.get("hidden_size", 768))
        if width != other:
            raise ModelNotFound(
                f"picture model {self._files.name}: pictures get {width} numbers, texts {other}",
                self._mend,
            )
        return width

    @cached_property
    def _pictures(self) -> PicturePacking:
        vision = self._files.config.get("vision_config") or {}
        settings = self._files.read("preprocessor_config.json")
        return PicturePacking.of(self._files.family, settings, int(vision.get("image_size", 224)))

    @cached_property
    def _texts(self) -> TextPacking:
        return TextPacking(self._files)

    @cached_property
    def _vision_half(self) -> Any:
        return self._load("vision", self.dtype)

    @cached_property
    def _text_half(self) -> Any:
        return self._load("text", "float32")

    @property
    def _mend(self) -> str:
        return remedy(self._files.name)

    def _load(self, half: str, dtype: str) -> Any:
        import torch

        where = f"picture model {self._files.name}"
        try:
            model, missing = self._read(half, getattr(torch, dtype))
            model = model.to("cuda" if torch.cuda.is_available() else "cpu")
        except torch.OutOfMemoryError as error:
            raise ModelTooLarge(f"{where} does not fit the memory", "name a smaller one") from error
        except (OSError, ValueError, KeyError, RuntimeError) as error:
            first = str(error).strip().splitlines()[0]
            raise ModelNotFound(f"{where} cannot be loaded: {first}", self._mend) from error
        if missing:
            # transformers would fill them with random numbers and continue.
            raise ModelNotFound(
                f"{where} lacks {len(missing)} tensors ({missing[0]}, …)", self._mend
            )
        return model.eval().requires_grad_(False)

    def _read(self, half: str, dtype: Any) -> tuple[Any, list[str]]:
        """One half, and the names of the tensors that its part of the weights lacks."""
        import transformers

        kind = getattr(transformers, _CLASSES[self._files.family, half])
        with quiet_loading():
            model, report = kind.from_pretrained(
                self._files.folder,
                dtype=dtype,
                local_files_only=True,
                use_safetensors=True,
                trust_remote_code=False,
                output_loading_info=True,
                **({"projection_dim": self._dim} if self._files.family == "clip" else {}),
            )
        return model, sorted(report["missing_keys"])
