"""Train the bundled model from scratch on generated clips.

Run `python -m vidindex.bundled.training.train --out FOLDER --minutes 90`. It goes through the
stages below, prints figures on fresh clips (every clip is drawn once, so training figures are
unseen-clip figures), saves a state that `--resume` continues from, and writes the averaged
weights as a model folder whenever it saves.
"""

import argparse
import math
import shutil
import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn
from transformers import AutoTokenizer

from vidindex.bundled.training.batches import (
    Batch,
    Mix,
    Wording,
    draw_box_batch,
    draw_clip_batch,
    draw_eye_batch,
)
from vidindex.bundled.training.geometry import LAYERS, WIDTH, build_model, save_side_files
from vidindex.bundled.training.losses import HintHeads, Losses, clip_losses, eye_losses
from vidindex.bundled.training.tokenizer import SPECIAL_TOKENS, save_tokenizer

MIDDLE_LAYERS = (LAYERS // 2 - 1, LAYERS - 3)
AVERAGE_DECAY = 0.99
BOX_EVERY = 6
WARM_UP_STEPS = 60
MATRIX_RATE = 2e-3
OTHER_RATE = 2e-3


@dataclass(frozen=True, slots=True)
class Stage:
    """`steps` of one mix; `eyes_only` trains the vision tower alone."""

    name: str
    steps: int
    mix: Mix
    eyes_only: bool = False


STAGES = (
    Stage("eyes", 400, Mix(clips=24, max_events=3, grounds=1, yes_nos=1), eyes_only=True),
    Stage("one", 350, Mix(max_events=1, full_share=0.3)),
    Stage("two", 350, Mix(max_events=2, full_share=0.45)),
    Stage(
        "three",
        1_000_000,
        Mix(max_events=3, full_share=0.75, borrow_share=0.8, boxes=48, glances=8),
    ),
)


class Trainer:
    """Model, hint heads, optimisers and running average, saved and restored as one."""

    def __init__(self, folder: Path, seed: int, rate: float) -> None:
        torch.manual_seed(seed)
        self.folder, self.seed, self.rate = folder, seed, rate
        folder.mkdir(parents=True, exist_ok=True)
        save_tokenizer(folder)
        tokenizer = AutoTokenizer.from_pretrained(folder)
        self.token_ids = {name: tokenizer.convert_tokens_to_ids(name) for name in SPECIAL_TOKENS}
        self.model = build_model(self.token_ids, len(tokenizer))
        self.heads = HintHeads(WIDTH)
        self.wording = Wording(lambda text: list(tokenizer.encode(text, add_special_tokens=False)))
        self.optimisers = _optimisers(self.model, self.heads)
        self.average = {k: v.detach().clone() for k, v in self.model.state_dict().items()}
        self.step = 0

    def learn(self, losses: Losses, scale: float) -> None:
        """One descent at `scale` of the base rates."""
        for optimiser in self.optimisers:
            optimiser.zero_grad(set_to_none=True)
        losses.total.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_([*self.model.parameters(), *self.heads.parameters()], 1.0)
        for optimiser, base in zip(self.optimisers, (MATRIX_RATE, OTHER_RATE), strict=True):
            for group in optimiser.param_groups:
                group["lr"] = base * scale * self.rate
            optimiser.step()
        self.step += 1
        decay = min(AVERAGE_DECAY, self.step / (self.step + 20))
        with torch.no_grad():
            for name, value in self.model.state_dict().items():
                self.average[name].lerp_(value, 1 - decay)

    def save(self) -> None:
        """The whole state, and the averaged weights as a loadable bf16 model folder."""
        state = {
            "step": self.step,
            "model": self.model.state_dict(),
            "heads": self.heads.state_dict(),
            "optimisers": [optimiser.state_dict() for optimiser in self.optimisers],
            "average": self.average,
        }
        torch.save(state, self.folder / "state.tmp")
        (self.folder / "state.tmp").replace(self.folder / "state.pt")
        write_model(self.folder / "model", self.model, self.average, self.token_ids)

    def restore(self) -> None:
        state = torch.load(self.folder / "state.pt", weights_only=True)
        self.step = state["step"]
        self.model.load_state_dict(state["model"])
        self.heads.load_state_dict(state["heads"])
        self.average = state["average"]
        for optimiser, saved in zip(self.optimisers, state["optimisers"], strict=True):
            optimiser.load_state_dict(saved)


def write_model(
    folder: Path, model: Any, weights: dict[str, torch.Tensor], token_ids: dict[str, int]
) -> None:
    """A folder that AutoModelForImageTextToText, AutoTokenizer and vLLM load."""
    draft = folder.with_suffix(".tmp")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(parents=True)
    copy = build_model(token_ids, model.config.text_config.vocab_size)
    copy.load_state_dict(weights)
    copy.to(torch.bfloat16).save_pretrained(draft)
    save_tokenizer(draft)
    save_side_files(draft, token_ids)
    shutil.rmtree(folder, ignore_errors=True)
    draft.rename(folder)


def stage_at(step: int) -> Stage:
    for stage in STAGES:
        if step < stage.steps:
            return stage
        step -= stage.steps
    return STAGES[-1]


def draw(trainer: Trainer, stage: Stage) -> Batch:
    """The batch of this step: a function of seed and step alone, so a resumed run repeats it."""
    rng = np.random.default_rng([trainer.seed, trainer.step])
    if not stage.eyes_only and trainer.step % BOX_EVERY == 0:
        return draw_box_batch(rng, trainer.wording, stage.mix)
    return draw_clip_batch(rng, trainer.wording, stage.mix)


def train(trainer: Trainer, minutes: float, decay_minutes: float, save_minutes: float) -> None:
    """Learns until the time is up; the last `decay_minutes` bring the rate down to nothing."""
    begun = saved = time.monotonic()
    log = Log()
    for share in _shares(begun, minutes, decay_minutes):
        stage = stage_at(trainer.step)
        batch = draw(trainer, stage)
        losses = losses_of(trainer, stage, batch)
        trainer.learn(losses, min(share, (trainer.step + 1) / WARM_UP_STEPS))
        log.add(trainer.step, stage, losses)
        if time.monotonic() - saved > save_minutes * 60:
            trainer.save()
            saved = time.monotonic()
    trainer.save()


def losses_of(trainer: Trainer, stage: Stage, batch: Batch) -> Losses:
    """What `batch` costs, with the stage's extra glances at other scenes."""
    with torch.autocast("cpu", torch.bfloat16):
        if stage.eyes_only:
            return eye_losses(trainer.model, trainer.heads, batch)
        losses = clip_losses(trainer.model, trainer.heads, batch, MIDDLE_LAYERS)
        if stage.mix.glances:
            rng = np.random.default_rng([trainer.seed, trainer.step, 1])
            glances = draw_eye_batch(rng, trainer.wording, stage.mix)
            more = eye_losses(trainer.model, trainer.heads, glances)
            figures = {name.replace("eye", "glance"): v for name, v in more.figures.items()}
            return Losses(losses.total + more.total, losses.figures | figures)
    return losses


class Log:
    """Means of the figures since the last line, a line every `every` steps."""

    def __init__(self, every: int = 50) -> None:
        self._every = every
        self._sums: dict[str, list[float]] = defaultdict(list)
        self._since = time.monotonic()

    def add(self, step: int, stage: Stage, losses: Losses) -> None:
        for name, value in losses.figures.items():
            if not math.isnan(value):
                self._sums[name].append(value)
        if step % self._every == 0:
            pace = (time.monotonic() - self._since) / self._every
            parts = [f"{name} {sum(v) / len(v):.3f}" for name, v in self._sums.items()]
            print(f"{step} {stage.name} {pace:.2f}s | " + " | ".join(parts), flush=True)  # noqa: T201
            self._sums.clear()
            self._since = time.monotonic()


def _shares(begun: float, minutes: float, decay_minutes: float) -> Iterator[float]:
    while (left := minutes - (time.monotonic() - begun) / 60) > 0:
        yield min(1.0, left / decay_minutes) if decay_minutes else 1.0


def _optimisers(model: Any, heads: nn.Module) -> list[torch.optim.Optimizer]:
    """Muon for the layers' matrices, AdamW for the rest."""
    matrices: list[nn.Parameter] = []
    others = list(heads.parameters())
    for name, weight in model.named_parameters():
        inner = ".layers." in name or ".blocks." in name or ".merger." in name
        (matrices if inner and weight.ndim == 2 else others).append(weight)
    muon = torch.optim.Muon(
        matrices, lr=MATRIX_RATE, weight_decay=0.01, adjust_lr_fn="match_rms_adamw"
    )
    return [muon, torch.optim.AdamW(others, lr=OTHER_RATE, betas=(0.9, 0.98), weight_decay=0.01)]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--minutes", type=float, default=90.0)
    parser.add_argument("--decay-minutes", type=float, default=20.0)
    parser.add_argument("--save-minutes", type=float, default=8.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rate", type=float, default=1.0, help="factor on the learning rates")
    parser.add_argument("--resume", action="store_true")
    options = parser.parse_args()
    trainer = Trainer(options.out, options.seed, options.rate)
    if options.resume:
        trainer.restore()
    train(trainer, options.minutes, options.decay_minutes, options.save_minutes)
    return 0


if __name__ == "__main__":
    sys.exit(main())
