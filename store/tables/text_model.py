"""Keep which model recognises on-screen text in this library."""

from sqlite_utils import Database


class TextModel:
    """The path of a model that the user named; none is the bundled one."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def get(self) -> str | None:
        """The path, None for the bundled model."""
        row = self._db.execute("SELECT path FROM text_model").fetchone()
        return None if row is None else str(row[0])

    def put(self, path: str | None) -> None:
        """Read with this model from now on; None: the bundled one."""
        with self._db.atomic():
            self._db.execute("DELETE FROM text_model")
            if path is not None:
                self._db.execute("INSERT INTO text_model VALUES (1, ?)", [path])
