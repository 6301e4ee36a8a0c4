"""Print what a trained dual encoder reaches on unseen generated scenes.

Run `python -m vidindex.bundled.training.dual_encoder.measure FOLDER --seed 11`. Loads the folder
by transformers alone, as any SigLIP.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from PIL import Image
from transformers import AutoTokenizer, SiglipModel

from vidindex.bundled.training.dual_encoder.batches import pixels_of
from vidindex.bundled.training.dual_encoder.geometry import SIDE_PX
from vidindex.bundled.training.dual_encoder.tokenizer import TEXT_TOKENS
from vidindex.synthetic.world.picture_search import SUITES, as_table, measure
from vidindex.types import EmbeddingSpace, Picture

_BATCH = 32
Vectors = npt.NDArray[np.float32]


class TrainedEncoder:
    """Implements `ports.FrameEmbedder` by transformers' own model and tokenizer."""

    def __init__(self, folder: Path) -> None:
        self._model = SiglipModel.from_pretrained(folder, dtype=torch.float32).eval()
        self._tokenizer = AutoTokenizer.from_pretrained(folder)
        self.space = EmbeddingSpace(folder.name, "", self._model.config.vision_config.hidden_size)
        self.size = (SIDE_PX, SIDE_PX)

    def embed_pictures(self, pictures: Sequence[Picture]) -> Vectors:
        """See `ports.FrameEmbedder`."""
        small = [np.asarray(Image.fromarray(one).resize(self.size, 2)) for one in pictures]
        parts = [
            self._unit(self._model.vision_model(pixel_values=pixels_of(np.stack(part))))
            for part in (small[at : at + _BATCH] for at in range(0, len(small), _BATCH))
        ]
        return np.concatenate(parts)

    def can_read(self, texts: Sequence[str]) -> npt.NDArray[np.bool_]:
        """See `ports.FrameEmbedder`."""
        unknown = self._tokenizer.unk_token_id
        return np.array([unknown not in self._tokenizer(text).input_ids for text in texts], bool)

    def embed_texts(self, texts: Sequence[str]) -> Vectors:
        """See `ports.FrameEmbedder`."""
        packed = self._tokenizer(
            list(texts),
            padding="max_length",
            max_length=TEXT_TOKENS,
            truncation=True,
            return_tensors="pt",
        )
        return self._unit(self._model.text_model(input_ids=packed["input_ids"]))

    def _unit(self, output: Any) -> Vectors:
        features = torch.nn.functional.normalize(output.pooler_output.detach().float(), dim=-1)
        return np.asarray(features.numpy(), np.float32)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seed", type=int, default=11)
    parser.add_argument("--scenes", type=int, default=400)
    parser.add_argument("--queries", type=int, default=80, help="at most, of each kind and suite")
    parser.add_argument("--suite", action="append", choices=tuple(SUITES))
    parser.add_argument("--json", action="store_true", dest="as_json")
    options = parser.parse_args()
    suites = options.suite or tuple(SUITES)
    with torch.inference_mode():
        encoder = TrainedEncoder(options.folder)
        rows = measure(encoder, options.seed, options.scenes, options.queries, suites)
    said = json.dumps([row.as_json() for row in rows]) if options.as_json else as_table(rows)
    print(said)  # noqa: T201
    return 0


if __name__ == "__main__":
    sys.exit(main())
