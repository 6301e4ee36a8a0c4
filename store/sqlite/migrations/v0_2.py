"""Changes of the schema since release 0.1; append a step, never edit a released one."""

from sqlite_utils import Database

from store.sqlite.migrations.registry import migrations


@migrations()
def m016_unreadable_events(db: Database) -> None:
    """Events whose text the text model cannot read: they have no vector and await none."""
    db.executescript("""
        CREATE TABLE events_unreadable (
            event_id INTEGER PRIMARY KEY REFERENCES events ON DELETE CASCADE
        );
        CREATE TRIGGER event_unreadable AFTER INSERT ON events_unreadable BEGIN
            DELETE FROM events_without_vector WHERE event_id = new.event_id;
        END;
        CREATE TRIGGER event_readable AFTER DELETE ON events_unreadable BEGIN
            INSERT INTO events_without_vector
                SELECT event_id FROM events WHERE event_id = old.event_id;
        END;
    """)


@migrations()
def m017_folded_words(db: Database) -> None:
    """The words of events arrive folded and split, so the index splits at spaces only.

    It is filled by `consistency.refresh_full_text`, as whenever the version of folding changes.
    """
    db.executescript("""
        DROP TABLE event_words;
        CREATE VIRTUAL TABLE event_words USING fts5 (words, content='', tokenize='ascii');
        CREATE TABLE index_versions (
            name TEXT PRIMARY KEY,
            version INTEGER NOT NULL
        );
    """)


@migrations()
def m018_tombstones(db: Database) -> None:
    """Fingerprints of erased videos: an ingest leaves them out unless asked."""
    db.execute("CREATE TABLE tombstones (video_id TEXT PRIMARY KEY) WITHOUT ROWID")


@migrations()
def m019_staged_vectors(db: Database) -> None:
    """Vectors of another space are made beside those in use, and then take their place.

    deletions_before: the count of vector deletions when the space came into use; files of the
    index that were sealed at a lower count hold vectors of an earlier space. near_lines: from
    which score on an event counts as near, by null queries, whose vectors are kept.
    """
    db.executescript("""
        ALTER TABLE vector_space ADD COLUMN deletions_before INTEGER NOT NULL DEFAULT 0;
        CREATE TABLE staged_space (
            only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
            model TEXT NOT NULL,
            revision TEXT NOT NULL,
            dim INTEGER NOT NULL,
            metric TEXT NOT NULL
        );
        CREATE TABLE staged_vectors (
            vector_id INTEGER PRIMARY KEY AUTOINCREMENT,
            event_id INTEGER NOT NULL UNIQUE REFERENCES events ON DELETE CASCADE,
            vector BLOB NOT NULL
        );
        CREATE TABLE staged_unreadable (
            event_id INTEGER PRIMARY KEY REFERENCES events ON DELETE CASCADE
        );
        CREATE TABLE near_lines (
            space TEXT PRIMARY KEY,
            queries TEXT NOT NULL,
            query_vectors BLOB NOT NULL,
            line REAL NOT NULL,
            num_vectors INTEGER NOT NULL
        );
    """)


@migrations()
def m020_picture_end(db: Database) -> None:
    """Where the pictures of a video end: sound and subtitles may go on after them."""
    db.executescript("""
        ALTER TABLE videos ADD COLUMN picture_end_s REAL NOT NULL DEFAULT 0;
        UPDATE videos SET picture_end_s = duration_s;
    """)


@migrations()
def m021_file_identity(db: Database) -> None:
    """Which file on disk was indexed (device, inode, change in ns), and whether by a link."""
    db.executescript("""
        ALTER TABLE locations ADD COLUMN identity TEXT;
        ALTER TABLE locations ADD COLUMN linked INTEGER NOT NULL DEFAULT 0;
    """)


@migrations()
def m022_median_null_scores(db: Database) -> None:
    """The score that the best match of every other null query reaches."""
    db.execute("ALTER TABLE near_lines ADD COLUMN median REAL NOT NULL DEFAULT -1")


@migrations()
def m023_spoken_words(db: Database) -> None:
    """Speech is transcribed in pieces; its events are sentences whose words have times."""
    db.executescript("""
        CREATE TABLE transcript_pieces (
            video_id TEXT NOT NULL REFERENCES videos ON DELETE CASCADE,
            piece INTEGER NOT NULL,
            key TEXT NOT NULL,
            words TEXT NOT NULL,
            dropped TEXT NOT NULL,
            PRIMARY KEY (video_id, piece)
        ) WITHOUT ROWID;
        CREATE TABLE spoken_words (
            event_id INTEGER PRIMARY KEY REFERENCES events ON DELETE CASCADE,
            words TEXT NOT NULL
        );
    """)


@migrations()
def m024_frame_vectors(db: Database) -> None:
    """Vectors of frames: another space than that of texts, float16, with their spans.

    The index on spans also answers filters, so that these do not read the vectors.
    """
    db.executescript("""
        CREATE TABLE frame_space (
            only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
            model TEXT NOT NULL,
            revision TEXT NOT NULL,
            dim INTEGER NOT NULL,
            metric TEXT NOT NULL,
            deletions_before INTEGER NOT NULL DEFAULT 0
        );
        CREATE TABLE frame_vectors (
            frame_id INTEGER PRIMARY KEY AUTOINCREMENT,
            video_id TEXT NOT NULL REFERENCES videos ON DELETE CASCADE,
            start_s REAL NOT NULL,
            end_s REAL NOT NULL,
            vector BLOB NOT NULL
        );
        CREATE INDEX frame_spans ON frame_vectors (video_id, start_s, end_s);
        CREATE TABLE frame_deletions (
            only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
            count INTEGER NOT NULL
        );
        INSERT INTO frame_deletions VALUES (1, 0);
        CREATE TRIGGER frame_deleted AFTER DELETE ON frame_vectors BEGIN
            UPDATE frame_deletions SET count = count + 1;
        END;
    """)


@migrations()
def m025_camera_speech(db: Database) -> None:
    """Whether the sound of a camera is transcribed; NULL: as each ingest says."""
    db.execute("ALTER TABLE cameras ADD COLUMN speech INTEGER")


@migrations()
def m026_text_read_at_every_look(db: Database) -> None:
    """Text was read at every look (rule 1); that holds all that rule 2 finds, so it stays valid."""
    for table, of_stage in (("work", "stage = 'screen' AND "), ("readings", "")):
        db.execute(
            f"UPDATE {table} SET key = substr(key, 1, length(key) - 1) || '2'"
            f" WHERE {of_stage}key LIKE '%/60/1'"
        )


@migrations()
def m027_text_model(db: Database) -> None:
    """What recognises on-screen text in this library, where it is not the bundled model."""
    db.executescript("""
        CREATE TABLE text_model (
            only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
            path TEXT NOT NULL
        );
    """)
