"""Which scripts are read is said, and another recognition model can be named for a library."""

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pytest
from PIL import Image, ImageDraw, ImageFont

from vidindex.adapters.media.ffmpeg import encode
from vidindex.adapters.ocr_rapid import RapidOcrReader, ReaderSettings, open_recogniser
from vidindex.adapters.ocr_rapid.recogniser import DETECTOR_FILE, RECOGNISER_FILE, wheel_models
from vidindex.cli.main import run_command
from vidindex.core.screen_text.scripts import LETTERS, scripts_of
from vidindex.errors import InputError, ModelNotFound
from vidindex.types import Frame


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the bundled recogniser, as a model that a user has."""
    path = tmp_path_factory.mktemp("models") / "own_rec.onnx"
    shutil.copy(wheel_models() / RECOGNISER_FILE, path)
    return path


def shown(text: str) -> Frame:
    image = Image.new("RGB", (320, 120), (40, 60, 90))
    ImageDraw.Draw(image).text((20, 40), text, "white", ImageFont.load_default(28))
    return Frame(0.0, 0.0, np.asarray(image))


def film(path: Path) -> Path:
    encode(path, [shown("HARBOUR WEST").picture] * 8, 320, 120, 4)
    return path


def test_a_script_is_read_where_all_its_usual_letters_can_be_written() -> None:
    assert scripts_of(LETTERS["Latin"] + LETTERS["Korean"]) == ("Latin", "Korean")
    assert scripts_of(LETTERS["Cyrillic"][1:]) == ()


def test_the_bundled_model_reads_latin_chinese_and_japanese() -> None:
    assert open_recogniser().scripts == ("Latin", "Chinese", "Japanese")


def test_another_model_reads_and_is_part_of_the_identity_of_what_it_reads(own: Path) -> None:
    reader = RapidOcrReader(ReaderSettings(num_threads=1, model=str(own)))
    assert [line.text for line in reader.read(shown("GATE 3"))] == ["GATE 3"]
    assert "own_rec@" in reader.name
    assert reader.name != RapidOcrReader().name


def _text(path: Path) -> None:
    path.write_text("not a model", encoding="utf-8")


def _detector(path: Path) -> None:
    shutil.copy(wheel_models() / DETECTOR_FILE, path)


def _few_characters(path: Path) -> None:
    model = onnx.load(str(wheel_models() / RECOGNISER_FILE))
    (characters,) = (one for one in model.metadata_props if one.key == "character")
    characters.value = "a\nb\nc"
    onnx.save(model, str(path))


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (_text, "cannot be opened as an ONNX model"),
        (_detector, "does not say which characters"),
        (_few_characters, "tells 18710 signs apart and names 3 characters"),
    ],
)
def test_a_file_that_is_not_a_recogniser_is_refused(
    tmp_path: Path, make: Callable[[Path], None], words: str
) -> None:
    make(tmp_path / "wrong.onnx")
    with pytest.raises(InputError, match=words):
        _ = open_recogniser(str(tmp_path / "wrong.onnx")).scripts


def test_a_model_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelNotFound, match=r"gone\.onnx"):
        open_recogniser(str(tmp_path / "gone.onnx"))


@pytest.mark.slow
def test_a_library_keeps_its_text_model_until_another_one_is_named(
    tmp_path: Path, own: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    footage, library = film(tmp_path / "film.mp4"), str(tmp_path / "library")
    ingest = ["ingest", str(footage), "--library", library, "--model", "none", "-q"]
    assert run_command(ingest) == 0
    assert run_command([*ingest, "--text-model", str(own)]) == 0
    assert run_command(["status", "--library", library]) == 0
    assert f"{own} reads Latin, Chinese, Japanese; not Korean" in capsys.readouterr().out
    assert run_command(["search", "harbour west", "--library", library, "--model", "none"]) == 0
    assert "✓" in capsys.readouterr().out
    assert run_command([*ingest, "--text-model", "bundled"]) == 0
    assert run_command(["status", "--library", library]) == 0
    assert "the bundled model reads Latin" in capsys.readouterr().out


def test_a_wrong_text_model_stops_an_ingest_before_any_work(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    footage, wrong = film(tmp_path / "film.mp4"), tmp_path / "wrong.onnx"
    _text(wrong)
    library = str(tmp_path / "library")
    words = ["ingest", str(footage), "--library", library, "--text-model", str(wrong)]
    assert run_command([*words, "--model", "none"]) == 2
    assert "cannot be opened as an ONNX model" in capsys.readouterr().err
