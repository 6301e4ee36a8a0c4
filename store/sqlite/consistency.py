"""Check and rebuild what the database derives from its own tables.

The words of events and the list of events that wait for a vector; both are kept by triggers, so
they differ only where a disk or another program changed the file.
"""

import sqlite3

from sqlite_utils import Database

from vidindex.core.retrieval.folding import FOLDING_VERSION

_DIFFERENCES = {
    "events cannot be found by their words": (
        "SELECT event_id FROM events EXCEPT SELECT id FROM event_words_docsize"
    ),
    "events that are gone are found by their words": (
        "SELECT id FROM event_words_docsize EXCEPT SELECT event_id FROM events"
    ),
    "events without a vector are not known to lack one": (
        "SELECT event_id FROM events EXCEPT SELECT event_id FROM vectors"
        " EXCEPT SELECT event_id FROM events_unreadable"
        " EXCEPT SELECT event_id FROM events_without_vector"
    ),
    "events are said to lack a vector that they have": (
        "SELECT event_id FROM events_without_vector INTERSECT SELECT event_id FROM vectors"
    ),
}

REMEDY = "vidindex doctor --repair"


def faults(db: Database) -> list[str]:
    """Where what is derived differs from what it is derived from."""
    found: list[str] = []
    for what, ids in _DIFFERENCES.items():
        try:
            (count,) = db.execute(f"SELECT count(*) FROM ({ids})").fetchone()
        except sqlite3.DatabaseError as error:
            return [*found, f"{error} ({REMEDY})"]
        if count:
            found.append(f"{count:,} {what} ({REMEDY})")
    return found


def rebuild(db: Database) -> None:
    """Rebuild all of it, with every index of the tables."""
    with db.atomic():
        db.execute("REINDEX")
        _fill_full_text(db)
        db.execute("DELETE FROM events_without_vector")
        db.execute(
            "INSERT INTO events_without_vector"
            " SELECT event_id FROM events EXCEPT SELECT event_id FROM vectors"
            " EXCEPT SELECT event_id FROM events_unreadable"
        )


def is_full_text_stale(db: Database) -> bool:
    """Whether the words of events were folded by another version than this one."""
    row = db.execute("SELECT version FROM index_versions WHERE name = 'full_text'").fetchone()
    return row is None or row[0] != FOLDING_VERSION


def refresh_full_text(db: Database) -> None:
    """Rebuild the index of words where another version of folding made it, in one transaction."""
    if is_full_text_stale(db):
        with db.atomic():
            _fill_full_text(db)


def _fill_full_text(db: Database) -> None:
    db.execute("INSERT INTO event_words (event_words) VALUES ('delete-all')")
    db.execute(
        "INSERT INTO event_words (rowid, words)"
        " SELECT event_id, index_words(text) FROM events ORDER BY event_id"
    )
    db.execute("REPLACE INTO index_versions VALUES ('full_text', ?)", [FOLDING_VERSION])
