"""A video is known by its content, whatever it is called and wherever it is."""

import os
import shutil
from pathlib import Path

import pytest
from support.clip_assets import make, numbered

from vidindex.adapters.media.ffmpeg import encode
from vidindex.adapters.media.fingerprint import EDGE_BYTES, WHOLE_BYTES, fingerprint
from vidindex.errors import ProbeError


@pytest.fixture
def clip(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return Path(shutil.copy(make("h264", tmp_path_factory).path, tmp_path / "clip.mp4"))


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A film that is sampled, not read whole: a clip with a long box of nothing at its end."""
    path = tmp_path_factory.mktemp("large") / "large.mp4"
    encode(path, (numbered(i) for i in range(50)), 192, 96, 25)
    size = 4 * WHOLE_BYTES
    with path.open("ab") as file:
        file.write(size.to_bytes(4, "big") + b"free" + bytes(size - 8))
    return path


def flipped(path: Path, at: int, target: Path) -> Path:
    """A copy with one byte changed."""
    data = bytearray(path.read_bytes())
    data[at] ^= 0xFF
    target.write_bytes(data)
    return target


def test_moved_renamed_and_copied_files_keep_their_id(clip: Path, tmp_path: Path) -> None:
    before = fingerprint(clip)
    copy = Path(shutil.copy(clip, tmp_path / "copy of clip.MP4"))
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    moved = clip.rename(folder / "ein Film äöü.mov")
    os.utime(moved, (1, 1))
    assert fingerprint(copy) == fingerprint(moved) == before


def test_an_id_is_short_hex_and_a_full_one_says_so(clip: Path) -> None:
    sparse, full = fingerprint(clip), fingerprint(clip, full=True)
    assert len(sparse) == 16
    assert int(sparse, 16) >= 0
    assert full.startswith("full-")
    assert len(full) == 5 + 32


@pytest.mark.parametrize("name", ["h264", "vp8", "mpeg4", "transport"])
def test_different_content_has_different_ids(
    name: str, clip: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    other = make("long_group" if name == "h264" else name, tmp_path_factory).path
    assert fingerprint(other) != fingerprint(clip)


@pytest.mark.parametrize("where", ["head", "tail", "block"])
def test_one_byte_changed_where_it_is_sampled_is_another_video(
    where: str, large: Path, tmp_path: Path
) -> None:
    size = large.stat().st_size
    at = {"head": EDGE_BYTES - 1, "tail": size - 1, "block": EDGE_BYTES + 1}[where]
    assert fingerprint(flipped(large, at, tmp_path / "edited.mp4")) != fingerprint(large)


def test_every_byte_of_a_small_file_counts(clip: Path, tmp_path: Path) -> None:
    assert clip.stat().st_size < WHOLE_BYTES
    middle = clip.stat().st_size // 2
    assert fingerprint(flipped(clip, middle, tmp_path / "edited.mp4")) != fingerprint(clip)


def test_a_longer_file_is_another_video(large: Path, tmp_path: Path) -> None:
    longer = Path(shutil.copy(large, tmp_path / "longer.mp4"))
    with longer.open("ab") as file:
        file.write(b"\0\0\0\x08free")
    assert fingerprint(longer) != fingerprint(large)


def test_what_the_sparse_id_misses_the_full_one_sees(large: Path, tmp_path: Path) -> None:
    """The docstring's promise: a byte between the blocks is missed, unless all is hashed."""
    between = EDGE_BYTES + 64 * 1024 + 1000
    edited = flipped(large, between, tmp_path / "edited.mp4")
    assert fingerprint(edited) == fingerprint(large)
    assert fingerprint(edited, full=True) != fingerprint(large, full=True)


def test_what_is_no_media_file_has_no_id(tmp_path: Path) -> None:
    note = tmp_path / "note.mp4"
    note.write_text("not a film")
    with pytest.raises(ProbeError, match=r"note\.mp4 \(10 bytes\) is not a video"):
        fingerprint(note)


def test_real_films_all_have_ids_of_their_own(shared: Path) -> None:
    films = [path for path in (shared / "footage").iterdir() if path.suffix != ".md"]
    assert len({fingerprint(path) for path in films}) == len(films)
