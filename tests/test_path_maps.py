"""Paths as the editing machine has them."""

from pathlib import PurePath, PurePosixPath, PureWindowsPath

import pytest

from vidindex.core.formatting.path_maps import as_path, file_url, map_path, parse_path_map
from vidindex.errors import InputError

FILM = PurePosixPath("/mnt/nas/day 1/ä#%&.mov")


@pytest.mark.parametrize(
    ("written", "path", "url"),
    [
        ("/mnt/nas=/Volumes/Rushes", "/Volumes/Rushes/day 1/ä#%&.mov", "file:///Volumes/Rushes/"),
        ("/mnt/nas/=/Volumes/R/", "/Volumes/R/day 1/ä#%&.mov", "file:///Volumes/R/"),
        ("/mnt/nas=Z:", r"Z:\day 1\ä#%&.mov", "file:///Z:/"),
        (r"/mnt/nas=Z:\Rushes", r"Z:\Rushes\day 1\ä#%&.mov", "file:///Z:/Rushes/"),
        (r"/mnt/nas=\\server\share", r"\\server\share\day 1\ä#%&.mov", "file://server/share/"),
    ],
)
def test_a_path_is_told_as_the_other_machine_has_it(written: str, path: str, url: str) -> None:
    mapped, used = map_path(FILM, [parse_path_map(written)])
    assert str(mapped) == path
    assert used is not None
    assert file_url(mapped) == f"{url}day%201/%C3%A4%23%25%26.mov"


def test_the_longest_map_that_fits_counts_and_whole_names_only() -> None:
    maps = [parse_path_map(text) for text in ("/mnt=/a", "/mnt/nas=/b", "/mnt/na=/c")]
    assert map_path(FILM, maps)[0] == PurePosixPath("/b/day 1/ä#%&.mov")
    assert map_path(PurePosixPath("/mntx/y.mov"), maps) == (PurePosixPath("/mntx/y.mov"), None)


@pytest.mark.parametrize(
    "written", ["/mnt/nas", "=/x", "/mnt=", "mnt=/x", "/mnt=Rushes", "/mnt=Z:Rushes"]
)
def test_what_is_no_path_map_is_refused(written: str) -> None:
    with pytest.raises(InputError, match="path"):
        parse_path_map(written)


@pytest.mark.parametrize(
    ("path", "host", "url"),
    [
        (PurePosixPath("/a:b/c\\d"), "", "file:///a%3Ab/c%5Cd"),
        (PurePosixPath("/a"), "localhost", "file://localhost/a"),
        (PureWindowsPath("C:/a"), "localhost", "file://localhost/C:/a"),
        (PureWindowsPath(r"\\server\share\a"), "localhost", "file://server/share/a"),
        (PurePosixPath("x:y.mp4"), "", "./x%3Ay.mp4"),
        (PurePosixPath("/not utf-8: \udcff"), "", "file:///not%20utf-8%3A%20%FF"),
    ],
)
def test_any_path_is_a_file_url(path: PurePath, host: str, url: str) -> None:
    assert file_url(path, host) == url


def test_the_look_of_a_path_says_whose_it_is() -> None:
    assert isinstance(as_path("Z:/a"), PureWindowsPath)
    assert isinstance(as_path(r"\\server\share\a"), PureWindowsPath)
    assert isinstance(as_path("/a/C:/b"), PurePosixPath)
