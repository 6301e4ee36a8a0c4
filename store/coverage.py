"""Compute the coverage of an answer: which footage was heard, seen and read.

Stages are known by the names below; each video counts once, however often it was copied.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from sqlite_utils import Database

from store.tables.cameras import Cameras
from store.tables.filter_sql import Chosen, chosen, windows
from vidindex.core.timing.recording_gaps import Stretch, gaps, names_wall_clock, stretches_asked
from vidindex.core.timing.wall_clock import at_unix_time, zone_of
from vidindex.types import Coverage, Filters, Gap

SPEECH, CAPTIONS, SCREEN, FRAMES = "speech", "captions", "screen", "frames"


def coverage(db: Database, filters: Filters) -> Coverage:
    """Counts over what the filters allow, channels aside.

    not_heard_s: with sound, but no speech stage done and no event of speech or subtitles;
    silent_s: without any of these.
    not_seen_s, not_read_s: what no finished stage or piece of captions, or of on-screen
    text, covers; of a part of a video at most that part. frames_only_s: the part of not_seen_s
    that frames with vectors stand for. failed: files with a failure in
    any stage, whatever the filters. gaps: see `_gaps`.
    """
    videos = chosen(db, filters)
    searched_s: dict[str, float] = defaultdict(float)
    for video_id, start_s, end_s in windows(filters, videos):
        searched_s[video_id] += end_s - start_s
    undated = {v.video_id for v in videos if v.clock is None} if names_wall_clock(filters) else ()
    places = db.execute("SELECT video_id, status FROM locations").fetchall()
    (failed,) = db.execute("SELECT count(DISTINCT path) FROM failures").fetchone()
    with_sound, spoken = _with_sound(db), _spoken(db)
    unheard = with_sound - spoken - _done(db, SPEECH)
    captioned_s, framed_s = _covered(db, CAPTIONS), _framed(db)
    not_seen_s = _left_out(videos, searched_s, captioned_s)
    return Coverage(
        num_files=sum(video_id in searched_s for video_id, _ in places),
        duration_s=sum(searched_s.values()),
        failed=failed,
        missing=sum(s == "missing" for video_id, s in places if video_id in searched_s),
        not_heard_s=sum(s for video_id, s in searched_s.items() if video_id in unheard),
        silent_s=sum(s for one, s in searched_s.items() if one not in with_sound | spoken),
        not_seen_s=not_seen_s,
        not_read_s=_left_out(videos, searched_s, _covered(db, SCREEN)),
        gaps=tuple(_gaps(db, filters, videos)),
        undated=sum(video_id in undated for video_id, _ in places),
        frames_only_s=not_seen_s - _left_out(videos, searched_s, _longer(captioned_s, framed_s))
        if framed_s
        else 0.0,
    )


def _left_out(
    videos: Sequence[Chosen], searched_s: dict[str, float], covered_s: dict[str, float]
) -> float:
    return sum(
        min(searched_s[v.video_id], max(0.0, v.picture_end_s - covered_s.get(v.video_id, 0.0)))
        for v in videos
        if v.video_id in searched_s
    )


def _gaps(db: Database, filters: Filters, videos: Sequence[Chosen]) -> Iterator[Gap]:
    """Where cameras that the filters allow have no recording, in the hours asked for.

    Without such hours: between the first and the last file of the camera that the filters allow.
    Files that only globs and ids leave out are no gap. In hours that were asked for, a camera
    that the user named and that has no file at all is one gap.
    """
    table = {camera.name: camera for camera in Cameras(db).all()}
    included = _by_camera(videos)
    named = filters.globs or filters.video_ids
    recorded = _by_camera(chosen(db, Filters(cameras=filters.cameras))) if named else included
    expected = () if named else filters.cameras or table
    for name in sorted({*included, *expected}):
        zone = zone_of(table.get(name))
        asked = stretches_asked(filters, zone)
        if not names_wall_clock(filters):
            asked = [_hull(included.get(name, ()))]
        yield from gaps(name, recorded.get(name, ()), [_until_now(one) for one in asked], zone)


def _by_camera(videos: Sequence[Chosen]) -> dict[str, list[tuple[float, float]]]:
    """Start and end, in Unix time, of every file whose camera and hour are known."""
    found: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for video in videos:
        if video.camera and video.clock:
            clock = video.clock
            found[video.camera].append((clock.unix_time(0.0), clock.unix_time(video.duration_s)))
    return found


def _hull(recorded: Sequence[tuple[float, float]]) -> Stretch:
    if not recorded:
        return None, None
    first_s, last_s = min(recorded)[0], max(end_s for _, end_s in recorded)
    return at_unix_time(first_s, UTC), at_unix_time(last_s, UTC)


def _until_now(stretch: Stretch) -> Stretch:
    """Nothing can have been recorded yet of what is to come."""
    since, until = stretch
    return since, min(until, datetime.now(UTC)) if until else None


def _with_sound(db: Database) -> set[str]:
    return {video_id for (video_id,) in db.execute("SELECT video_id FROM videos WHERE has_audio")}


def _spoken(db: Database) -> set[str]:
    """The videos with an event of speech or subtitles."""
    # The index on events starts with the video, so asking per video touches few rows.
    rows = db.execute(
        "SELECT video_id FROM videos v WHERE EXISTS"
        " (SELECT 1 FROM events e WHERE e.video_id = v.video_id AND e.channel = 'speech') OR EXISTS"
        " (SELECT 1 FROM events e WHERE e.video_id = v.video_id AND e.channel = 'subtitle')"
    )
    return {video_id for (video_id,) in rows}


def _done(db: Database, stage: str) -> set[str]:
    rows = db.execute("SELECT video_id FROM work WHERE stage = ?", [stage])
    return {video_id for (video_id,) in rows}


def _framed(db: Database) -> dict[str, float]:
    """Seconds of each video that frames with vectors stand for."""
    rows = db.execute(
        "SELECT video_id, sum(end_s - start_s) FROM frame_vectors GROUP BY video_id"
    ).fetchall()
    return dict(rows)


def _longer(one: dict[str, float], other: dict[str, float]) -> dict[str, float]:
    """The longer of two lengths of each video."""
    return {key: max(one.get(key, 0.0), other.get(key, 0.0)) for key in one | other}


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
