"""Store standing searches: which videos each has searched, and which hits were delivered.

A search is known by a digest of its words, so that nothing has to be forgotten when what the
words name is erased; what a hit says goes with its video.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlite_utils import Database

from store.sqlite.encoding import dump

MAX_ATTEMPTS = 3
"""A command that failed so often is given up on, for this hit."""


@dataclass(frozen=True, slots=True)
class Alert:
    """A hit whose delivery is due. attempts: how often that was begun; facts: JSON-able."""

    alert_id: int
    video_id: str
    facts: Mapping[str, Any]
    attempts: int


class Alerts:
    """What standing searches found in new videos; each video is looked at once for each."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def begin(self, words: str) -> bool:
        """Begin a standing search: all present videos are old to it. False if it exists."""
        with self._db.atomic():
            begun = self._db.execute(
                "INSERT OR IGNORE INTO standing_searches (search) VALUES (?)", [_digest(words)]
            ).rowcount
            if begun:
                self._db.execute(
                    "INSERT INTO standing_videos (search, video_id) SELECT ?, video_id FROM videos",
                    [_digest(words)],
                )
        return bool(begun)

    def unseen(self, words: str, video_ids: Sequence[str]) -> list[str]:
        """Those of the videos that this search has not looked at, in their order."""
        rows = self._db.execute(
            "SELECT video_id FROM standing_videos WHERE search = ?"
            " AND video_id IN (SELECT value FROM json_each(?))",
            [_digest(words), json.dumps(list(video_ids))],
        )
        seen = {video_id for (video_id,) in rows}
        return [video_id for video_id in dict.fromkeys(video_ids) if video_id not in seen]

    def put(self, words: str, video_id: str, hits: Sequence[Mapping[str, Any]]) -> None:
        """Note that the search has searched the video, and the hits to deliver."""
        search = _digest(words)
        with self._db.atomic():
            self._db.execute(
                "INSERT INTO standing_videos (search, video_id) VALUES (?, ?)", [search, video_id]
            )
            self._db.conn.executemany(
                "INSERT INTO alerts (search, video_id, facts) VALUES (?, ?, ?)",
                [(search, video_id, dump(facts)) for facts in hits],
            )

    def due(self, searches: Sequence[str]) -> list[Alert]:
        """Hits that are still to be delivered: the least tried first, then the oldest."""
        rows = self._db.execute(
            "SELECT alert_id, video_id, facts, attempts FROM alerts WHERE NOT told"
            " AND attempts < ? AND search IN (SELECT value FROM json_each(?))"
            " ORDER BY attempts, alert_id",
            [MAX_ATTEMPTS, json.dumps([_digest(words) for words in searches])],
        )
        return [Alert(row[0], row[1], json.loads(row[2]), row[3]) for row in rows.fetchall()]

    def try_(self, alert_id: int) -> None:
        """Note a delivery attempt: written first, so that attempts are bounded."""
        self._db.execute("UPDATE alerts SET attempts = attempts + 1 WHERE alert_id = ?", [alert_id])

    def delivered(self, alert_id: int) -> None:
        """Note that it was delivered; it is never due again."""
        self._db.execute("UPDATE alerts SET told = 1 WHERE alert_id = ?", [alert_id])


def _digest(words: str) -> str:
    return hashlib.sha256(" ".join(words.split()).encode("utf-8", "replace")).hexdigest()
