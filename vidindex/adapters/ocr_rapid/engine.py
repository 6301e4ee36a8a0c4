"""Choose the engine that runs the networks of the reader: OpenVINO or ONNX Runtime."""

import platform
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt

Engine = Literal["openvino", "onnxruntime"]

MEASURED = ("x86_64", "AMD64")
"""Machines on which OpenVINO was measured, and was faster."""


@dataclass(frozen=True, slots=True)
class Choice:
    """An engine, with the reason for people. Both give the same text."""

    engine: Engine
    why: str


def choose_engine(machine: str = platform.machine()) -> Choice:
    """OpenVINO where it is installed and was measured to be faster, else ONNX Runtime."""
    if machine not in MEASURED:
        return Choice("onnxruntime", f"OpenVINO was not measured on {machine}")
    try:
        release = version("openvino")
    except PackageNotFoundError:
        hint = "pip install 'vidindex[cpu]' reads faster"
        return Choice("onnxruntime", f"OpenVINO is not installed; {hint}")
    return Choice("openvino", f"OpenVINO {release} is installed, and faster on this kind of CPU")


@contextmanager
def without_telemetry() -> Iterator[None]:
    """Inside the block, importing OpenVINO reports nothing to its makers.

    Its conversion tools, which the import loads, send an event through the package
    openvino-telemetry. Both are kept out; inference needs neither.
    """
    kept_out = ("openvino_telemetry", "openvino.tools.ovc")
    before = {name: sys.modules.get(name) for name in kept_out}
    sys.modules.update(dict.fromkeys(kept_out))  # type: ignore[arg-type]  # None: not importable
    try:
        yield
    finally:
        for name, module in before.items():
            if module is None:
                del sys.modules[name]
            else:
                sys.modules[name] = module


def thread_parameters(num_threads: int) -> dict[str, object]:
    """Parameters of RapidOCR for ONNX Runtime with so many threads a picture."""
    prefix = "EngineConfig.onnxruntime"
    return {f"{prefix}.intra_op_num_threads": num_threads, f"{prefix}.inter_op_num_threads": 1}


class OpenVinoNetwork:
    """Runs a network by OpenVINO, in place of a session of RapidOCR."""

    def __init__(self, path: Path, num_threads: int) -> None:
        with without_telemetry():
            import openvino
        how = {
            "INFERENCE_NUM_THREADS": num_threads,
            "NUM_STREAMS": 1,
            # By default, processors that can would calculate in bfloat16 and read other texts.
            "INFERENCE_PRECISION_HINT": "f32",
            # Pinned, the threads of all processes share the first core.
            "ENABLE_CPU_PINNING": False,
        }
        core = openvino.Core()
        self._request = core.compile_model(core.read_model(path), "CPU", how).create_infer_request()

    def __call__(self, pixels: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """The network's output; the array is overwritten by the next call."""
        self._request.infer([pixels])
        output: npt.NDArray[np.float32] = self._request.get_output_tensor().data
        return output
