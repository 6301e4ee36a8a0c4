"""Transcribe speech piece by piece into sentences, resuming where a run stopped."""

from collections import Counter
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

from pipelines.cameras import camera_of
from pipelines.ingest.stages import StageContext
from pipelines.ingest.transcript import PERSON, beside_corrections
from store.library import Library
from vidindex.core.formatting.counts import counted
from vidindex.core.speech.pieces import Pieces, shifted
from vidindex.core.speech.sentences import sentences, text_of
from vidindex.types import Event, Source, Span, VideoInfo
from vidindex.types.speech import Samples, Transcript, Word

PIECES = Pieces()

COARSE = ":coarse"
"""Ends the source of events whose times are those of segments, for lack of times of words."""

COARSE_NOTE = (
    "the endpoint gives times of segments and not of words: spoken sentences may begin or end "
    "some seconds off"
)

OpenSound = Callable[[Source, float, int, float], Generator[Samples, None, None]]

RULE = 3
"""How words become events; transcripts made under another rule are made again."""


@dataclass(frozen=True, slots=True)
class SpeechStage:
    """Speech becomes events, one for each sentence, with the times of its words.

    transcribe: words of 16 kHz samples, in seconds from the first. open_sound: the sound of a
    source in media time, up to a time, of one track, from a time on. model: the identity under
    which the results are kept. track: of the sound tracks of a file, from 1. everywhere: all
    files but those of cameras that are set to be left out; else only those of cameras that are set
    to be transcribed.
    """

    transcribe: Callable[[Samples], Transcript]
    open_sound: OpenSound
    model: str
    track: int = 1
    everywhere: bool = True
    pieces: Pieces = PIECES
    name: str = "speech"

    def key(self, paths: Sequence[Path]) -> str:
        pieces = self.pieces
        track = f"/track {self.track}" if self.track > 1 else ""
        return f"{self.model}/{pieces.piece_s:g}+{pieces.overlap_s:g}/{RULE}{track}"

    def run(self, context: StageContext) -> None:
        if not self._is_wanted(context):
            context.progress.advance(context.video.duration_s, context.path.name)
            return
        if not context.video.audio:
            self._finish(context, {})
            context.progress.advance(context.video.duration_s, context.path.name)
            return
        done = set(context.library.transcripts.of_video(context.video_id, self.key(())))
        first = next(index for index in range(len(done) + 1) if index not in done)
        context.report.resumed += bool(first)
        shown_s = self._advance(context, first * self.pieces.piece_s, 0.0)
        with closing(self._sound(context, self.pieces.start_s(first))) as sound:
            for index, samples in self.pieces.cut(sound, first):
                context.deadline.check()
                self._hear(context, index, samples)
                shown_s = self._advance(context, (index + 1) * self.pieces.piece_s, shown_s)
        self._advance(context, context.video.duration_s, shown_s)
        pieces = context.library.transcripts.of_video(context.video_id, self.key(()))
        self._finish(context, pieces)

    def close(self) -> None:
        """Nothing is left open."""

    def drop(self) -> None:
        """Nothing is gathered."""

    def _is_wanted(self, context: StageContext) -> bool:
        """What is set for the camera, else what the run was asked for."""
        name = camera_of(context.library, context.video_id)
        camera = context.library.cameras.get(name) if name else None
        chosen = camera.speech if camera else None
        return self.everywhere if chosen is None else chosen

    def _sound(self, context: StageContext, from_s: float) -> Generator[Samples, None, None]:
        source = context.video.source(context.location)
        return self.open_sound(source, context.video.duration_s, self.track, from_s)

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

    def _finish(self, context: StageContext, pieces: dict[int, Transcript]) -> None:
        """Pieces become events, in one transaction with the mark in the ledger."""
        library, video = context.library, context.video
        words = self.pieces.join({index: one.words for index, one in pieces.items()})
        heard = list(spoken_events(words, video, self.model))
        spoken = beside_corrections(heard, _corrections(library, video.video_id))
        dropped: Counter[str] = Counter()
        for one in pieces.values():
            dropped.update(one.dropped)
        with library.transaction():
            ids = library.events.replace(video.video_id, "speech", [event for event, _ in spoken])
            words_of = [() if _is_coarse(own) else own for _, own in spoken]
            library.transcripts.finish(video.video_id, words_of, ids)
            note = {"dropped": dict(dropped)}
            library.work_ledger.finish(video.video_id, self.name, self.key(()), note)
        context.report.events += len(ids)
        if any(_is_coarse(own) for _, own in spoken):
            context.report.notes.append(f"{context.path.name}: {COARSE_NOTE}")
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
            source = f"{model}:{sentence[0].language}{COARSE if _is_coarse(sentence) else ''}"
            yield Event(video.video_id, span, text, "speech", source), sentence


def _corrections(library: Library, video_id: str) -> list[tuple[Event, Sequence[Word]]]:
    """The lines that a person corrected, with their words."""
    return [
        (event, library.transcripts.of_event(event.event_id or 0))
        for event in library.events.of_video(video_id, ["speech"])
        if event.source == PERSON
    ]


def _is_coarse(words: Sequence[Word]) -> bool:
    return any(word.is_segment for word in words)


def _left_out(dropped: Counter[str]) -> str:
    """For people: how many texts were left out of the transcript, and why."""
    reasons = ", ".join(f"{count} {reason}" for reason, count in sorted(dropped.items()))
    return f"{counted(dropped.total(), 'text')} of the speech model left out: {reasons}"
