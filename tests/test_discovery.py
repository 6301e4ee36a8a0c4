"""Folders give their videos in a stable order; whatever cannot be read is reported."""

import os
from pathlib import Path

import pytest

from vidindex.adapters.media.discover import discover
from vidindex.types import FoundFile, FoundProblem


def touch(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"x")
    return path


def names(*roots: Path, follow_links: bool = False) -> list[str]:
    """Paths of what was found, below the first root."""
    found = discover(roots, follow_links=follow_links)
    paths = [item.path for item in found if isinstance(item, FoundFile)]
    return [os.path.relpath(path, roots[0]) for path in paths]


def problems(*roots: Path) -> list[FoundProblem]:
    return [item for item in discover(roots) if isinstance(item, FoundProblem)]


def test_files_come_in_the_order_of_their_names_folder_by_folder(tmp_path: Path) -> None:
    for name in ("b/2.mp4", "b/1.MKV", "a.mov", "c.webm", "b/deep/er/3.ts", "z.avi"):
        touch(tmp_path / name)
    expected = ["a.mov", "c.webm", "z.avi", "b/1.MKV", "b/2.mp4", "b/deep/er/3.ts"]
    assert names(tmp_path) == expected
    assert names(tmp_path) == expected


def test_only_video_suffixes_are_taken_from_folders_but_any_named_file(tmp_path: Path) -> None:
    touch(tmp_path / "film.mp4")
    note = touch(tmp_path / "notes.txt")
    bare = touch(tmp_path / "recording")
    assert names(tmp_path) == ["film.mp4"]
    assert list(discover([note, bare])) == [FoundFile(note, note), FoundFile(bare, bare)]


def test_hidden_and_system_folders_and_those_of_a_library_are_passed_over(tmp_path: Path) -> None:
    touch(tmp_path / "film.mp4")
    for name in (".hidden.mp4", "._film.mp4", ".cache/a.mp4", "@eaDir/a.mp4", "$RECYCLE.BIN/a.mp4"):
        touch(tmp_path / name)
    touch(tmp_path / "library" / "library.db")
    touch(tmp_path / "library" / "evidence" / "clip.mp4")
    touch(tmp_path / "thumbnails" / "kept.mp4")
    assert names(tmp_path) == ["film.mp4", "thumbnails/kept.mp4"]


def test_footage_beside_a_library_in_its_own_folder_is_found(tmp_path: Path) -> None:
    touch(tmp_path / "library.db")
    touch(tmp_path / "film.mp4")
    touch(tmp_path / "vectors" / "x.mp4")
    assert names(tmp_path) == ["film.mp4"]


def test_odd_names_and_deep_paths_are_found(tmp_path: Path) -> None:
    odd = ["Ünï çödé 🎬.mp4", "new\nline.mp4", "-ss 5.mp4", "a:b|c?.mp4", "e\u0301.mp4", " .mp4"]
    for name in odd:
        touch(tmp_path / "odd" / name)
    touch(tmp_path / "odd" / os.fsdecode(b"latin\xe9.mp4"))
    deep = tmp_path / "deep" / "/".join(["d" * 40] * 60)
    touch(deep / "end.mp4")
    assert len(names(tmp_path / "odd")) == len(odd) + 1
    assert len(names(tmp_path / "deep")) == 1


def test_a_file_named_twice_or_within_a_named_folder_is_found_once(tmp_path: Path) -> None:
    film = touch(tmp_path / "sub" / "film.mp4")
    assert names(tmp_path, tmp_path / "sub", film) == ["sub/film.mp4"]


def test_copies_and_hard_links_are_places_of_their_own(tmp_path: Path) -> None:
    film = touch(tmp_path / "a.mp4")
    os.link(film, tmp_path / "b.mp4")
    assert names(tmp_path) == ["a.mp4", "b.mp4"]


def test_a_linked_folder_is_followed_once_after_all_real_ones(tmp_path: Path) -> None:
    touch(tmp_path / "elsewhere" / "film.mp4")
    root = tmp_path / "root"
    touch(root / "own.mp4")
    (root / "a link").symlink_to(tmp_path / "elsewhere")
    (root / "b link").symlink_to(tmp_path / "elsewhere")
    (root / "c link.mp4").symlink_to(root / "own.mp4")
    assert names(root, follow_links=True) == ["own.mp4", "a link/film.mp4"]


def test_a_link_loop_is_told_and_not_followed(tmp_path: Path) -> None:
    touch(tmp_path / "sub" / "film.mp4")
    (tmp_path / "sub" / "up").symlink_to(tmp_path)
    (problem,) = problems(tmp_path)
    assert problem.path == tmp_path / "sub" / "up"
    assert "a link to its own folder" in problem.message
    assert names(tmp_path) == ["sub/film.mp4"]


def test_links_that_lead_nowhere_are_told(tmp_path: Path) -> None:
    (tmp_path / "gone.mp4").symlink_to(tmp_path / "was here.mp4")
    (tmp_path / "self.mp4").symlink_to(tmp_path / "self.mp4")
    gone, itself = problems(tmp_path)
    assert "gone.mp4: a broken link" in gone.message
    assert "self.mp4: a link that leads back to itself" in itself.message


def test_a_path_that_is_not_there_and_a_pipe_are_told(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.mp4")
    (pipe,) = problems(tmp_path)
    assert "pipe.mp4: a device or pipe, not a file" in pipe.message
    (absent,) = problems(tmp_path / "absent")
    assert "no such file or folder" in absent.message


@pytest.mark.skipif(os.geteuid() == 0, reason="root may look into every folder")
def test_a_folder_that_may_not_be_read_is_told_and_the_rest_is_found(tmp_path: Path) -> None:
    touch(tmp_path / "open" / "film.mp4")
    closed = tmp_path / "closed"
    closed.mkdir(mode=0)
    (problem,) = problems(tmp_path)
    assert problem.path == closed
    assert "cannot be looked into (Permission denied)" in problem.message
    assert names(tmp_path) == ["open/film.mp4"]


def test_a_folder_that_vanishes_during_the_walk_is_told(tmp_path: Path) -> None:
    touch(tmp_path / "a.mp4")
    (tmp_path / "late").mkdir()
    walk = discover([tmp_path])
    assert isinstance(next(walk), FoundFile)
    (tmp_path / "late").rmdir()
    (problem,) = walk
    assert isinstance(problem, FoundProblem)
    assert "late: no such file or folder" in problem.message
