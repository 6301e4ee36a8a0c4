"""What an answer rests on: what of the footage was heard, seen and read, and what was not.

Stages are known by the names below; each video counts once, however often it was copied.
"""

from sqlite_utils import Database

from store.selection import windows
from vidindex.types import Coverage, Filters

SPEECH, CAPTIONS, SCREEN = "speech", "captions", "screen"


def coverage(db: Database, filters: Filters) -> Coverage:
    """Counts over the videos that the filters' globs, cameras and days let in.

    not_heard_s: with sound, but no speech stage done and no event of speech or subtitles.
    not_seen_s, not_read_s: what no finished stage or piece of captions, or of on-screen
    text, covers. failed: files with a failure in any stage, whatever the filters.
    """
    chosen = None
    if filters.globs or filters.cameras or filters.days:
        chosen = {video_id for video_id, _, _ in windows(db, filters)}
    heard, seen, read = _heard(db), _covered(db, CAPTIONS), _covered(db, SCREEN)
    rows = db.execute("SELECT video_id, duration_s, has_audio FROM videos").fetchall()
    videos = [row for row in rows if chosen is None or row[0] in chosen]
    places = db.execute("SELECT video_id, status FROM locations").fetchall()
    places = [row for row in places if chosen is None or row[0] in chosen]
    (failed,) = db.execute("SELECT count(DISTINCT path) FROM failures").fetchone()
    return Coverage(
        num_files=len(places),
        duration_s=sum(duration_s for _, duration_s, _ in videos),
        failed=failed,
        missing=sum(status == "missing" for _, status in places),
        not_heard_s=sum(d for video_id, d, audio in videos if audio and video_id not in heard),
        not_seen_s=sum(max(0.0, d - seen.get(video_id, 0.0)) for video_id, d, _ in videos),
        not_read_s=sum(max(0.0, d - read.get(video_id, 0.0)) for video_id, d, _ in videos),
    )


def _heard(db: Database) -> set[str]:
    # The index on events starts with the video, so asking per video touches few rows.
    rows = db.execute(
        "SELECT video_id FROM work WHERE stage = ? UNION SELECT video_id FROM videos v WHERE EXISTS"
        " (SELECT 1 FROM events e WHERE e.video_id = v.video_id AND e.channel = 'speech') OR EXISTS"
        " (SELECT 1 FROM events e WHERE e.video_id = v.video_id AND e.channel = 'subtitle')",
        [SPEECH],
    )
    return {video_id for (video_id,) in rows}


def _covered(db: Database, stage: str) -> dict[str, float]:
    """Seconds of each video that the stage is done for, wholly or in pieces."""
    pieces = db.execute(
        "SELECT video_id, sum(duration_s) FROM work_pieces WHERE stage = ? GROUP BY video_id",
        [stage],
    ).fetchall()
    whole = db.execute(
        "SELECT video_id, duration_s FROM work JOIN videos USING (video_id) WHERE stage = ?",
        [stage],
    ).fetchall()
    return dict(pieces) | dict(whole)
