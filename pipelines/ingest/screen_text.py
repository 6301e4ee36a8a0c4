"""The pass that reads on-screen text: segment by segment, so that it goes on where it stopped.

Readings are kept until the video is complete; then they become events with spans and
clock tracks, in one transaction with the mark in the ledger.
"""

from dataclasses import dataclass
from math import ceil
from pathlib import Path

from pipelines.ingest.stages import Work
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

    def key(self, path: Path) -> str:
        return f"{self.reader.name}/{SEGMENT_S:g}/1"

    def run(self, work: Work) -> None:
        key = self.key(work.path)
        done = work.library.ocr_readings.segments(work.video_id, key)
        work.report.resumed += bool(done)
        num_segments = ceil(work.video.duration_s / SEGMENT_S)
        for segment in range(num_segments):
            span = Span(segment * SEGMENT_S, min((segment + 1) * SEGMENT_S, work.video.duration_s))
            if segment not in done:
                work.deadline.check()
                self._read(work, key, segment, span)
            work.progress.advance(span.duration_s, work.path.name)
        self._finish(work, key)

    def close(self) -> None:
        """Nothing is left open."""

    def _read(self, work: Work, key: str, segment: int, span: Span) -> None:
        source = work.video.source(work.path)
        readings = read_segment(self.decoder, self.reader, source, span)
        with work.library.transaction():
            work.library.ocr_readings.put(work.video_id, segment, key, readings)

    def _finish(self, work: Work, key: str) -> None:
        library, video = work.library, work.video
        readings = library.ocr_readings.of_video(video.video_id, key)
        events, clocks = build(readings, video, self.reader.name)
        with library.transaction():
            work.report.events += len(library.events.replace(video.video_id, "screen", events))
            library.screen_clocks.replace(video.video_id, clocks)
            library.work_ledger.finish(video.video_id, self.name, key)
            library.ocr_readings.clear(video.video_id)
        work.report.clocks += len(clocks)
