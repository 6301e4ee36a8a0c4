"""Transcribe speech piece by piece into sentences, resuming where a run stopped."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

from pipelines.ingest.stages import StageContext
from vidindex.core.speech.pieces import Pieces, shifted
from vidindex.core.speech.sentences import sentences, text_of
from vidindex.types import Event, Source, Span, VideoInfo
from vidindex.types.speech import Samples, Sound, Transcript, Word

PIECES = Pieces()

RULE = 2
"""How words become events; transcripts made under another rule are made again."""


@dataclass(frozen=True, slots=True)
class SpeechStage:
    """Speech becomes events, one for each sentence, with the times of its words.

    transcribe: words of 16 kHz samples, in seconds from the first. open_sound: the sound of a
    file without its first seconds. model: the identity under which the results are kept.
    """

    transcribe: Callable[[Samples], Transcript]
    open_sound: Callable[[Source, float], Sound]
    model: str
    pieces: Pieces = PIECES
    name: str = "speech"

    def key(self, paths: Sequence[Path]) -> str:
        pieces = self.pieces
        return f"{self.model}/{pieces.piece_s:g}+{pieces.overlap_s:g}/{RULE}"

    def run(self, context: StageContext) -> None:
        if not context.video.audio:
            self._finish(context, {}, 0.0)
            context.progress.advance(context.video.duration_s, context.path.name)
            return
        done = set(context.library.transcripts.of_video(context.video_id, self.key(())))
        first = next(index for index in range(len(done) + 1) if index not in done)
        context.report.resumed += bool(first)
        shown_s = self._advance(context, first * self.pieces.piece_s, 0.0)
        sound = self.open_sound(context.video.source(context.location), self.pieces.start_s(first))
        with closing(sound.samples):
            for index, samples in self.pieces.cut(sound.samples, first):
                context.deadline.check()
                self._hear(context, index, samples)
                shown_s = self._advance(context, (index + 1) * self.pieces.piece_s, shown_s)
        self._advance(context, context.video.duration_s, shown_s)
        pieces = context.library.transcripts.of_video(context.video_id, self.key(()))
        self._finish(context, pieces, sound.start_s - context.video.start_s)

    def close(self) -> None:
        """Nothing is left open."""

    def _hear(self, context: StageContext, index: int, samples: Samples) -> None:
        """Transcribe one piece and keep it; its words are counted from the first sample of all."""
        heard = self.transcribe(samples)
        words = shifted(heard.words, self.pieces.start_s(index))
        with context.library.transaction():
            context.library.transcripts.put(
                context.video_id, index, self.key(()), replace(heard, words=tuple(words))
            )

    def _advance(self, context: StageContext, to_s: float, shown_s: float) -> float:
        """Report that the file is done up to `to_s`, of which `shown_s` was reported before."""
        to_s = min(to_s, context.video.duration_s)
        context.progress.advance(to_s - shown_s, context.path.name)
        return to_s

    def _finish(
        self, context: StageContext, pieces: dict[int, Transcript], audio_start_s: float
    ) -> None:
        """Pieces become events, in one transaction with the mark in the ledger."""
        library, video = context.library, context.video
        words = self.pieces.join({index: one.words for index, one in pieces.items()})
        spoken = list(spoken_events(shifted(words, audio_start_s), video, self.model))
        dropped: Counter[str] = Counter()
        for one in pieces.values():
            dropped.update(one.dropped)
        with library.transaction():
            ids = library.events.replace(video.video_id, "speech", [event for event, _ in spoken])
            library.transcripts.finish(video.video_id, [own for _, own in spoken], ids)
            note = {"dropped": dict(dropped)}
            library.work_ledger.finish(video.video_id, self.name, self.key(()), note)
        context.report.events += len(ids)
        if dropped:
            context.report.notes.append(f"{context.path.name}: {_left_out(dropped)}")


def spoken_events(
    words: Sequence[Word], video: VideoInfo, model: str
) -> Iterator[tuple[Event, list[Word]]]:
    """Sentences as events of `video`, clipped to it, each with its words; times are media time.

    Those outside the video hold no footage and are left out.
    """
    whole = Span(0.0, video.duration_s)
    for sentence in sentences(words):
        start_s, end_s = sentence[0].start_s, max(word.end_s for word in sentence)
        span = Span(start_s, end_s).within(whole) if start_s < end_s else None
        text = text_of(sentence)
        if span is not None and text:
            source = f"{model}:{sentence[0].language}"
            yield Event(video.video_id, span, text, "speech", source), sentence


def _left_out(dropped: Counter[str]) -> str:
    """For people: how many texts were left out of the transcript, and why."""
    reasons = ", ".join(f"{count} {reason}" for reason, count in sorted(dropped.items()))
    return f"{dropped.total()} texts of the speech model were left out: {reasons}"
