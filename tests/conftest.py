"""Fixtures that several test files share."""

from pathlib import Path

import pytest

SHARED = Path(__file__).resolve().parents[2] / "shared"


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real footage and real replies beside the checkout; skips where it is absent."""
    if not SHARED.is_dir():
        pytest.skip("no folder shared/ beside the checkout: real footage is not in the repository")
    return SHARED
