"""Detect the device that a model can run on, its precision and free memory.

bfloat16 on a GPU, as the checkpoints were trained; float32 on a
CPU, where half precision is slow and a reply should not depend on its batch.
"""

from dataclasses import dataclass

import psutil  # type: ignore[import-untyped]


@dataclass(frozen=True, slots=True)
class Device:
    """`kind` is "cuda" or "cpu", `free_bytes` its memory that is free now."""

    kind: str
    free_bytes: int

    @property
    def dtype(self) -> str:
        return "bfloat16" if self.kind == "cuda" else "float32"

    @property
    def bytes_per_weight(self) -> int:
        return 2 if self.kind == "cuda" else 4

    def __str__(self) -> str:
        name = "GPU" if self.kind == "cuda" else "machine (no GPU)"
        return f"this {name} has {self.free_bytes / 1e9:.1f} GB free"


def this_device() -> Device:
    """The first GPU where there is one, else the CPU."""
    import torch

    if torch.cuda.is_available():
        return Device("cuda", int(torch.cuda.mem_get_info()[0]))
    return Device("cpu", int(psutil.virtual_memory().available))
