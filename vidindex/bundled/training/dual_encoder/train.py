"""Train the bundled dual encoder from scratch on generated scenes.

Run `python -m vidindex.bundled.training.dual_encoder.train --out FOLDER --minutes 90`. Every
scene is drawn once, so the figures that are printed are of unseen scenes. It saves a state
that `--resume` continues from, and the averaged weights as a model folder beside it.
"""

import argparse
import shutil
import sys
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from vidindex.bundled.training.dual_encoder.batches import Batch, draw_batch
from vidindex.bundled.training.dual_encoder.geometry import (
    PATCHES_A_SIDE,
    WIDTH,
    build_model,
    fixed_weights,
    save_side_files,
)
from vidindex.bundled.training.dual_encoder.losses import HintHead, Losses, batch_losses
from vidindex.bundled.training.dual_encoder.tokenizer import Words

SCENES_A_STEP = 16
PATCHES = PATCHES_A_SIDE**2
AVERAGE_DECAY = 0.995
WARM_UP_STEPS = 40
RATE = 2e-3


class Trainer:
    """Model, hint head, optimisers and running average, saved and restored as one."""

    def __init__(self, folder: Path, seed: int, rate: float = 1.0) -> None:
        torch.manual_seed(seed)
        self.folder, self.seed, self.rate = folder, seed, rate
        folder.mkdir(parents=True, exist_ok=True)
        self.words = Words()
        self.model = build_model(self.words.vocabulary)
        self.head = HintHead(WIDTH)
        self.optimisers = _optimisers(self.model, self.head)
        self.average = {k: v.detach().clone() for k, v in self.model.state_dict().items()}
        self.step = 0

    def draw(self, num_scenes: int = SCENES_A_STEP, num_kept: int = PATCHES) -> Batch:
        """The batch of this step, which a resumed run repeats."""
        rng = np.random.default_rng([self.seed, self.step])
        return draw_batch(rng, self.words, num_scenes, num_kept)

    def learn(self, batch: Batch, scale: float) -> Losses:
        """One descent at `scale` of the base rate."""
        with torch.autocast("cpu", torch.bfloat16):
            losses = batch_losses(self.model, self.head, batch, self.step)
        for optimiser in self.optimisers:
            optimiser.zero_grad(set_to_none=True)
        losses.total.backward()  # type: ignore[no-untyped-call]
        for weight, part in fixed_weights(self.model.vision_model):
            if weight.grad is not None:
                weight.grad[part] = 0.0
        nn.utils.clip_grad_norm_([*self.model.parameters(), *self.head.parameters()], 1.0)
        for optimiser in self.optimisers:
            for group in optimiser.param_groups:
                group["lr"] = RATE * scale * self.rate
            optimiser.step()
        self.step += 1
        decay = min(AVERAGE_DECAY, self.step / (self.step + 20))
        with torch.no_grad():
            for name, value in self.model.state_dict().items():
                if value.is_floating_point():
                    self.average[name].lerp_(value, 1 - decay)
        return losses

    def save(self) -> None:
        """The whole state, and the averaged weights as a loadable float16 folder."""
        state = {
            "step": self.step,
            "model": self.model.state_dict(),
            "head": self.head.state_dict(),
            "optimisers": [optimiser.state_dict() for optimiser in self.optimisers],
            "average": self.average,
        }
        torch.save(state, self.folder / "state.tmp")
        (self.folder / "state.tmp").replace(self.folder / "state.pt")
        write_model(self.folder / "model", self.average, self.words.vocabulary)

    def restore(self) -> None:
        state = torch.load(self.folder / "state.pt", weights_only=True)
        self.step = state["step"]
        self.model.load_state_dict(state["model"])
        self.head.load_state_dict(state["head"])
        self.average = state["average"]
        for optimiser, saved in zip(self.optimisers, state["optimisers"], strict=True):
            optimiser.load_state_dict(saved)


def write_model(folder: Path, weights: dict[str, torch.Tensor], vocabulary: int) -> None:
    """A folder that SiglipModel and AutoTokenizer load."""
    draft = folder.with_suffix(".tmp")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(parents=True)
    copy = build_model(vocabulary)
    copy.load_state_dict(weights)
    copy.to(torch.float16).save_pretrained(draft)
    save_side_files(draft)
    shutil.rmtree(folder, ignore_errors=True)
    draft.rename(folder)


def train(
    trainer: Trainer,
    minutes: float,
    decay_minutes: float,
    save_minutes: float,
    scenes: int,
    kept: int,
) -> None:
    """Learns until the time is up; the last `decay_minutes` bring the rate down to nothing."""
    begun = saved = time.monotonic()
    log = _Log()
    while (left := minutes - (time.monotonic() - begun) / 60) > 0:
        share = min(1.0, left / decay_minutes) if decay_minutes else 1.0
        losses = trainer.learn(
            trainer.draw(scenes, kept), min(share, (trainer.step + 1) / WARM_UP_STEPS)
        )
        log.add(trainer.step, losses)
        if time.monotonic() - saved > save_minutes * 60:
            trainer.save()
            saved = time.monotonic()
    trainer.save()


class _Log:
    """Means of the figures since the last line, a line every `every` steps."""

    def __init__(self, every: int = 25) -> None:
        self._every = every
        self._sums: dict[str, list[float]] = defaultdict(list)
        self._since = time.monotonic(), time.process_time()

    def add(self, step: int, losses: Losses) -> None:
        for name, value in losses.figures.items():
            self._sums[name].append(value)
        if step % self._every == 0:
            wall_s, cpu_s = time.monotonic(), time.process_time()
            pace = (wall_s - self._since[0]) / self._every, (cpu_s - self._since[1]) / self._every
            parts = [f"{name} {np.nanmean(v):.3f}" for name, v in self._sums.items()]
            said = f"{step} {pace[0]:.2f}s ({pace[1]:.2f} cpu) | " + " | ".join(parts)
            print(said, flush=True)  # noqa: T201
            self._sums.clear()
            self._since = wall_s, cpu_s


def _optimisers(model: Any, head: nn.Module) -> list[torch.optim.Optimizer]:
    """Muon for the layers' matrices, AdamW for the rest."""
    matrices: list[nn.Parameter] = []
    others = list(head.parameters())
    for name, weight in model.named_parameters():
        (matrices if ".layers." in name and weight.ndim == 2 else others).append(weight)
    muon = torch.optim.Muon(matrices, lr=RATE, weight_decay=0.01, adjust_lr_fn="match_rms_adamw")
    return [muon, torch.optim.AdamW(others, lr=RATE, betas=(0.9, 0.98), weight_decay=0.01)]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--minutes", type=float, default=90.0)
    parser.add_argument("--decay-minutes", type=float, default=15.0)
    parser.add_argument("--save-minutes", type=float, default=5.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rate", type=float, default=1.0, help="factor on the learning rates")
    parser.add_argument("--scenes", type=int, default=SCENES_A_STEP, help="a step")
    parser.add_argument("--kept", type=int, default=PATCHES, help="patches of each picture")
    parser.add_argument("--resume", action="store_true")
    options = parser.parse_args()
    trainer = Trainer(options.out, options.seed, options.rate)
    if options.resume:
        trainer.restore()
    spans = options.minutes, options.decay_minutes, options.save_minutes
    train(trainer, *spans, options.scenes, options.kept)
    return 0


if __name__ == "__main__":
    sys.exit(main())
