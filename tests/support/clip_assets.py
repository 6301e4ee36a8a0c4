"""Generated clips whose pictures show their own frame number; each records the commands it took.

`make("h264", folder)` encodes a clip once per folder. A picture is WIDTH x HEIGHT and
carries its number twice, as BITS black or white blocks and as their opposites below:
a picture that is blended, turned or mirrored cannot be read.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import ffmpeg
import numpy as np
import pytest

from vidindex.adapters.media.ffmpeg import command, encode, run
from vidindex.types.plan import Picture

WIDTH, HEIGHT, BITS = 192, 96, 12
BLOCK = WIDTH // BITS
FPS = 25
NUM_FRAMES = 100


@dataclass(frozen=True, slots=True)
class Clip:
    """A file and what it must show: (media time at which it begins, frame number), in order."""

    path: Path
    shown: tuple[tuple[float, int], ...]
    commands: tuple[str, ...] = ()
    width: int = WIDTH
    height: int = HEIGHT
    rotation_deg: int = 0

    @property
    def duration_s(self) -> float:
        return self.shown[-1][0] + 1 / FPS


def numbered(number: int) -> Picture:
    """A grey picture with its number, and something that moves."""
    picture = np.full((HEIGHT, WIDTH, 3), 128, dtype=np.uint8)
    for bit in range(BITS):
        on = bool(number >> bit & 1)
        columns = slice(bit * BLOCK, (bit + 1) * BLOCK)
        picture[:BLOCK, columns] = 255 * on
        picture[BLOCK : 2 * BLOCK, columns] = 255 * (not on)
    left = number * 3 % (WIDTH - BLOCK)
    picture[60:80, left : left + BLOCK] = (200, 60, 30)
    return picture


def number_of(picture: Picture) -> int:
    """The number that a picture shows, at whatever size."""
    height, width = picture.shape[:2]
    rows, columns = HEIGHT // BLOCK, BITS
    grey = picture.mean(axis=2)

    def block(row: int, column: int) -> float:
        top, left = (row + 0.5) * height / rows, (column + 0.5) * width / columns
        half = max(1, width // WIDTH * 3)
        return float(
            grey[int(top) - half : int(top) + half, int(left) - half : int(left) + half].mean()
        )

    values = [(block(0, bit), block(1, bit)) for bit in range(BITS)]
    if any(abs(one - other) < 100 for one, other in values):
        pytest.fail(f"the picture shows no number: {values}")
    return sum(1 << bit for bit, (one, other) in enumerate(values) if one > other)


def evenly(num_frames: int = NUM_FRAMES, start: int = 0) -> tuple[tuple[float, int], ...]:
    return tuple((i / FPS, start + i) for i in range(num_frames))


def make(name: str, tmp_path_factory: pytest.TempPathFactory) -> Clip:
    """The clip of that name (a key of CLIPS), encoded at its first use in a test run."""
    return _made(name, tmp_path_factory.getbasetemp())


@cache
def _made(name: str, base: Path) -> Clip:
    folder = base / "clips"
    folder.mkdir(exist_ok=True)
    return CLIPS[name](folder)


def _encoded(
    path: Path,
    shown: Sequence[tuple[float, int]] = evenly(),
    turned_deg: int = 0,
    x: Mapping[str, Any] | None = None,
    **options: Any,
) -> Clip:
    """Encode every number up to the last one shown.

    turned_deg: the pictures are stored turned counterclockwise by that much. options, and
    x where a name holds a dash: ffmpeg's.
    """
    options.update(x or {})
    num_frames = shown[-1][1] + 1
    turns = turned_deg // 90
    height, width = np.rot90(numbered(0), turns).shape[:2]

    def pictures() -> Iterator[Picture]:
        for number in range(num_frames):
            yield np.rot90(numbered(number), turns)

    encode(path, pictures(), width, height, FPS, options=options)
    note = f"encode({path.name}, {num_frames} pictures, {width}x{height}, {FPS}/s, {options})"
    return Clip(path, tuple(shown), (note,))


def _remuxed(
    clip: Clip,
    path: Path,
    reading: Mapping[str, Any] | None = None,
    writing: Mapping[str, Any] | None = None,
) -> Clip:
    """The same packets in another file."""
    opened = ffmpeg.input(str(clip.path), **(reading or {}))
    stream = ffmpeg.output(opened, str(path), **{"c": "copy", **(writing or {})})
    run(stream)
    return replace(clip, path=path, commands=(*clip.commands, " ".join(command(stream))))


def _h264(folder: Path, suffix: str = ".mp4", **options: Any) -> Clip:
    return _encoded(folder / f"h264{suffix}", g=24, bf=2, **options)


def _turned(folder: Path, degrees: int) -> Clip:
    stored = _encoded(folder / f"stored_{degrees}.mp4", turned_deg=degrees, g=24, bf=2)
    # FFmpeg counts counterclockwise.
    turned = _remuxed(stored, folder / f"turned_{degrees}.mp4", {"display_rotation": -degrees})
    return replace(turned, rotation_deg=degrees)


def _mirrored(folder: Path, axis: str) -> Clip:
    """A mirror is not obeyed, for nobody indexes mirror writing; what else it means is."""
    turns_deg = {"h": 0, "v": 180}[axis]
    stored = _encoded(folder / f"stored_{axis}.mp4", turned_deg=turns_deg, g=24)
    reading = {"display_rotation": 0, f"display_{axis}flip": None}
    mirrored = _remuxed(stored, folder / f"mirrored_{axis}.mp4", reading)
    return replace(mirrored, rotation_deg=turns_deg)


def _variable(folder: Path) -> Clip:
    kept = [number for number in range(NUM_FRAMES) if number % 10 in (0, 1, 2, 5, 9)]
    select = "+".join(f"eq(mod(n,10),{digit})" for digit in (0, 1, 2, 5, 9))
    return _encoded(
        folder / "variable.mp4",
        tuple((number / FPS, number) for number in kept),
        vf=f"select='{select}'",
        fps_mode="passthrough",
    )


def _cut(folder: Path) -> Clip:
    """A copied cut from frame 33 on: frames 24 to 32 are in the file, before its edit list."""
    whole = _h264(folder, ".mp4")
    cut = _remuxed(whole, folder / "cut.mp4", {"ss": 33 / FPS})
    return replace(cut, shown=evenly(NUM_FRAMES - 33, 33))


def _offset(folder: Path) -> Clip:
    return _remuxed(_h264(folder), folder / "offset.mkv", writing={"output_ts_offset": 12.5})


def _avi_with_b_frames(folder: Path) -> Clip:
    # Nothing in AVI says when a picture is shown. FFmpeg shows it when it leaves the
    # decoder, which is one frame late with B-frames.
    late = tuple((at_s + 1 / FPS, number) for at_s, number in evenly())
    return _encoded(folder / "b_frames.avi", late, vcodec="mpeg4", bf=2, g=24, qscale=3)


# Long enough for a decoder to seek instead of reading on.
_FAR = evenly(1000)
_X265 = "log-level=none:pools=none:frame-threads=1"

CLIPS: dict[str, Callable[[Path], Clip]] = {
    "h264": _h264,
    "long_group": lambda folder: _encoded(folder / "long.mp4", g=250, bf=3),
    "open_group": lambda folder: _encoded(
        folder / "open.mkv", g=12, bf=3, x={"x264-params": "open-gop=1:scenecut=0"}
    ),
    "gradual_refresh": lambda folder: _encoded(
        folder / "refresh.mkv", g=24, bf=0, x={"x264-params": "intra-refresh=1"}
    ),
    "all_key": lambda folder: _encoded(folder / "all_key.mov", g=1),
    "ten_bit": lambda folder: _encoded(folder / "ten_bit.mp4", pix_fmt="yuv420p10le"),
    "hevc": lambda folder: _encoded(
        folder / "hevc.mp4", vcodec="libx265", bf=2, x={"x265-params": f"{_X265}:keyint=24"}
    ),
    "vp8": lambda folder: _encoded(folder / "vp8.webm", vcodec="libvpx", b="1M", g=24),
    "vp9": lambda folder: _encoded(
        folder / "vp9.webm", vcodec="libvpx-vp9", b="1M", deadline="realtime", x={"cpu-used": 8}
    ),
    "av1": lambda folder: _encoded(
        folder / "av1.mkv", vcodec="libaom-av1", crf=20, b=0, usage="realtime", x={"cpu-used": 8}
    ),
    "mpeg4": lambda folder: _encoded(folder / "mpeg4.avi", vcodec="mpeg4", bf=0, qscale=3),
    "motion_jpeg": lambda folder: _encoded(folder / "motion.avi", vcodec="mjpeg", qscale=3),
    "mpeg1": lambda folder: _encoded(folder / "mpeg1.mpg", vcodec="mpeg1video", bf=2, qscale=3),
    "transport": lambda folder: _encoded(folder / "transport.ts", g=24, bf=2),
    "flash": lambda folder: _encoded(folder / "flash.flv", vcodec="flv", qscale=3, g=24),
    "avi_b_frames": _avi_with_b_frames,
    "variable": _variable,
    "turned_90": lambda folder: _turned(folder, 90),
    "turned_180": lambda folder: _turned(folder, 180),
    "turned_270": lambda folder: _turned(folder, 270),
    "mirrored": lambda folder: _mirrored(folder, "h"),
    "upside_down": lambda folder: _mirrored(folder, "v"),
    "wide_pixels": lambda folder: replace(
        _encoded(folder / "wide.mp4", vf="setsar=2/1"), width=2 * WIDTH
    ),
    "offset": _offset,
    "cut": _cut,
    "distant": lambda folder: _encoded(folder / "distant.mp4", _FAR, g=48, bf=3),
    "distant_open_group": lambda folder: _encoded(
        folder / "distant.ts", _FAR, g=48, bf=3, x={"x264-params": "open-gop=1:scenecut=0"}
    ),
    "distant_refresh": lambda folder: _encoded(
        folder / "distant.mkv", _FAR, g=48, bf=0, x={"x264-params": "intra-refresh=1"}
    ),
    "distant_program": lambda folder: _encoded(
        folder / "distant.mpg", _FAR, vcodec="mpeg2video", bf=0, qscale=4, g=15
    ),
    "no_duration": lambda folder: _encoded(folder / "live.mkv", g=24, bf=2, live=1),
}
"""How each clip is made, by name."""
