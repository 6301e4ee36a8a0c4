"""Measure what embedding frames costs, with dual encoders of real size and random weights.

Weights do not change the time. One thread each for decoding and for the model; CPU seconds, so
that a busy machine does not count, and how far the faster precision is from float32.
"""

import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from pipelines.ingest.frames import distinct
from vidindex.adapters.decoders.pyav import PyAVDecoder
from vidindex.adapters.embed_frames import DualEncoder, checkpoint
from vidindex.adapters.media.discover import discover
from vidindex.adapters.media.probe import probe
from vidindex.core.sampling.still_frames import compared_size
from vidindex.errors import InputError, MediaError
from vidindex.types import FoundFile, Frame, Picture

SHAPES = {"SigLIP 2 B/32-256": (256, 32), "SigLIP 2 B/16-224": (224, 16)}
"""Side of the picture and of a patch, in pixels, of the published base models."""

DTYPES = ("float32", "bfloat16")
TIMED_PICTURES = 16
MOST_FRAMES = 600
"""Frames of one file that are looked at: ten minutes at one a second."""

_TOWER = {"hidden_size": 768, "intermediate_size": 3072, "num_attention_heads": 12}


@dataclass(frozen=True, slots=True)
class Footage:
    """What looking at a frame a second of all files took, the model apart; seconds of CPU."""

    num_files: int
    failed: int
    duration_s: float
    num_frames: int
    num_distinct: int
    decode_s: float
    compare_s: float


@dataclass(frozen=True, slots=True)
class CostRow:
    """One model. cosine: the least between its vectors and those of float32, over footage.

    realtime, realtime_all: hours of footage per hour of one core, with and without leaving out
    frames that show what the one before shows.
    """

    model: str
    dtype: str
    ms_per_frame: float
    wall_ms_per_frame: float
    cosine: float
    realtime: float
    realtime_all: float


def measure(
    paths: Sequence[Path], rate_fps: float, say: Callable[[str], None]
) -> tuple[Footage, list[CostRow]]:
    """Over files and folders of footage. Raises InputError where none of them can be decoded."""
    import torch

    footage, pictures = _look(paths, rate_fps, say)
    if not pictures:
        raise InputError("no footage that can be decoded", "name folders of video")
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        return footage, [row for name in SHAPES for row in _of_model(name, footage, pictures, say)]
    finally:
        torch.set_num_threads(before)


def _of_model(
    name: str, footage: Footage, pictures: Sequence[Picture], say: Callable[[str], None]
) -> list[CostRow]:
    rows, exact = [], np.zeros((0, 0), np.float32)
    with tempfile.TemporaryDirectory() as folder:
        files = checkpoint.find(str(random_encoder(Path(folder), *SHAPES[name])))
        for dtype in DTYPES:
            say(f"{name}, {dtype}")
            encoder = DualEncoder(files, dtype)
            encoder.embed_pictures(pictures[:1])
            wall_s, cpu_s = time.perf_counter(), time.process_time()
            vectors = encoder.embed_pictures(pictures)
            wall_s, cpu_s = time.perf_counter() - wall_s, time.process_time() - cpu_s
            exact = vectors if dtype == "float32" else exact
            each_s = cpu_s / len(pictures)
            looking_s = footage.decode_s + footage.compare_s
            rows.append(
                CostRow(
                    name,
                    dtype,
                    1000 * each_s,
                    1000 * wall_s / len(pictures),
                    float((vectors * exact).sum(axis=1).min()),
                    footage.duration_s / (looking_s + footage.num_distinct * each_s),
                    footage.duration_s / (footage.decode_s + footage.num_frames * each_s),
                )
            )
    return rows


def _look(
    paths: Sequence[Path], rate_fps: float, say: Callable[[str], None]
) -> tuple[Footage, list[Picture]]:
    """Decode a frame a second of every file; of the distinct ones some, for the models."""
    totals = dict.fromkeys(("duration", "frames", "distinct", "decode", "compare"), 0.0)
    num_files = failed = 0
    kept: list[Picture] = []
    for found in discover(paths):
        if not isinstance(found, FoundFile):
            continue
        try:
            frames, duration_s, decode_s = _decoded(found.path, rate_fps)
        except (MediaError, OSError) as error:
            say(f"{found.path.name}: {error}")
            failed += 1
            continue
        started_s = time.process_time()
        shown = list(distinct(frames, duration_s))
        totals["compare"] += time.process_time() - started_s
        totals["duration"] += duration_s
        totals["frames"] += len(frames)
        totals["distinct"] += len(shown)
        totals["decode"] += decode_s
        num_files += 1
        kept += [one.picture for one in shown[:: max(1, len(shown) // 2)]]
    step = max(1, len(kept) // TIMED_PICTURES)
    footage = Footage(
        num_files,
        failed,
        totals["duration"],
        int(totals["frames"]),
        int(totals["distinct"]),
        totals["decode"],
        totals["compare"],
    )
    return footage, kept[::step][:TIMED_PICTURES]


def _decoded(path: Path, rate_fps: float) -> tuple[list[Frame], float, float]:
    """Frames of one file, the stretch that they cover, and CPU seconds of decoding them."""
    started_s = time.process_time()
    video = probe(path, path.name)
    source = video.source(path)
    end_s = min(video.picture_end_s, MOST_FRAMES / rate_fps)
    times_s = [number / rate_fps for number in range(max(1, int(end_s * rate_fps)))]
    size = compared_size(video.width, video.height, 256)
    frames = list(PyAVDecoder().frames(source, times_s, size))
    return frames, end_s, time.process_time() - started_s


def random_encoder(folder: Path, image_size: int, patch_size: int) -> Path:
    """A SigLIP whose vision half is of real size and whose text half is tiny."""
    import torch
    from tokenizers import Tokenizer, models
    from transformers import PreTrainedTokenizerFast, SiglipConfig, SiglipModel
    from transformers.utils import logging

    logging.set_verbosity_error()  # it warns of ids that this text half has no use for
    logging.disable_progress_bar()
    torch.manual_seed(0)
    words = {"<pad>": 0, "<eos>": 1, "<unk>": 2}
    tokenizer: Any = PreTrainedTokenizerFast(
        tokenizer_object=Tokenizer(models.WordLevel(words, unk_token="<unk>")),
        pad_token="<pad>",
        eos_token="<eos>",
        unk_token="<unk>",
    )
    vision = _TOWER | {"num_hidden_layers": 12, "image_size": image_size, "patch_size": patch_size}
    text = _TOWER | {"num_hidden_layers": 1, "vocab_size": len(words), "pad_token_id": 0}
    text |= {"eos_token_id": 1, "bos_token_id": 1}
    SiglipModel(SiglipConfig(vision_config=vision, text_config=text)).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder
