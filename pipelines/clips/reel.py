"""Join hits into one reel file, in the order given, on the largest of their canvases."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from pipelines.clips.clipper import (
    SUFFIXES,
    ClipStyle,
    check_output,
    is_file_name,
    stretch_of,
    written,
)
from pipelines.clips.cut import DERIVED, ClipServices, cut_for_reel
from pipelines.clips.source import Stretch, Stretches
from pipelines.clips.verify import EDGE_S, wrong_length
from pipelines.progress import Progress
from store.library import Library
from vidindex.core.timing.timecode import nominal_rate
from vidindex.errors import InputError, MediaError
from vidindex.types import SavedHit, Span
from vidindex.types.clip import Canvas, Chapter, Clip


@dataclass(frozen=True, slots=True)
class _Piece:
    """One clip within a reel. number: of its clip."""

    number: int
    path: Path
    title: str
    span: Span


@dataclass(frozen=True, slots=True)
class ReelMaker:
    """Makes reels of one library's hits."""

    library: Library
    services: ClipServices
    progress: Progress

    def make(self, hits: Sequence[SavedHit], output: Path, style: ClipStyle) -> list[Clip]:
        """Every hit with where it begins in the reel; one that cannot be cut has a problem.

        Raises InputError where there is no hit, or `output` is no name of a clip; MediaError
        where the reel cannot be written.
        """
        if not hits:
            raise InputError("no hits to cut", "search first, or name FILE@01:23-01:40")
        if style.copy:
            raise InputError("a reel is always re-encoded", "leave --copy or --reel out")
        if not is_file_name(output):
            raise InputError(f"a reel is one file, and {output} does not name one", "-o reel.mp4")
        check_output(output, SUFFIXES)
        stretches = Stretches(self.library, self.services.is_video)
        found = [stretch_of(self.library, stretches, hit, style, {}) for hit in hits]
        clips = [clip for clip, _ in found]
        with written(self.library, output, force=style.force) as part:
            pieces = self._cut(clips, [stretch for _, stretch in found], part.parent, style)
            if not pieces:
                raise MediaError(f"no reel: {clips[0].problem}", "none of the hits can be cut")
            chapters = [Chapter(piece.span, piece.title) for piece in pieces]
            paths = [piece.path for piece in pieces]
            self.services.join(
                paths, part, chapters, "a reel of hits", f"{DERIVED}; see its chapters"
            )
            self._check(part, pieces)
        for piece in pieces:
            clip = clips[piece.number]
            clips[piece.number] = replace(
                clip, path=output, holds=clip.span, begins_s=piece.span.start_s
            )
        return clips

    def _cut(
        self,
        clips: list[Clip],
        stretches: Sequence[Stretch | None],
        folder: Path,
        style: ClipStyle,
    ) -> list[_Piece]:
        """The pieces in their order; clips whose piece cannot be cut are given their problem."""
        canvas = reel_canvas([stretch for stretch in stretches if stretch])
        self.progress.start("clip", sum(clip.span.duration_s for clip in clips), "s")
        pieces: list[_Piece] = []
        for number, stretch in enumerate(stretches):
            if stretch is not None and canvas is not None:
                path = folder / f"{number}.mov"
                try:
                    cut_for_reel(self.services, stretch, canvas, path, burn_in=style.burn_in)
                except MediaError as error:
                    clips[number] = replace(clips[number], problem=str(error))
                else:
                    pieces.append(_piece(number, path, stretch, canvas, pieces))
                    clips[number] = replace(clips[number], notes=_notes(stretch))
            self.progress.advance(clips[number].span.duration_s, clips[number].name)
        self.progress.finish()
        return pieces

    def _check(self, reel: Path, pieces: Sequence[_Piece]) -> None:
        """Each piece must begin at its stated time, with the first picture of the piece alone."""
        made = self.services.probe(reel, "")
        problem = wrong_length(made, pieces[-1].span.end_s, made.frame_s)
        if problem:
            raise MediaError(problem, "make clips, one by one")
        begins_s = [piece.span.start_s + EDGE_S for piece in pieces]
        shown = self.services.decoder.frames(made.source(reel), begins_s, None)
        for piece, frame in zip(pieces, shown, strict=True):
            source = self.services.probe(piece.path, "").source(piece.path)
            (own,) = self.services.decoder.frames(source, [EDGE_S], None)
            if not np.array_equal(own.picture, frame.picture):
                what = f"the reel shows another picture at {piece.span.start_s:.3f} s"
                raise MediaError(what, "make clips, one by one")


def reel_canvas(stretches: Sequence[Stretch]) -> Canvas | None:
    """The size of the largest picture, the highest of the rates, and sound if any has it."""
    if not stretches:
        return None
    largest = max((one.source for one in stretches), key=lambda one: one.width * one.height)
    return Canvas(
        largest.width + largest.width % 2,
        largest.height + largest.height % 2,
        max(nominal_rate(one.video.average_fps) for one in stretches),
        sound=any(one.sound for one in stretches),
    )


def _piece(
    number: int, path: Path, stretch: Stretch, canvas: Canvas, before: Sequence[_Piece]
) -> _Piece:
    assert canvas.fps is not None, "a reel has a constant rate"
    lasts_s = float(canvas.num_frames(stretch.span.duration_s) / canvas.fps)
    begins_s = before[-1].span.end_s if before else 0.0
    return _Piece(number, path, stretch.title, Span(begins_s, begins_s + lasts_s))


def _notes(stretch: Stretch) -> tuple[str, ...]:
    if len(stretch.sound) < 2:
        return stretch.notes
    return (*stretch.notes, f"only the first of its {len(stretch.sound)} sound tracks")
