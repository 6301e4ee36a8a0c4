"""Build the drawtext filter that burns each frame's time into the picture.

drawtext evaluates it for every frame, so it is right at any rate, steady or not.
"""

from datetime import timedelta
from pathlib import Path

from PIL import ImageFont

from vidindex.core.timing.timecode import Timebase
from vidindex.types.clip import Canvas, Stamp


def options(canvas: Canvas, stamp: Stamp, from_s: float, folder: Path) -> dict[str, object]:
    """Options of drawtext; `folder` takes its font and text. from_s: media time of its time 0."""
    size = stamp.text_px(canvas)
    # A file, as drawtext would need its text escaped three times.
    text, font = folder / "text.txt", folder / "font.ttf"
    text.write_text(template(stamp, from_s), encoding="utf-8")
    font.write_bytes(_font())
    return {
        "textfile": str(text),
        "fontfile": str(font),
        "fontsize": size,
        "fontcolor": "white",
        "line_spacing": size // 4,
        "box": 1,
        "boxcolor": "black@0.7",
        "boxborderw": max(2, size // 3),
        "x": size // 2,
        "y": f"h-th-{size // 2}",
    }


def template(stamp: Stamp, from_s: float) -> str:
    """Lines of drawtext's own language: media time, wall clock, source timecode."""
    lines = [_media_time(from_s)]
    if stamp.wall_start is not None:
        offset = stamp.wall_start.utcoffset() or timedelta()
        # Counted on as UTC: the offset is the same all through a clip.
        shown_s = (stamp.wall_start + offset).timestamp() + from_s
        zone = f"{stamp.wall_start:%z}"
        lines.append(rf"%{{pts:gmtime:{shown_s:.6f}:%Y-%m-%d %H\:%M\:%S}} {zone[:3]}:{zone[3:5]}")
    if stamp.timecode is not None:
        lines.append(f"TC {_timecode(stamp.timecode, stamp, from_s)}")
    return "\n".join(lines)


def _media_time(from_s: float) -> str:
    """hh:mm:ss.mmm; drawtext's own would begin with a blank."""
    ms = f"round((t+{from_s:.6f})*1000)"
    parts = (f"floor({ms}/3600000)", f"mod(floor({ms}/60000),60)", f"mod(floor({ms}/1000),60)")
    return f"{':'.join(_number(part, 2) for part in parts)}.{_number(f'mod({ms},1000)', 3)}"


def _number(expression: str, width: int) -> str:
    return f"%{{eif:{expression}:d:{width}}}"


def _timecode(label: str, stamp: Stamp, from_s: float) -> str:
    """hh:mm:ss:ff as four expressions of the frame's time; see `Timebase.label`."""
    mark = ";" if ";" in label else ":"
    base = Timebase(stamp.fps, drop=mark == ";")
    a_minute, ten_minutes = base.counted * 60, base.frames_per_day // 144
    dropped = (base.counted * 600 - ten_minutes) // 9
    frame = (
        f"mod({base.frame_of(label)}+round((t+{from_s:.6f})*{base.rate.numerator}"
        f"/{base.rate.denominator}),{base.frames_per_day})"
    )
    # The label's number: the frame's, and the labels that were skipped before it.
    tens, rest = f"floor({frame}/{ten_minutes})", f"mod({frame},{ten_minutes})"
    minutes = f"max(0,floor(({rest}-{dropped})/{a_minute - dropped}))"
    number = f"({frame}+{dropped}*(9*{tens}+{minutes}))" if dropped else frame
    parts = (
        f"floor({number}/{base.counted * 3600})",
        f"mod(floor({number}/{a_minute}),60)",
        f"mod(floor({number}/{base.counted}),60)",
        f"mod({number},{base.counted})",
    )
    width = max(2, len(str(base.counted - 1)))
    *clock, frames = map(_number, parts, (2, 2, 2, width))
    return f"{':'.join(clock)}{mark}{frames}"


def _font() -> bytes:
    """The font that comes with Pillow: a machine may have none of its own."""
    font = ImageFont.load_default(16)
    assert isinstance(font, ImageFont.FreeTypeFont), "Pillow was built without FreeType"
    content: bytes = font.font_bytes
    return content
