"""A search typed in a shell loads what its question needs, and nothing else."""

import json
import os
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from support.processes import run_to_end

from vidindex.app import Settings, open_library
from vidindex.bench import cold_search
from vidindex.bench.films import SLATE_TITLE, write_slate
from vidindex.errors import VidindexError

SCRIPT = """
import json, sys
from vidindex.cli.main import run_command
code = run_command(sys.argv[1:])
print(json.dumps([code, sorted(name for name in sys.modules if "." not in name)]))
"""
NEVER = {"torch", "transformers", "sentence_transformers", "scipy", "sklearn", "fastapi", "onnx"}
TO_READ = {"rapidocr", "cv2", "av", "PIL"}
TEXT_MODEL = {"onnxruntime", "tokenizers", "faiss"}


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A film with a title, a running clock and two subtitles."""
    folder = tmp_path_factory.mktemp("slate")
    write_slate(folder, cold_search.SLATE_S)
    with open_library(folder / "library", Settings(model="none")) as app:
        app.ingest(folder / "slate.mp4")
    return folder / "library"


def searched(library: Path, *words: str) -> tuple[str, set[str]]:
    """What a search prints, and the packages that its process has loaded."""
    environment = os.environ | {"HF_HOME": str(library.parent / "hub")}
    for name in ("HF_HUB_CACHE", "VIDINDEX_MODEL"):
        environment.pop(name, None)
    command = [sys.executable, "-c", SCRIPT, "search", *words, "--library", str(library)]
    *printed, last = run_to_end(command, env=environment).stdout.splitlines()
    code, packages = json.loads(last)
    assert code in (0, 3)
    return "\n".join(printed), set(packages)


def test_words_and_meaning_need_the_text_model_and_neither_torch_nor_a_decoder(
    library: Path,
) -> None:
    printed, packages = searched(library, "a boat leaves the port", "--no-verify")
    assert "ferry" in printed
    assert packages >= TEXT_MODEL
    assert not packages & (NEVER | TO_READ)


def test_a_clock_time_needs_no_text_model(library: Path) -> None:
    printed, packages = searched(library, "00:07", "--no-verify")
    assert "00:07" in printed
    assert not packages & (NEVER | TO_READ | TEXT_MODEL)


def test_text_that_is_read_again_needs_no_torch(library: Path) -> None:
    printed, packages = searched(library, SLATE_TITLE)
    assert "✓" in printed
    assert packages >= TO_READ
    assert not packages & NEVER


def test_what_needs_no_look_loads_no_reader_and_no_model(library: Path) -> None:
    printed, packages = searched(library, "lighthouse keeper")
    assert "Tuesday" in printed
    assert not packages & (NEVER | TO_READ)


@pytest.mark.parametrize("search", cold_search.SEARCHES[:3], ids=lambda one: one.why)
def test_the_benchmark_times_a_process_that_finds_what_it_should(
    search: cold_search.ColdSearch, library: Path
) -> None:
    assert cold_search.cold_search_s(search, library) > 0
    with pytest.raises(VidindexError, match="found"):
        cold_search.cold_search_s(replace(search, words="zebra crossing 99:59"), library)
