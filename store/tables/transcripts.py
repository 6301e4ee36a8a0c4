"""Store spoken words: of pieces under way, so that work can resume, and of finished events."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import astuple

from sqlite_utils import Database

from store.sqlite.encoding import dump
from vidindex.types.speech import Transcript, Word


class Transcripts:
    """One row per piece of a video until it is finished, then one per event."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def put(self, video_id: str, piece: int, key: str, transcript: Transcript) -> None:
        """Store what was heard in one piece, which may be nothing; that piece is then done.

        key: the model and every setting of it.
        """
        self._db.execute(
            "INSERT OR REPLACE INTO transcript_pieces (video_id, piece, key, words, dropped)"
            " VALUES (?, ?, ?, ?, ?)",
            [video_id, piece, key, _dump(transcript.words), dump(dict(transcript.dropped))],
        )

    def of_video(self, video_id: str, key: str) -> dict[int, Transcript]:
        """The pieces that were transcribed with these settings, by number."""
        rows = self._db.execute(
            "SELECT piece, words, dropped FROM transcript_pieces WHERE video_id = ? AND key = ?"
            " ORDER BY piece",
            [video_id, key],
        )
        return {
            piece: Transcript(_words(words), json.loads(dropped)) for piece, words, dropped in rows
        }

    def finish(
        self, video_id: str, words: Sequence[Sequence[Word]], event_ids: Sequence[int]
    ) -> None:
        """Keep the words of each event of a finished video; its pieces are no longer kept."""
        with self._db.atomic():
            self._db.execute("DELETE FROM transcript_pieces WHERE video_id = ?", [video_id])
            for event_id, own in zip(event_ids, words, strict=True):
                self.put_words(event_id, own)

    def put_words(self, event_id: int, words: Sequence[Word]) -> None:
        """Keep the words of an event. sqlite3.IntegrityError: no such event, or it has some."""
        self._db.execute(
            "INSERT INTO spoken_words (event_id, words) VALUES (?, ?)", [event_id, _dump(words)]
        )

    def of_event(self, event_id: int) -> tuple[Word, ...]:
        """The words of an event in media time; none where only its own times are known."""
        row = self._db.execute(
            "SELECT words FROM spoken_words WHERE event_id = ?", [event_id]
        ).fetchone()
        return () if row is None else _words(row[0])

    def of_events(self, video_id: str) -> Iterator[tuple[int, tuple[Word, ...]]]:
        """The events of a video whose words are kept, by their ids in order."""
        rows = self._db.execute(
            "SELECT event_id, words FROM spoken_words JOIN events USING (event_id)"
            " WHERE video_id = ? ORDER BY event_id",
            [video_id],
        )
        for event_id, words in rows:
            yield event_id, _words(words)


def _dump(words: Sequence[Word]) -> str:
    """The fields of each word; the last one only where it is set, as older releases had none."""
    return dump([astuple(word)[: None if word.is_segment else -1] for word in words])


def _words(stored: str) -> tuple[Word, ...]:
    return tuple(Word(*row) for row in json.loads(stored))
