"""Lets torchvision, which is built for CUDA, be imported beside a CPU torch (for tests only).

Its compiled part is not loaded there, so that two operators are missing whose shapes it
registers on import; nobody calls them. Run by the Python of an environment, this puts itself
where that Python starts, so that the operators are declared before the first import.
"""

import shutil
import sys
import sysconfig
from importlib.machinery import ModuleSpec
from pathlib import Path
from typing import Any

OPERATORS = ("nms", "qnms")
SIGNATURE = "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor"
# They are declared for as long as these live.
_declared: list[Any] = []


class BeforeTorchvision:
    """Finds no module; sees when torchvision is first looked for."""

    def find_spec(self, name: str, path: object = None, target: object = None) -> ModuleSpec | None:
        if name == "torchvision":
            sys.meta_path.remove(self)
            _declare()
        return None


def _declare() -> None:
    import torch

    library = torch.library.Library("torchvision", "DEF")  # type: ignore[no-untyped-call]
    for operator in OPERATORS:
        library.define(operator + SIGNATURE)  # type: ignore[no-untyped-call]
    _declared.append(library)


def install() -> None:
    """Copy this file into the environment, and have it imported whenever Python starts there."""
    packages = Path(sysconfig.get_path("purelib"))
    module = Path(__file__).stem
    shutil.copy(__file__, packages)
    (packages / f"{module}.pth").write_text(f"import {module}\n")


if __name__ == "__main__":
    install()
else:
    sys.meta_path.insert(0, BeforeTorchvision())
