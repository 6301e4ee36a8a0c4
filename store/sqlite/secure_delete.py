"""Erase the traces of a deleted video.

Its words may be in questions, which were asked of other videos too, and in the recorded arguments
of runs. SQLite overwrites what it deletes (secure_delete), but not the copies that it makes when it
moves rows to another page: those stay in unused space until the file is rewritten.
"""

import json
import sqlite3
from collections.abc import Sequence
from fnmatch import fnmatch
from typing import Any

from sqlite_utils import Database

from store.sqlite.encoding import dump
from vidindex.core.retrieval.tokens import query_terms

REMOVED = "(removed)"
_NAMING = ("paths", "first")
"""The settings of a run that name files and folders, and globs over them."""


def questions_about(db: Database, video_ids: Sequence[str]) -> list[str]:
    """Questions that hold a word of these videos' texts which is in no other video's."""
    rows = db.execute("SELECT query FROM verdicts UNION SELECT query FROM searches").fetchall()
    terms = {query: query_terms(query) for (query,) in rows}
    gone = json.dumps(list(video_ids))
    own = {term for term in {t for ts in terms.values() for t in ts} if _is_only_of(db, term, gone)}
    return [query for query in terms if own.intersection(terms[query])]


def _is_only_of(db: Database, term: str, video_ids: str) -> bool:
    """Whether the word is in texts of these videos (a JSON array) and nowhere else."""
    inside, outside = db.execute(
        "SELECT max(gone), max(NOT gone) FROM (SELECT video_id IN (SELECT value FROM json_each(?))"
        " AS gone FROM event_words CROSS JOIN events ON event_id = event_words.rowid"
        " WHERE event_words MATCH ?)",
        [video_ids, term],
    ).fetchone()
    return bool(inside) and not outside


def forget_questions(db: Database, questions: Sequence[str]) -> None:
    """Drop the verdicts on these questions, for all videos, and blank their words.

    Verdicts can be given again. Of answers without hits the words say nothing, and go too.
    """
    asked = [json.dumps(list(questions))]
    among = "query IN (SELECT value FROM json_each(?))"
    db.execute(f"DELETE FROM verdicts WHERE {among}", asked)
    db.execute(
        f"UPDATE searches SET query = '' WHERE {among}"
        " OR search_id NOT IN (SELECT search_id FROM search_hits)",
        asked,
    )


def forget_names(db: Database) -> None:
    """Blank folders and globs in the settings of runs, where nothing left fits them."""
    runs = [
        (run_id, json.loads(text))
        for run_id, text in db.execute("SELECT run_id, settings FROM runs")
    ]
    names = {name for _, settings in runs for key in _NAMING for name in settings.get(key, ())}
    left = _left(db)
    gone = {name for name in names - {REMOVED} if not _names_any(name, left)}
    with db.atomic():
        for run_id, settings in runs:
            kept = {key: _without(gone, key, value) for key, value in settings.items()}
            if kept != settings:
                db.execute("UPDATE runs SET settings = ? WHERE run_id = ?", [dump(kept), run_id])


def _left(db: Database) -> list[str]:
    """The paths of all files of the library."""
    rows = db.execute("SELECT path FROM locations UNION SELECT path FROM failures")
    return [path for (path,) in rows]


def _names_any(name: str, paths: list[str]) -> bool:
    """Whether one of the paths is this file, is below this folder, or fits this glob."""
    below = (f"{name.rstrip('/')}/", f"{name.rstrip(chr(92))}{chr(92)}")
    return any(
        path == name or path.startswith(below) or fnmatch(path, f"*{name}") for path in paths
    )


def _without(gone: set[str], key: str, value: Any) -> Any:
    return [REMOVED if name in gone else name for name in value] if key in _NAMING else value


def rewrite(db: Database) -> bool:
    """Rewrite the database file without unused space; False where that cannot be done now.

    It takes as much room again, on the disk for temporary files and in the log.
    """
    try:
        # In memory, as temporary tables are otherwise, a large library would not fit.
        db.execute("PRAGMA temp_store = FILE")
        db.execute("VACUUM")
    except sqlite3.OperationalError:
        return False
    finally:
        db.execute("PRAGMA temp_store = MEMORY")
    return True
