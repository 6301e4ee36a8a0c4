"""Make small films that are huge once they are decoded: a PNG and a VP8 decompression bomb."""

import fractions
import struct
import zlib
from collections.abc import Sequence
from pathlib import Path

import av

from support.processes import run_to_end
from vidindex.adapters.media.ffmpeg_choice import choose


def png_bomb(path: Path, side: int = 12_000, count: int = 10) -> Path:
    """A film of `count` black PNG pictures of `side` x `side`, one a second, some kB each."""
    picture = _png(side)
    with av.open(str(path), "w") as film:
        stream = film.add_stream("png", rate=1)
        stream.width, stream.height, stream.pix_fmt = side, side, "rgb24"
        stream.time_base = fractions.Fraction(1, 1)
        _mux(film, stream, [picture] * count, keys=count, unit=fractions.Fraction(1, 1))
    return path


def vp8_bomb(path: Path, side: int = 8192, count: int = 1500, fps: int = 25) -> Path:
    """A film of one grey keyframe and `count` repeats of a packet that changes nothing."""
    seed = path.with_name("seed.webm")
    drawn = f"color=gray:size={side}x{side}:rate={fps}"
    fast = ["-deadline", "realtime", "-cpu-used", "16", "-auto-alt-ref", "0", "-g", "9999"]
    run_to_end(
        [choose().chosen.path, "-v", "error", "-y", "-f", "lavfi", "-i", drawn, "-frames:v", "3",
         "-c:v", "libvpx", "-lag-in-frames", "0", *fast, str(seed)],
    )  # fmt: skip
    with av.open(str(seed)) as source, av.open(str(path), "w") as film:
        packets = [bytes(packet) for packet in source.demux(video=0) if packet.size]
        stream = film.add_stream_from_template(source.streams.video[0])
        repeated = [packets[0], *[packets[-1]] * (count - 1)]
        _mux(film, stream, repeated, keys=1, unit=fractions.Fraction(1, fps))
    seed.unlink()
    return path


def _png(side: int) -> bytes:
    deflate = zlib.compressobj(9)
    row = bytes(1 + 3 * side)
    data = b"".join(deflate.compress(row) for _ in range(side)) + deflate.flush()
    head = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    parts = ((b"IHDR", head), (b"IDAT", data), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(name, body) for name, body in parts)


def _chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def _mux(
    film: "av.container.OutputContainer",
    stream: "av.video.stream.VideoStream",
    packets: Sequence[bytes],
    keys: int,
    unit: fractions.Fraction,
) -> None:
    stream.time_base = unit
    for number, data in enumerate(packets):
        packet = av.Packet(data)
        packet.stream, packet.time_base = stream, unit
        packet.pts = packet.dts = number
        packet.is_keyframe = number < keys
        film.mux(packet)
