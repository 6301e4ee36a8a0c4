"""Look up or measure the peak multiplication rate of a GPU.

Data sheets state rates with structured sparsity as well; these are without, for bfloat16
products summed in float32, as the model runs.
"""

import re
import time
from dataclasses import dataclass
from typing import Final

import torch

_NVIDIA: Final = "NVIDIA data sheet, dense bfloat16"

# By the words of torch.cuda.get_device_name, the longest that fits counts; in TFLOP/s.
PEAKS: Final = {
    "B200": 2_250.0,
    "GH200": 990.0,
    "H200": 989.0,
    "H200 NVL": 835.0,
    "H100": 989.0,
    "H100 NVL": 835.0,
    "H100 PCIe": 756.0,
    "A100": 312.0,
    "L40S": 362.0,
    "L40": 181.0,
    "L4": 121.0,
    "A40": 149.7,
    "A30": 165.0,
    "A10": 125.0,
    "RTX 6000 Ada": 364.2,
    "RTX 4090": 165.2,
    "RTX 3090": 71.0,
}
_MATRIX_SIDE: Final = {"cuda": 8192, "cpu": 1024}
_REPEATS: Final = 5


@dataclass(frozen=True, slots=True)
class Peak:
    """The most operations in a second, and where that is from."""

    flops_per_s: float
    source: str


def peak_of(device: str, dtype: torch.dtype) -> Peak:
    """That of the data sheet for a known card in bfloat16, else the rate of a large product."""
    if device == "cuda" and dtype == torch.bfloat16:
        known = known_peak(torch.cuda.get_device_name())
        if known:
            return known
    return Peak(measured_flops_per_s(device, dtype), f"measured here on a {dtype} product")


def known_peak(card: str) -> Peak | None:
    """Look up a card by the name that torch gives; None for one that is not in the table."""
    fitting = [name for name in PEAKS if re.search(rf"\b{re.escape(name)}\b", card)]
    if not fitting:
        return None
    name = max(fitting, key=len)
    return Peak(PEAKS[name] * 1e12, f"{_NVIDIA}, {name}")


def measured_flops_per_s(device: str, dtype: torch.dtype) -> float:
    """The best of some products of square matrices."""
    side = _MATRIX_SIDE[device]
    left, right = (torch.randn(side, side, device=device, dtype=dtype) for _ in range(2))
    return max(2 * side**3 / _seconds(left, right) for _ in range(_REPEATS))


def wait_for(device: str) -> None:
    """Wait until the device has finished its work; a CPU has."""
    if device == "cuda":
        torch.cuda.synchronize()


def _seconds(left: torch.Tensor, right: torch.Tensor) -> float:
    wait_for(left.device.type)
    start_s = time.perf_counter()
    left @ right
    wait_for(left.device.type)
    return time.perf_counter() - start_s
