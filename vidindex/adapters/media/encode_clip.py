"""Cut stretches out of files by re-encoding, each frame at its time; join such pieces.

Only so does a clip begin with the frame on screen at its start: a copied stream begins at a
keyframe. Builds ffmpeg's commands; checks nothing that they made.
"""

import re
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import ffmpeg

from vidindex.adapters.media import burn_in
from vidindex.adapters.media.ffmpeg import plain, run
from vidindex.adapters.media.packet_reader import LEAD_S, stream_packets
from vidindex.adapters.media.verified_open import held
from vidindex.core.formatting.escaping import escape
from vidindex.types.clip import Chapter, Cut

ROUNDING_S = 0.0005
"""Containers round times to a millisecond: what is nearer than this is at the same time."""

PREROLL_S = 2.0
"""Decoding begins this much before the first frame: what needs frames before it gets them."""

_TICKS_PER_S = 90_000
_SPECIAL = re.compile(r"[=;#\\\n]")  # of ffmetadata
_ESCAPED = r"\\\g<0>"
_CLEAN = {"map_metadata": -1, "map_chapters": -1}
# No B-frames: packets are in the order of their times, and the first one is at 0.
_PICTURES = {"vcodec": "libx264", "crf": 18, "preset": "fast", "bf": 0, "pix_fmt": "yuv420p"}
_SOUND = {"acodec": "aac", "audio_bitrate": "192k"}


def cut(wanted: Cut, output: Path) -> None:
    """Write the stretch as H.264 and AAC, exactly as long as its span; padded with silence.

    Raises MediaError.
    """
    kept = {**_PICTURES, **_SOUND, **_CLEAN, **_tags(wanted.title, wanted.comment)}
    kept |= {"movflags": "+faststart", **_timing(wanted)}
    with _streams(wanted) as (inherited, streams):
        _run(wanted, streams, output, inherited, **kept)


def cut_piece(wanted: Cut, output: Path) -> None:
    """Write the stretch as a piece of a reel (.mov), on a canvas of a constant rate.

    Its sound is one stereo track that is not coded: joined AAC would leave gaps.
    """
    kept = {**_PICTURES, "acodec": "pcm_s16le", **_CLEAN, **_timing(wanted)}
    with _streams(wanted) as (inherited, (picture, *heard)):
        streams = [picture, _stereo(wanted, heard)] if wanted.canvas.sound else [picture]
        _run(wanted, streams, output, inherited, **kept)


def join(
    pieces: Sequence[Path], output: Path, chapters: Sequence[Chapter], title: str, comment: str
) -> None:
    """Write pieces of one canvas after each other; pictures as they are, sound as AAC."""
    with tempfile.TemporaryDirectory() as folder:
        listed, chapter_file = Path(folder) / "pieces.txt", Path(folder) / "chapters.txt"
        listed.write_text("".join(map(_line, pieces)), encoding="utf-8")
        chapter_file.write_text(_ffmetadata(chapters), encoding="utf-8")
        read = ffmpeg.input(str(listed), format="concat", safe=0)
        # It has no stream: ffmpeg takes the chapters of the first input that has some.
        words = ffmpeg.input(str(chapter_file), format="ffmetadata")["t?"]
        kept = {"vcodec": "copy", **_SOUND, "movflags": "+faststart", **_tags(title, comment)}
        run(ffmpeg.output(read["v"], read["a?"], words, str(output), **kept))


@contextmanager
def _streams(wanted: Cut) -> Iterator[tuple[tuple[int, ...], list[Any]]]:
    """Descriptors to inherit; the pictures and the sounds of the stretch, each from time 0 on."""
    with held(wanted.source) as file, tempfile.TemporaryDirectory() as folder:
        yield file.inherited, _filtered(wanted, file.path, Path(folder))


def _filtered(wanted: Cut, path: Path, folder: Path) -> list[Any]:
    """path: by which the film is open; folder: for what the filters need."""
    source, from_s = wanted.source, _preroll_s(wanted)
    if source.clock is None:
        # Seeking to the very start would lose the first frames of MPEG files.
        seek = {"ss": f"{from_s:.6f}"} if from_s else {}
        named = {"f": source.container} if source.container else {}
        opened = ffmpeg.input(plain(path), noautorotate=None, **seek, **named)
        picture, sounds = opened[str(source.stream_index)], [opened[str(i)] for i in wanted.sound]
    else:
        # Fed by `_run`: stream time is media time + LEAD_S.
        opened, from_s = ffmpeg.input("pipe:", format="nut", noautorotate=None), -LEAD_S
        picture, sounds = opened["0"], [opened[str(i + 1)] for i in range(len(wanted.sound))]
    heard = (_sound(sound, wanted, from_s) for sound in sounds)
    return [_picture(picture, wanted, from_s, folder), *heard]


def _preroll_s(wanted: Cut) -> float:
    """Media time from which on the file is read."""
    first_s = min(wanted.first_s, wanted.span.start_s)
    return 0.0 if wanted.whole else max(0.0, first_s - PREROLL_S)


def _run(
    wanted: Cut, streams: Sequence[Any], output: Path, inherited: tuple[int, ...], **options: object
) -> None:
    made = ffmpeg.output(*streams, str(output), **options)
    if wanted.source.clock is None:
        run(made, inherited=inherited)
        return
    until_s = wanted.span.end_s
    feed = partial(stream_packets, wanted.source, wanted.sound, _preroll_s(wanted), until_s)
    run(made.global_args("-copyts"), feed=feed)


def _picture(stream: Any, wanted: Cut, from_s: float, folder: Path) -> Any:
    """The frames that are on screen in the span, upright on the canvas.

    The first may have begun before the span; it is shown from 0 on.
    """
    first_s, end_s = (at - from_s - ROUNDING_S for at in (wanted.first_s, wanted.span.end_s))
    # `trim` rounds to the time base, which may be as coarse as a frame.
    fine = stream.filter("settb", f"1/{_TICKS_PER_S}")
    shown = fine.filter("trim", start=f"{max(0.0, first_s):.6f}", end=f"{end_s:.6f}")
    shown = _on_canvas(shown, wanted)
    if wanted.stamp:
        words = burn_in.options(wanted.canvas, wanted.stamp, from_s, folder)
        shown = shown.filter("drawtext", **words)
    at_s = wanted.span.start_s - from_s
    if not wanted.canvas.fps:
        return shown.filter("setpts", f"max(0,PTS-{at_s:.6f}/TB)")
    # Rounded up: each new time shows the frame that is on screen then. What rounding put a tick
    # behind its time must not come a frame late.
    shown = shown.filter("setpts", f"max(0,PTS-{at_s + ROUNDING_S:.6f}/TB)")
    steady = shown.filter("fps", str(wanted.canvas.fps), start_time=0, round="up")
    return steady.filter("tpad", stop=-1, stop_mode="clone")


def _on_canvas(stream: Any, wanted: Cut) -> Any:
    source, canvas = wanted.source, wanted.canvas
    for _ in range(source.rotation_deg // 90):
        stream = stream.filter("transpose", "clock")
    # Turned already: a player must not do so again.
    stream = stream.filter("sidedata", mode="delete", type="DISPLAYMATRIX")
    x, y, width, height = canvas.place(source.width, source.height)
    stream = stream.filter("scale", width, height).filter("setsar", 1)
    return stream.filter("pad", canvas.width, canvas.height, x, y)


def _sound(stream: Any, wanted: Cut, from_s: float) -> Any:
    """Sample for sample the sound of the span; silence where it has none."""
    start_s, lasts_s = wanted.span.start_s - from_s, f"{wanted.span.duration_s:.6f}"
    heard = stream.filter("atrim", start=f"{start_s:.6f}", end=f"{wanted.span.end_s - from_s:.6f}")
    heard = heard.filter("asetpts", f"PTS-{start_s:.6f}/TB")
    heard = heard.filter("aresample", **{"async": 1, "first_pts": 0})
    return heard.filter("apad", whole_dur=lasts_s).filter("atrim", end=lasts_s)


def _stereo(wanted: Cut, heard: Sequence[Any]) -> Any:
    """The first sound, or silence, as long as the piece's frames."""
    lasts_s = wanted.canvas.num_frames(wanted.span.duration_s) / (wanted.canvas.fps or 1)
    if not heard:
        return ffmpeg.input("anullsrc=r=48000:cl=stereo", f="lavfi", t=f"{float(lasts_s):.6f}")["a"]
    stereo = heard[0].filter("aformat", sample_rates=48000, channel_layouts="stereo")
    # To the sample: what is rounded would add up from piece to piece.
    samples = round(lasts_s * 48000)
    return stereo.filter("apad", whole_len=samples).filter("atrim", end_sample=samples)


def _timing(wanted: Cut) -> dict[str, object]:
    """When frames begin, and that the last one stays until the end."""
    if wanted.canvas.fps:
        return {
            "frames:v": wanted.canvas.num_frames(wanted.span.duration_s),
            "video_track_timescale": _TICKS_PER_S,
        }
    end = round(wanted.span.duration_s * _TICKS_PER_S)
    return {
        "fps_mode:v": "passthrough",
        "enc_time_base:v": f"1/{_TICKS_PER_S}",
        "video_track_timescale": _TICKS_PER_S,
        "bsf:v": f"setts=duration=if(eq(NEXT_PTS\\,NOPTS)\\,{end}-PTS\\,NEXT_PTS-PTS)",
    }


def _tags(title: str, comment: str) -> dict[str, str]:
    """The metadata of a file; none of its source's, such as where it was shot."""
    return {
        "metadata:g:0": f"title={escape(title)}",
        "metadata:g:1": f"comment={escape(comment)}",
    }


def _line(piece: Path) -> str:
    """A line of a concat script; a quote ends what is quoted, and is escaped outside of it."""
    return "file 'file:{}'\n".format(str(piece).replace("'", "'\\''"))


def _ffmetadata(chapters: Sequence[Chapter]) -> str:
    sections = [
        f"[CHAPTER]\nTIMEBASE=1/1000\nSTART={round(chapter.span.start_s * 1000)}\n"
        f"END={round(chapter.span.end_s * 1000)}\n"
        f"title={_SPECIAL.sub(_ESCAPED, escape(chapter.title))}\n"
        for chapter in chapters
    ]
    return "\n".join([";FFMETADATA1", *sections])
