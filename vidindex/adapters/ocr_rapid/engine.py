"""Choose the engine that runs the networks of the reader: OpenVINO or ONNX Runtime."""

import platform
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import Literal

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


def parameters(engine: Engine, num_threads: int) -> dict[str, object]:
    """Parameters of RapidOCR for this engine with so many threads a picture."""
    from rapidocr import EngineType

    chosen = {f"{part}.engine_type": EngineType(engine) for part in ("Det", "Rec")}
    if engine == "onnxruntime":
        prefix = "EngineConfig.onnxruntime"
        return {
            **chosen,
            f"{prefix}.intra_op_num_threads": num_threads,
            f"{prefix}.inter_op_num_threads": 1,
        }
    prefix = "EngineConfig.openvino"
    return {
        **chosen,
        f"{prefix}.inference_num_threads": num_threads,
        f"{prefix}.num_streams": 1,
        # Pinned, the threads of all processes share the first core.
        f"{prefix}.enable_cpu_pinning": "NO",
    }
