"""Run the reference processors once and write down what they give; no test.

Needs torchvision, which vidindex does not, and which a CPU build of torch imports only with the
repairs of the environment of `make test-vllm`:
    .venv-vllm/bin/python tests/make_goldens.py
Each file holds the versions that made it.
"""

from typing import Any

import numpy as np
import torch
import torchvision  # type: ignore[import-not-found]
import transformers
from support.golden_cases import (
    CASES,
    CHAT_TEMPLATE,
    GOLDEN_FOLDER,
    MAX_PIXELS,
    MIN_PIXELS,
    QWEN3_CASES,
    QWEN3_MAX_PIXELS,
    QWEN3_MIN_PIXELS,
    QWEN3_TEMPLATE,
    GoldenCase,
    byte_tokenizer,
    messages,
    qwen3_tokenizer,
)
from transformers import Qwen2_5_VLProcessor, Qwen3VLProcessor
from transformers.models.qwen2_vl.image_processing_qwen2_vl import (
    Qwen2VLImageProcessor,
)
from transformers.models.qwen2_vl.video_processing_qwen2_vl import (
    Qwen2VLVideoProcessor,
)
from transformers.models.qwen3_vl.video_processing_qwen3_vl import (
    Qwen3VLVideoProcessor,
)
from transformers.video_utils import VideoMetadata

SIZE = {"shortest_edge": MIN_PIXELS, "longest_edge": MAX_PIXELS}


def main() -> None:
    GOLDEN_FOLDER.mkdir(exist_ok=True)
    processor = Qwen2_5_VLProcessor(
        image_processor=Qwen2VLImageProcessor(size=SIZE),
        video_processor=Qwen2VLVideoProcessor(size=SIZE, cap_pixels_per_frame=False),
        tokenizer=byte_tokenizer(),
        chat_template=CHAT_TEMPLATE,
    )
    write(processor, CASES)
    write(qwen3_processor(), QWEN3_CASES)


def qwen3_processor() -> Qwen3VLProcessor:
    """Of Qwen3-VL and Qwen3.5; a clip's bounds are of all its frames together."""
    colours = {"image_mean": [0.5] * 3, "image_std": [0.5] * 3}
    image = {"shortest_edge": QWEN3_MIN_PIXELS, "longest_edge": QWEN3_MAX_PIXELS}
    clip = {"shortest_edge": 4096, "longest_edge": 128 * QWEN3_MAX_PIXELS}
    return Qwen3VLProcessor(
        image_processor=Qwen2VLImageProcessor(size=image, patch_size=16, **colours),
        video_processor=Qwen3VLVideoProcessor(size=clip, cap_pixels_per_frame=False),
        tokenizer=qwen3_tokenizer(QWEN3_TEMPLATE),
        chat_template=QWEN3_TEMPLATE,
    )


def write(processor: Any, cases: tuple[GoldenCase, ...]) -> None:
    made_by = [f"{one.__name__} {one.__version__}" for one in (torch, torchvision, transformers)]
    for case in cases:
        arrays = reference(processor, case) | {"versions": np.asarray(", ".join(made_by))}
        np.savez_compressed(case.path, **arrays)


def reference(processor: Any, case: GoldenCase) -> dict[str, Any]:
    """What the model would be given, as arrays."""
    text = processor.apply_chat_template(messages(case), tokenize=False, add_generation_prompt=True)
    pictures = torch.from_numpy(case.pictures).permute(0, 3, 1, 2)
    if case.fps is None:
        out = processor(text=[text], images=[pictures[0]], return_tensors="np")
        pixels, grid, seconds = out["pixel_values"], out["image_grid_thw"], ()
    else:
        metadata = VideoMetadata(
            total_num_frames=case.frames,
            fps=case.fps,
            duration=case.frames / case.fps,
            frames_indices=list(range(case.frames)),
        )
        out = processor(
            text=[text],
            videos=[pictures],
            video_metadata=[metadata],
            do_sample_frames=False,
            return_tensors="np",
        )
        pixels, grid = out["pixel_values_videos"], out["video_grid_thw"]
        seconds = out.get("second_per_grid_ts", ())
    return {
        "text": np.asarray(text),
        "input_ids": np.asarray(out["input_ids"][0], dtype=np.int32),
        "pixels": np.asarray(pixels, dtype=np.float32),
        "grid_thw": np.asarray(grid[0], dtype=np.int32),
        "seconds_per_grid": np.asarray(seconds, dtype=np.float64),
    }


if __name__ == "__main__":
    main()
