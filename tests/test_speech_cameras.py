"""Whose sound is transcribed: what an ingest says, and what is set for a camera."""

from pathlib import Path
from typing import NoReturn

import pytest
from support.library_assets import add_video
from support.library_assets import video as some_video

from pipelines.ingest.report import IngestReport
from pipelines.ingest.speech import SpeechStage
from pipelines.ingest.stages import StageContext
from pipelines.progress import Deadline, Quiet
from store.library import Library
from vidindex.cli.main import run_command
from vidindex.core.speech.expected_words import read_words
from vidindex.errors import InputError
from vidindex.types import Camera, Location


def never(*asked: object) -> NoReturn:
    pytest.fail(f"asked for {asked}")


@pytest.mark.parametrize(
    ("everywhere", "chosen", "is_done"),
    [
        (True, None, True),
        (True, True, True),
        (True, False, False),
        (False, None, False),
        (False, True, True),
        (False, False, False),
    ],
)
def test_a_camera_is_transcribed_as_it_is_set_else_as_the_ingest_says(
    library: Library, everywhere: bool, chosen: bool | None, is_done: bool
) -> None:
    """A file without sound shows it: it is done without a model where it is wanted."""
    video = some_video("a" * 32, camera="gate", sound=False)
    add_video(library, video, "film.mp4")
    library.cameras.put(Camera("gate", speech=chosen))
    stage = SpeechStage(never, never, "w",
                        everywhere=everywhere)  # fmt: skip
    place = Location(Path("/"), Path("/film.mp4"), 0, 0)
    deadline = Deadline(1.0, "--budget", lambda: 0.0)
    stage.run(StageContext(library, video, place, IngestReport(), Quiet(), deadline))
    assert library.work_ledger.done("a" * 32, "speech", stage.key([])) is is_done


def test_the_command_line_keeps_what_is_set_for_a_camera(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    library = ["--library", str(tmp_path / "library")]
    for option, speech in (("--no-speech", "no"), ("--zone=UTC", "no"), ("--speech", "yes")):
        assert run_command(["cameras", "set", "gate", "--pattern", "gate*", option, *library]) == 0
        header, row, *_ = capsys.readouterr().out.splitlines()
        assert row[header.index("speech") :].startswith(speech)


def test_expected_words_are_lines_without_comments() -> None:
    assert read_words("# crew\n Ana  Kov\xe1cs\n\nNordtor\nNordtor\n".encode(), "f") == (
        "Ana Kov\xe1cs",
        "Nordtor",
    )


@pytest.mark.parametrize(
    ("content", "words"),
    [(b"\xff\xfe\x00", "UTF-8"), (b"\n# x\n", "no words"), (b"x" * 501, "502")],
)
def test_expected_words_that_no_model_would_read_are_refused(content: bytes, words: str) -> None:
    with pytest.raises(InputError, match=words):
        read_words(content, "names.txt")
