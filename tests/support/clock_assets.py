"""Make films whose clock jumps: two pieces with numbered pictures and a tone, joined.

Each piece is NUM_FRAMES pictures at FPS; the second goes on counting where the first ends.
"""

from collections.abc import Callable
from functools import cache
from pathlib import Path

import ffmpeg
import pytest

from support.clip_assets import numbered
from vidindex.adapters.media.ffmpeg import encode, run

FPS = 5
NUM_FRAMES = 100
PIECE_S = NUM_FRAMES / FPS
HOUR_S = 3600.0
FLV_HEADER_BYTES = 13
_CLUSTER, _TIMESTAMP, _CHECKSUM, _VOID = b"\x1f\x43\xb6\x75", 0xE7, 0xBF, 0xEC


@cache
def _encoded(folder: Path, first: int, num_frames: int, fps: float) -> Path:
    path = folder / f"numbers_{first}_{num_frames}.mp4"
    pictures = (numbered(first + i) for i in range(num_frames))
    encode(path, pictures, 192, 96, fps, options={"g": 10, "bf": 2})
    return path


def piece(folder: Path, suffix: str, first: int, begins_s: float, *options: str) -> Path:
    """Pictures from number `first` on, with a tone; its clock begins at `begins_s`."""
    path = folder / f"piece_{first}_{begins_s:g}{suffix}"
    shown = ffmpeg.input(str(_encoded(folder, first, NUM_FRAMES, FPS)))
    heard = ffmpeg.input("sine=440:r=16000", format="lavfi", t=PIECE_S)
    kept = {"vcodec": "copy", "acodec": "aac", "ar": 44100, "output_ts_offset": begins_s}
    run(ffmpeg.output(shown["v"], heard["a"], str(path), **kept, **dict.fromkeys(options, 1)))
    return path


def joined(folder: Path, suffix: str, begins_s: tuple[float, float]) -> Path:
    """Two pieces in one .ts or .flv, the clock of each beginning as given."""
    one, other = (
        piece(folder, suffix, number * NUM_FRAMES, at_s).read_bytes()
        for number, at_s in enumerate(begins_s)
    )
    path = folder / f"joined_{begins_s[0]:g}_{begins_s[1]:g}{suffix}"
    path.write_bytes(one + (other[FLV_HEADER_BYTES:] if suffix == ".flv" else other))
    return path


def matroska_forward(folder: Path, by_s: float = HOUR_S) -> Path:
    """A .mkv whose clock jumps forward in pictures and sound."""
    stream = joined(folder, ".ts", (10.0, 10.0 + PIECE_S + by_s))
    path = folder / "forward.mkv"
    run(ffmpeg.input(str(stream)).output(str(path), c="copy").global_args("-copyts"))
    return path


def matroska_back(folder: Path, by_s: float = 60.0) -> Path:
    """A .mkv as recorders write it live, whose clock is set back after the first piece."""
    whole = folder / "whole.mkv"
    shown = ffmpeg.input(str(_encoded(folder, 0, 2 * NUM_FRAMES, FPS)))
    heard = ffmpeg.input("sine=440:r=16000", format="lavfi", t=2 * PIECE_S)
    kept = {"vcodec": "copy", "acodec": "aac", "live": 1, "cluster_time_limit": 1000}
    run(ffmpeg.output(shown["v"], heard["a"], str(whole), output_ts_offset=100, **kept))
    path = folder / "back.mkv"
    path.write_bytes(set_back(whole.read_bytes(), 100.0 + PIECE_S, by_s))
    return path


def set_back(matroska: bytes, from_s: float, by_s: float) -> bytes:
    """The file with the timestamps of all clusters from `from_s` on set back by `by_s`."""
    data, at = bytearray(matroska), 0
    while (at := data.find(_CLUSTER, at)) >= 0:
        at += len(_CLUSTER)
        at += _size_bytes(data[at])
        if data[at] == _CHECKSUM:
            data[at] = _VOID
            at += 6
        if data[at] != _TIMESTAMP:
            continue
        length = data[at + 1] & 0x7F
        value = slice(at + 2, at + 2 + length)
        time_ms = int.from_bytes(data[value], "big")
        if time_ms >= from_s * 1000:
            data[value] = round(time_ms - by_s * 1000).to_bytes(length, "big")
    return bytes(data)


def _size_bytes(first: int) -> int:
    """How many bytes an EBML size takes, by its first one."""
    return 9 - first.bit_length()


def make_jumping(name: str, factory: pytest.TempPathFactory) -> Path:
    """The film of that name (a key of JUMPING), made at its first use in a test run."""
    return _made(name, factory.getbasetemp())


@cache
def _made(name: str, base: Path) -> Path:
    folder = base / "clocks"
    folder.mkdir(exist_ok=True)
    return JUMPING[name](folder)


JUMPING: dict[str, Callable[[Path], Path]] = {
    "ts_forward": lambda folder: joined(folder, ".ts", (10.0, 10.0 + PIECE_S + 10 * HOUR_S)),
    "ts_back": lambda folder: joined(folder, ".ts", (10 * HOUR_S, 10.0)),
    "ts_again": lambda folder: joined(folder, ".ts", (10.0, 10.0)),
    "flv_forward": lambda folder: joined(folder, ".flv", (10.0, 10.0 + PIECE_S + HOUR_S)),
    "flv_back": lambda folder: joined(folder, ".flv", (10 * HOUR_S, 10.0)),
    "flv_again": lambda folder: joined(folder, ".flv", (10.0, 10.0)),
    "mkv_forward": matroska_forward,
    "mkv_back": matroska_back,
}
