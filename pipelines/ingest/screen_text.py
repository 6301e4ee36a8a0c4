"""Read on-screen text segment by segment, resuming where a run stopped.

Readings are kept until the video is complete; then they become events with spans and
clock tracks, in one transaction with the mark in the ledger.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from pathlib import Path

from pipelines.ingest.stages import StageContext
from vidindex.core.screen_text.frame_reader import read_segment
from vidindex.core.screen_text.tracks import build
from vidindex.ports import Decoder, TextReader
from vidindex.types import Span

SEGMENT_S = 60.0


@dataclass(frozen=True, slots=True)
class ScreenTextStage:
    """On-screen text becomes events; text that runs like a clock becomes clock tracks."""

    decoder: Decoder
    reader: TextReader
    name: str = "screen"

    def key(self, paths: Sequence[Path]) -> str:
        return f"{self.reader.name}/{SEGMENT_S:g}/1"

    def run(self, context: StageContext) -> None:
        key = self.key(context.paths)
        done = context.library.ocr_readings.segments(context.video_id, key)
        context.report.resumed += bool(done)
        end_s = context.video.picture_end_s
        for segment in range(ceil(end_s / SEGMENT_S)):
            span = Span(segment * SEGMENT_S, min((segment + 1) * SEGMENT_S, end_s))
            if segment not in done:
                context.deadline.check()
                self._read(context, key, segment, span)
            context.progress.advance(span.duration_s, context.path.name)
        context.progress.advance(context.video.duration_s - end_s, context.path.name)
        self._finish(context, key)

    def close(self) -> None:
        """Nothing is left open."""

    def _read(self, context: StageContext, key: str, segment: int, span: Span) -> None:
        source = context.video.source(context.location)
        readings = read_segment(self.decoder, self.reader, source, span)
        with context.library.transaction():
            context.library.ocr_readings.put(context.video_id, segment, key, readings)

    def _finish(self, context: StageContext, key: str) -> None:
        library, video = context.library, context.video
        readings = library.ocr_readings.of_video(video.video_id, key)
        events, clocks = build(readings, video, self.reader.name)
        with library.transaction():
            context.report.events += len(library.events.replace(video.video_id, "screen", events))
            library.screen_clocks.replace(video.video_id, clocks)
            library.work_ledger.finish(video.video_id, self.name, key)
            library.ocr_readings.clear(video.video_id)
        context.report.clocks += len(clocks)
