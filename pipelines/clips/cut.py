"""Cut one clip or piece of a reel, and check it; a clip that fails the check is deleted.

Takes finished cuts: neither chooses hits nor names files.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from pipelines.clips.source import Stretch
from pipelines.clips.verify import Looks, compared_on, look, wrong_length, wrong_picture
from vidindex.errors import MediaError
from vidindex.ports import Decoder
from vidindex.types import Span, VideoInfo
from vidindex.types.clip import Canvas, Chapter, Cut

DERIVED = "derivative, not the original"


@dataclass(frozen=True, slots=True)
class ClipServices:
    """Cut and compare functions; see `encode_clip` and `copy_clip` in `vidindex.adapters.media`."""

    decoder: Decoder
    probe: Callable[[Path, str], VideoInfo]
    is_video: Callable[[Path, str], bool]
    cut: Callable[[Cut, Path], None]
    copy: Callable[[Cut, Path], Span]
    cut_piece: Callable[[Cut, Path], None]
    join: Callable[[Sequence[Path], Path, Sequence[Chapter], str, str], None]


def cut_exactly(services: ClipServices, stretch: Stretch, output: Path, *, burn_in: bool) -> None:
    """Write the stretch, re-encoded, with its pictures at display size.

    Raises MediaError, also where the clip is not what it should be.
    """
    width, height = stretch.source.width, stretch.source.height
    canvas = Canvas(width + width % 2, height + height % 2)
    looks = _looks(services, stretch, stretch.span, canvas)
    _cut(services, services.cut, _wanted(stretch, canvas, looks[0], burn_in), looks, output)


def cut_for_reel(
    services: ClipServices, stretch: Stretch, canvas: Canvas, output: Path, *, burn_in: bool
) -> None:
    """Write the stretch as a piece of a reel. Raises MediaError as `cut_exactly` does."""
    first, _ = _looks(services, stretch, stretch.span, canvas)
    _cut(services, services.cut_piece, _wanted(stretch, canvas, first, burn_in), (first,), output)


def copy_from_keyframe(services: ClipServices, stretch: Stretch, output: Path) -> Span:
    """Copy the stretch from a keyframe on; what the copy shows. Raises MediaError."""
    canvas = Canvas(stretch.source.width, stretch.source.height)
    words = f"{DERIVED}; copied from a keyframe before it, of video {stretch.video.video_id}"
    wanted = Cut(stretch.source, stretch.span, stretch.span.start_s, canvas, stretch.sound)
    held = services.copy(replace(wanted, title=stretch.title, comment=words), output)
    first, _ = _looks(services, stretch, held, canvas)
    _check(services, replace(wanted, span=held), (first,), output)
    return held


def _wanted(stretch: Stretch, canvas: Canvas, first: Looks, burn_in: bool) -> Cut:
    return Cut(
        stretch.source,
        stretch.span,
        first.frame.pts_s,
        canvas,
        stretch.sound,
        stretch.stamp if burn_in else None,
        stretch.title,
        f"{DERIVED}; re-encoded from video {stretch.video.video_id}",
    )


def _looks(
    services: ClipServices, stretch: Stretch, span: Span, canvas: Canvas
) -> tuple[Looks, Looks]:
    *_, width, height = compared_on(canvas).place(stretch.source.width, stretch.source.height)
    return look(services.decoder, stretch.video, stretch.source, span, (width, height))


def _cut(
    services: ClipServices,
    cut: Callable[[Cut, Path], None],
    wanted: Cut,
    looks: Sequence[Looks],
    output: Path,
) -> None:
    """Cut, and where that came out wrong once more without seeking."""
    cut(wanted, output)
    try:
        _check(services, wanted, looks, output)
    except MediaError:
        cut(replace(wanted, whole=True), output)
        _check(services, wanted, looks, output)


def _check(services: ClipServices, wanted: Cut, looks: Sequence[Looks], output: Path) -> None:
    """looks: what the source shows where the clip begins and, where given, where it ends."""
    made = services.probe(output, "")
    lasts_s = wanted.span.duration_s
    problem = wrong_length(made, lasts_s, looks[0].usual_s)
    if not problem:
        problem = wrong_picture(services.decoder, made.source(output), wanted, looks)
    if problem:
        raise MediaError(problem, "this file cannot be cut; convert it whole first")
