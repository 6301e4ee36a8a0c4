"""Files are found, filtered and exported by the names that people see."""

import unicodedata
from pathlib import Path

import pytest
from support.library_assets import event, video

from store import Library
from vidindex.cli.main import run_command
from vidindex.errors import InputError
from vidindex.types import Filters, Location

ROOT = Path("/footage")


def nfc(text: str) -> str:
    return unicodedata.normalize("NFC", text)


def nfd(text: str) -> str:
    return unicodedata.normalize("NFD", text)


def filled(path: Path, *names: str) -> Path:
    """A library with a video and an event for each of these names below one root."""
    with Library.open(path, create=True) as library:
        for number, name in enumerate(names):
            info = video(f"{number:032d}")
            library.videos.put(info)
            place = Location(ROOT, ROOT / name, 1, 1, "present")
            library.videos.put_location(info.video_id, place)
            library.events.add([event("a lantern", video_id=info.video_id)])
    return path


def filtered(library: Path, glob: str) -> list[int]:
    with Library.open(library, write=False) as opened:
        return sorted(int(v.video_id) for v in opened.videos.chosen(Filters(globs=(glob,))))


@pytest.mark.parametrize(
    ("glob", "numbers"),
    [
        ("Show [2020] (a).mp4", [0]),
        ("Season [1]/*", [1]),
        ("Season [12]/*", [2, 3]),  # a character class, as no folder is called so
        ("*.mp4", [0, 1, 2, 3]),
    ],
)
def test_brackets_are_literal_where_a_file_is_called_so(
    tmp_path: Path, glob: str, numbers: list[int]
) -> None:
    names = ["Show [2020] (a).mp4", "Season [1]/e1.mp4", "Season 1/e1.mp4", "Season 2/e1.mp4"]
    assert filtered(filled(tmp_path / "library", *names), glob) == numbers


@pytest.mark.parametrize("typed", [nfc, nfd])
@pytest.mark.parametrize("stored", [nfc, nfd])
def test_a_name_is_found_however_its_accents_are_stored(
    tmp_path: Path, stored: object, typed: object
) -> None:
    assert callable(stored)
    assert callable(typed)
    library = filled(tmp_path / "library", stored("Ångström é.mp4"), "other.mp4")
    assert filtered(library, typed("Ångström*")) == [0]
    with Library.open(library, write=False) as opened:
        for name in ("Ångström é.mp4", "/footage/Ångström é.mp4", "Ång*"):
            assert opened.videos.find([typed(name)]) == [f"{0:032d}"]
        with pytest.raises(InputError, match="no video in the library is called"):
            opened.videos.find([typed("Ångström e.mp4")])


def test_a_name_too_long_for_a_file_is_shortened_in_an_export(tmp_path: Path) -> None:
    long = "x" * 245 + ".mp4"
    library = filled(tmp_path / "library", long, "y" * 245 + ".mp4", "x" * 246 + ".mp4", "z.mp4")
    out = tmp_path / "out"
    words = ["export", "--library", str(library), "--format", "srt", "-o", f"{out}/"]
    assert run_command(words) == 0
    names = sorted(path.name for path in out.iterdir())
    assert len(names) == 4
    assert names[-1] == "z.mp4.srt"
    assert all(name.endswith(".srt") and len(name) < 200 for name in names)


def test_blanks_in_a_row_stay_in_the_path_of_an_edl(tmp_path: Path) -> None:
    library = filled(tmp_path / "library", "two  blanks.mp4")
    output = tmp_path / "hits.edl"
    assert run_command(["export", "--library", str(library), "-o", str(output)]) == 0
    assert "* SOURCE FILE: /footage/two  blanks.mp4\n" in output.read_text(encoding="utf-8")
