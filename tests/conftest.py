"""Fixtures that several test files share."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings
from support.library_assets import add_video, video
from support.vllm_fixtures import (  # noqa: F401
    patient_model,
    qwen3_model,
    qwen3_server,
    vllm_model,
    vllm_qwen3,
    vllm_servers,
)

from store import Library

# Tests send Ctrl-C to programs that they start. Begun in the background, as by `make test &`,
# pytest itself ignores it, and hands that on.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# The same examples in every run, so that a change is to blame for what turns red. `make explore`
# looks for new ones; `settings(max_examples=…)` of a single test keeps its own number.
settings.register_profile("repeat", derandomize=True, deadline=None, database=None)
settings.register_profile("explore", max_examples=5_000, deadline=None, print_blob=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "repeat"))

SHARED = Path(__file__).resolve().parents[2] / "shared"


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real footage and real replies beside the checkout; skips where it is absent."""
    if not SHARED.is_dir():
        pytest.skip("no folder shared/ beside the checkout: real footage is not in the repository")
    return SHARED


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    """A library, open for writing, that holds one video without events."""
    with Library.open(tmp_path / "library", create=True) as opened:
        add_video(opened, video("a" * 32), "cam1/film.mp4")
        yield opened
