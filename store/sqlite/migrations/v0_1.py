"""The schema of release 0.1, step by step; never edit a released step."""

from sqlite_utils import Database

from store.sqlite.migrations.registry import migrations


@migrations()
def m001_videos(db: Database) -> None:
    """What was found on disk, and what could not be used."""
    db.executescript("""
        CREATE TABLE videos (
            video_id TEXT PRIMARY KEY,
            duration_s REAL NOT NULL,
            has_audio INTEGER NOT NULL,
            recorded_at TEXT,
            camera TEXT,
            info TEXT NOT NULL
        );
        CREATE TABLE locations (
            path TEXT PRIMARY KEY,
            video_id TEXT NOT NULL REFERENCES videos ON DELETE CASCADE,
            root TEXT NOT NULL,
            mtime_ns INTEGER NOT NULL,
            size_bytes INTEGER NOT NULL,
            status TEXT NOT NULL
        );
        CREATE INDEX locations_of_video ON locations (video_id);
        CREATE TABLE failures (
            path TEXT NOT NULL,
            stage TEXT NOT NULL,
            root TEXT NOT NULL,
            mtime_ns INTEGER NOT NULL,
            size_bytes INTEGER NOT NULL,
            message TEXT NOT NULL,
            PRIMARY KEY (path, stage)
        );
    """)


@migrations()
def m002_recordings(db: Database) -> None:
    """Who recorded, and which files are one recording."""
    db.executescript("""
        CREATE TABLE cameras (
            name TEXT PRIMARY KEY,
            pattern TEXT,
            zone TEXT,
            offset_s REAL NOT NULL,
            drift REAL NOT NULL
        );
        CREATE TABLE recordings (
            recording_id INTEGER PRIMARY KEY,
            camera TEXT,
            started_at TEXT,
            proxy_of INTEGER REFERENCES recordings ON DELETE SET NULL
        );
        CREATE TABLE recording_files (
            video_id TEXT PRIMARY KEY REFERENCES videos ON DELETE CASCADE,
            recording_id INTEGER NOT NULL REFERENCES recordings ON DELETE CASCADE,
            position INTEGER NOT NULL
        );
        CREATE INDEX files_of_recording ON recording_files (recording_id, position);
        CREATE TRIGGER recording_emptied AFTER DELETE ON recording_files BEGIN
            DELETE FROM recordings WHERE recording_id = old.recording_id AND NOT EXISTS (
                SELECT 1 FROM recording_files WHERE recording_id = old.recording_id
            );
        END;
    """)


@migrations()
def m003_work(db: Database) -> None:
    """What is done, so that no work is done twice."""
    db.executescript("""
        CREATE TABLE work (
            video_id TEXT NOT NULL REFERENCES videos ON DELETE CASCADE,
            stage TEXT NOT NULL,
            key TEXT NOT NULL,
            note TEXT NOT NULL,
            finished_at TEXT NOT NULL,
            PRIMARY KEY (video_id, stage)
        );
        CREATE TABLE work_pieces (
            video_id TEXT NOT NULL REFERENCES videos ON DELETE CASCADE,
            stage TEXT NOT NULL,
            piece INTEGER NOT NULL,
            key TEXT NOT NULL,
            duration_s REAL NOT NULL,
            PRIMARY KEY (video_id, stage, piece)
        );
        CREATE TABLE plans (
            video_id TEXT PRIMARY KEY REFERENCES videos ON DELETE CASCADE,
            plan TEXT NOT NULL
        );
        CREATE TABLE readings (
            video_id TEXT NOT NULL REFERENCES videos ON DELETE CASCADE,
            segment INTEGER NOT NULL,
            key TEXT NOT NULL,
            rows TEXT NOT NULL,
            PRIMARY KEY (video_id, segment)
        );
    """)


@migrations()
def m004_events(db: Database) -> None:
    """The index itself, and its words. AUTOINCREMENT: an id never comes back as another event."""
    db.executescript("""
        CREATE TABLE events (
            event_id INTEGER PRIMARY KEY AUTOINCREMENT,
            video_id TEXT NOT NULL REFERENCES videos ON DELETE CASCADE,
            start_s REAL NOT NULL,
            end_s REAL NOT NULL,
            channel TEXT NOT NULL,
            source TEXT NOT NULL,
            text TEXT NOT NULL,
            continued_by INTEGER REFERENCES events ON DELETE SET NULL
        );
        CREATE INDEX events_continued ON events (continued_by) WHERE continued_by IS NOT NULL;
        CREATE INDEX events_of_video ON events (video_id, channel, start_s);
        CREATE VIRTUAL TABLE event_words USING fts5 (
            words, content='', tokenize="unicode61 remove_diacritics 2"
        );
        CREATE TRIGGER event_added AFTER INSERT ON events BEGIN
            INSERT INTO event_words (rowid, words) VALUES (new.event_id, index_words(new.text));
        END;
        CREATE TRIGGER event_deleted AFTER DELETE ON events BEGIN
            INSERT INTO event_words (event_words, rowid, words)
                VALUES ('delete', old.event_id, index_words(old.text));
        END;
        CREATE TABLE clocks (
            track_id INTEGER PRIMARY KEY AUTOINCREMENT,
            video_id TEXT NOT NULL REFERENCES videos ON DELETE CASCADE,
            start_s REAL NOT NULL,
            end_s REAL NOT NULL,
            value_at_start_s REAL NOT NULL,
            rate REAL NOT NULL,
            style TEXT NOT NULL,
            template TEXT NOT NULL,
            resolution_s REAL NOT NULL,
            source TEXT NOT NULL
        );
        CREATE INDEX clocks_of_video ON clocks (video_id, start_s);
    """)


@migrations()
def m005_vectors(db: Database) -> None:
    """Vectors of events. A vector is never changed: the last id given and the number of
    deletions together say which state of the table a copy was made of."""
    db.executescript("""
        CREATE TABLE vector_space (
            only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
            model TEXT NOT NULL,
            revision TEXT NOT NULL,
            dim INTEGER NOT NULL,
            metric TEXT NOT NULL
        );
        CREATE TABLE vectors (
            vector_id INTEGER PRIMARY KEY AUTOINCREMENT,
            event_id INTEGER NOT NULL UNIQUE REFERENCES events ON DELETE CASCADE,
            vector BLOB NOT NULL
        );
        CREATE TABLE vector_deletions (
            only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
            count INTEGER NOT NULL
        );
        INSERT INTO vector_deletions VALUES (1, 0);
        CREATE TABLE events_without_vector (
            event_id INTEGER PRIMARY KEY REFERENCES events ON DELETE CASCADE
        );
        CREATE TRIGGER event_awaits_vector AFTER INSERT ON events BEGIN
            INSERT INTO events_without_vector VALUES (new.event_id);
        END;
        CREATE TRIGGER vector_added AFTER INSERT ON vectors BEGIN
            DELETE FROM events_without_vector WHERE event_id = new.event_id;
        END;
        CREATE TRIGGER vector_deleted AFTER DELETE ON vectors BEGIN
            UPDATE vector_deletions SET count = count + 1;
            INSERT INTO events_without_vector
                SELECT event_id FROM events WHERE event_id = old.event_id;
        END;
    """)


@migrations()
def m006_replies(db: Database) -> None:
    """Replies of models, and their parsed meaning."""
    db.executescript("""
        CREATE TABLE replies (
            key TEXT PRIMARY KEY,
            video_id TEXT NOT NULL REFERENCES videos ON DELETE CASCADE,
            kind TEXT NOT NULL,
            prompt TEXT NOT NULL,
            model TEXT NOT NULL,
            frame_times_s TEXT NOT NULL,
            reply TEXT NOT NULL
        );
        CREATE INDEX replies_of_video ON replies (video_id);
        CREATE TABLE verdicts (
            key TEXT PRIMARY KEY,
            video_id TEXT NOT NULL REFERENCES videos ON DELETE CASCADE,
            query TEXT NOT NULL,
            verdict TEXT NOT NULL
        );
        CREATE INDEX verdicts_of_video ON verdicts (video_id);
    """)


@migrations()
def m007_runs(db: Database) -> None:
    """Which commands were run, and what came of them."""
    db.executescript("""
        CREATE TABLE runs (
            run_id INTEGER PRIMARY KEY,
            command TEXT NOT NULL,
            settings TEXT NOT NULL,
            started_at TEXT NOT NULL,
            finished_at TEXT,
            counts TEXT NOT NULL DEFAULT '{}',
            seconds TEXT NOT NULL DEFAULT '{}'
        );
    """)


@migrations()
def m008_camera_clocks(db: Database) -> None:
    """A drift counts from when the camera's clock was last set."""
    db.executescript("ALTER TABLE cameras ADD COLUMN drift_from TEXT;")


@migrations()
def m009_marks(db: Database) -> None:
    """People's marks on hits."""
    db.executescript("""
        CREATE TABLE marks (
            mark_id INTEGER PRIMARY KEY AUTOINCREMENT,
            video_id TEXT NOT NULL REFERENCES videos ON DELETE CASCADE,
            query TEXT NOT NULL,
            start_s REAL NOT NULL,
            end_s REAL NOT NULL,
            answer TEXT NOT NULL,
            note TEXT NOT NULL,
            label_set TEXT NOT NULL,
            made_at TEXT NOT NULL
        );
        CREATE INDEX marks_of_video ON marks (video_id);
        CREATE INDEX marks_of_set ON marks (label_set);
    """)


@migrations()
def m010_searches(db: Database) -> None:
    """The latest answers, so that people can say "the second one"."""
    db.executescript("""
        CREATE TABLE searches (
            search_id INTEGER PRIMARY KEY AUTOINCREMENT,
            query TEXT NOT NULL,
            asked_at TEXT NOT NULL
        );
        CREATE TABLE search_hits (
            search_id INTEGER NOT NULL REFERENCES searches ON DELETE CASCADE,
            rank INTEGER NOT NULL,
            video_id TEXT NOT NULL REFERENCES videos ON DELETE CASCADE,
            start_s REAL NOT NULL,
            end_s REAL NOT NULL,
            text TEXT NOT NULL,
            answer TEXT NOT NULL,
            score REAL,
            PRIMARY KEY (search_id, rank)
        );
        CREATE INDEX search_hits_of_video ON search_hits (video_id);
    """)


@migrations()
def m011_calibrations(db: Database) -> None:
    """What the scores of a model are worth, by what was measured; judge: model, prompts, frames."""
    db.executescript("""
        CREATE TABLE calibrations (
            judge TEXT PRIMARY KEY,
            calibration TEXT NOT NULL,
            made_at TEXT NOT NULL
        );
    """)


@migrations()
def m012_search_words(db: Database) -> None:
    """The words of an answer go with the last of its hits."""
    db.executescript("""
        CREATE TRIGGER search_emptied AFTER DELETE ON search_hits BEGIN
            UPDATE searches SET query = '' WHERE search_id = old.search_id AND NOT EXISTS (
                SELECT 1 FROM search_hits WHERE search_id = old.search_id
            );
        END;
    """)


@migrations()
def m013_holds(db: Database) -> None:
    """Videos that must not be erased. No cascade: deleting a held one raises.

    A file that is edited passes its place to the new content; the old one, if held, stays, and
    keeps its name as a place that is missing.
    """
    db.executescript("""
        CREATE TABLE holds (
            video_id TEXT PRIMARY KEY REFERENCES videos,
            reason TEXT NOT NULL,
            held_at TEXT NOT NULL,
            held_by TEXT NOT NULL
        );
        CREATE TRIGGER held_place_taken BEFORE INSERT ON locations
        WHEN EXISTS (
            SELECT 1 FROM locations JOIN holds USING (video_id)
            WHERE path = new.path AND video_id <> new.video_id
        ) BEGIN
            UPDATE locations SET status = 'missing',
                path = path || ' (held ' || substr(video_id, 1, 8) || ')'
            WHERE path = new.path;
        END;
    """)


@migrations()
def m014_run_figures(db: Database) -> None:
    """How the calls of a run went; and what was asked of a model whose reply is not kept yet."""
    db.executescript("""
        ALTER TABLE runs ADD COLUMN figures TEXT NOT NULL DEFAULT '{}';
        CREATE TABLE asked (
            key TEXT PRIMARY KEY,
            video_id TEXT NOT NULL REFERENCES videos ON DELETE CASCADE
        ) WITHOUT ROWID;
        CREATE INDEX asked_of_video ON asked (video_id);
    """)


@migrations()
def m015_alerts(db: Database) -> None:
    """Standing searches of watched folders; search: a digest of the words."""
    db.executescript("""
        CREATE TABLE standing_searches (search TEXT PRIMARY KEY);
        CREATE TABLE standing_videos (
            search TEXT NOT NULL REFERENCES standing_searches ON DELETE CASCADE,
            video_id TEXT NOT NULL REFERENCES videos ON DELETE CASCADE,
            PRIMARY KEY (search, video_id)
        );
        CREATE INDEX standing_of_video ON standing_videos (video_id);
        CREATE TABLE alerts (
            alert_id INTEGER PRIMARY KEY AUTOINCREMENT,
            search TEXT NOT NULL REFERENCES standing_searches ON DELETE CASCADE,
            video_id TEXT NOT NULL REFERENCES videos ON DELETE CASCADE,
            facts TEXT NOT NULL,
            attempts INTEGER NOT NULL DEFAULT 0,
            told INTEGER NOT NULL DEFAULT 0
        );
        CREATE INDEX alerts_of_video ON alerts (video_id);
        CREATE INDEX alerts_due ON alerts (search) WHERE NOT told;
    """)
