"""Show the transcript of a video, and keep the lines that a person corrected."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from pipelines.ingest.embedding import embed_new_events
from pipelines.progress import Quiet
from store.library import Library
from vidindex.core.speech.sentences import text_of
from vidindex.errors import InputError
from vidindex.ports import Embedder
from vidindex.types import Event, Span
from vidindex.types.speech import Word

PERSON = "person"
"""The source of an event that a person wrote."""

MAX_CHARACTERS = 2000


@dataclass(frozen=True, slots=True)
class TranscriptLine:
    """A spoken sentence in media time; words: with their times, none where these are not known.

    corrected: a person wrote the text.
    """

    event_id: int
    span: Span
    text: str
    source: str
    corrected: bool
    words: tuple[Word, ...] = ()


def transcript_of(library: Library, video_id: str) -> list[TranscriptLine]:
    """What was said in a video, in order of time."""
    words = dict(library.transcripts.of_events(video_id))
    return [
        _line(event, words.get(event.event_id or 0, ()))
        for event in library.events.of_video(video_id, ["speech"])
    ]


def correct(library: Library, embedder: Embedder, event_id: int, text: str) -> TranscriptLine:
    """Replace the text of a spoken line by a person's, and embed it; the line has a new id.

    Words keep their times where there are as many as before. Raises InputError for an event that
    is no spoken line, and for a text that is empty or too long.
    """
    text = " ".join(text.split())
    if not text or len(text) > MAX_CHARACTERS:
        raise InputError(
            f"a line has 1 to {MAX_CHARACTERS:,} characters, not {len(text):,}",
            "write what is said",
        )
    library.vectors.require(embedder.space)
    with library.transaction():
        event = next(iter(library.events.by_ids([event_id])), None)
        if event is None or event.channel != "speech":
            raise InputError(f"no spoken line {event_id}", "see: vidindex transcript FILE")
        words = _corrected(library.transcripts.of_event(event_id), text)
        library.events.remove([event_id])
        written = replace(event, text=text, source=PERSON, event_id=None)
        (new_id,) = library.events.add([written])
        library.transcripts.put_words(new_id, words)
    embed_new_events(library, embedder, Quiet())
    return _line(replace(written, event_id=new_id), words)


def beside_corrections(
    spoken: Sequence[tuple[Event, list[Word]]], corrections: Sequence[tuple[Event, Sequence[Word]]]
) -> list[tuple[Event, Sequence[Word]]]:
    """A new transcript with the lines that a person corrected in place of what they correct.

    A new line is left out where a corrected one covers its middle, or it covers theirs.
    """
    kept: list[tuple[Event, Sequence[Word]]] = [
        (event, words)
        for event, words in spoken
        if not any(_is_same(event.span, person.span) for person, _ in corrections)
    ]
    return sorted([*kept, *corrections], key=lambda one: one[0].span.start_s)


def _is_same(span: Span, other: Span) -> bool:
    middles = ((one.start_s + one.end_s) / 2 for one in (span, other))
    new_s, old_s = middles
    return other.start_s <= new_s < other.end_s or span.start_s <= old_s < span.end_s


def _corrected(words: Sequence[Word], text: str) -> tuple[Word, ...]:
    written = text.split()
    if len(words) != len(written) or text_of(words).count(" ") + 1 != len(words):
        return ()
    return tuple(
        replace(word, text=f" {own}", probability=1.0)
        for word, own in zip(words, written, strict=True)
    )


def _line(event: Event, words: Sequence[Word]) -> TranscriptLine:
    is_corrected = event.source == PERSON
    return TranscriptLine(
        event.event_id or 0, event.span, event.text, event.source, is_corrected, tuple(words)
    )
