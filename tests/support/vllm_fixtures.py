"""Fixtures of what takes long to start: vLLM in this process, and two vLLM servers."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.vllm_server import RunningServer, require_vllm, starting, wait_until_up
from vidindex.adapters.vision.checkpoints.catalog import BUNDLED_FOLDER
from vidindex.ports import VisionModel

PATIENT_FRAMES = 160
QWEN3_SEED = 3


@pytest.fixture(scope="session")
def patient_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bundled model, allowed to look at longer clips than it was trained on."""
    folder = Path(shutil.copytree(BUNDLED_FOLDER, tmp_path_factory.mktemp("models") / "patient"))
    path = folder / "preprocessor_config.json"
    settings = json.loads(path.read_text()) | {"max_frames": PATIENT_FRAMES}
    path.write_text(json.dumps(settings))
    return folder


@pytest.fixture(scope="session")
def qwen3_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Qwen3-VL with random weights: what it says means nothing."""
    from support.family_assets import save_tiny_qwen3

    folder = tmp_path_factory.mktemp("models") / "qwen3"
    return save_tiny_qwen3(folder, seed=QWEN3_SEED, context_tokens=4096)


def in_this_process(checkpoint: Path) -> Iterator[VisionModel]:
    """A checkpoint through vLLM in this process, closed in the end; skips without vLLM."""
    require_vllm()
    from vidindex.adapters.vision.vllm.model import VllmQwen
    from vidindex.composition import build_model
    from vidindex.settings import Backend

    model = build_model(str(checkpoint), Backend("vllm"))
    assert isinstance(model, VllmQwen)
    yield model
    model.close()


@pytest.fixture(scope="session")
def vllm_qwen3(qwen3_model: Path) -> Iterator[VisionModel]:
    """It through vLLM in this process."""
    yield from in_this_process(qwen3_model)


@pytest.fixture(scope="session")
def qwen3_server(
    qwen3_model: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RunningServer]:
    """A server of it on loopback, called "Qwen3-VL-tiny"; stopped in the end, always."""
    require_vllm()
    log = tmp_path_factory.mktemp("servers") / "qwen3.log"
    with starting(qwen3_model, "Qwen3-VL-tiny", log) as server:
        wait_until_up(server)
        yield server


@pytest.fixture(scope="session")
def vllm_model(patient_model: Path) -> Iterator[VisionModel]:
    """It through vLLM in this process."""
    yield from in_this_process(patient_model)


@pytest.fixture(scope="session")
def vllm_servers(
    patient_model: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[RunningServer, RunningServer]]:
    """Two servers of it on loopback, called "patient"; stopped in the end, always."""
    require_vllm()
    logs = tmp_path_factory.mktemp("servers")
    with (
        starting(patient_model, "patient", logs / "first.log") as first,
        starting(patient_model, "patient", logs / "second.log") as second,
    ):
        wait_until_up(first)
        wait_until_up(second)
        yield first, second
