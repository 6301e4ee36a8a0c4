"""Detect which files form one recording, and which are proxies.

A recording is what a camera took in one go: chapters of one clip that the card's
file system forced apart, or the segments of a recorder whose ends meet. Every video
belongs to exactly one recording, most of them to one of their own.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import islice
from pathlib import PurePath

from vidindex.types import Recording, VideoInfo

_CHAPTERS = (
    # GoPro HERO6 and later: GX010034, GX020034; before: GOPR0034, GP010034.
    re.compile(r"(?P<make>G[HXSL])(?P<chapter>\d\d)(?P<clip>\d{4})", re.IGNORECASE),
    re.compile(r"(?P<make>G)(?:OPR|P(?P<chapter>\d\d))(?P<clip>\d{4})", re.IGNORECASE),
)
_DATE_FOLDER = re.compile(r"[\d\-_.]+(?:[AP]M)?")
_PROXY_ENDING = re.compile(r"[-_ .]?proxy$|(?<=\d)S\d\d$", re.IGNORECASE)  # S03: Sony XAVC
_GOPRO_PROXY = re.compile(r"GL\d{6}", re.IGNORECASE)
_PROXY_SUFFIXES = (".lrv", ".lrf")
_PROXY_FOLDER = re.compile(r"prox(?:y|ies)|sub", re.IGNORECASE)
_MAX_PROXY_FRAMES_APART = 2


@dataclass(frozen=True, slots=True)
class FiledVideo:
    """A probed video and its path."""

    video: VideoInfo
    path: PurePath


def group(files: Iterable[FiledVideo], tolerance_s: float = 2.0) -> list[Recording]:
    """Recordings in order of path; numbered from 1, which the library may change.

    Chapters follow by number. Files of one camera follow where one starts within
    `tolerance_s` of the end of the one before. Copies of a video count once.
    """
    lines: dict[tuple[object, ...], list[FiledVideo]] = defaultdict(list)
    for file in _each_video_once(files):
        lines[_line(file)].append(file)
    runs = [run for line in lines.values() for run in _runs(line, tolerance_s)]
    runs.sort(key=lambda run: (run[0].path, run[0].video.video_id))
    return [_recording(number, run) for number, run in enumerate(runs, start=1)]


def _each_video_once(files: Iterable[FiledVideo]) -> Iterable[FiledVideo]:
    by_path = sorted(files, key=lambda file: file.path, reverse=True)
    return {file.video.video_id: file for file in by_path}.values()


def _chapter(path: PurePath) -> tuple[str, int] | None:
    """(clip, chapter number) of a spanned clip's file, or None."""
    for form in _CHAPTERS:
        if match := form.fullmatch(path.stem):
            return match["make"].upper() + match["clip"], int(match["chapter"] or 0)
    return None


def _line(file: FiledVideo) -> tuple[object, ...]:
    """What files must share to follow each other at all."""
    video = file.video
    look = (video.codec, video.width, video.height)
    if chapter := _chapter(file.path):
        return ("chapters", file.path.parent, chapter[0], *look)
    if video.recorded_at is None:
        return ("alone", video.video_id)
    # Recorders begin a folder each day or hour: such folders are the same place.
    folder = tuple(part for part in file.path.parent.parts if not _DATE_FOLDER.fullmatch(part))
    return ("clock", video.camera, folder, *look)


def _runs(line: Sequence[FiledVideo], tolerance_s: float) -> list[list[FiledVideo]]:
    runs: list[list[FiledVideo]] = []
    for file in sorted(line, key=_order):
        if runs and _follows(runs[-1][-1], file, tolerance_s):
            runs[-1].append(file)
        else:
            runs.append([file])
    return runs


def _order(file: FiledVideo) -> tuple[int, datetime, PurePath]:
    chapter = _chapter(file.path)
    started_at = file.video.recorded_at or datetime.min.replace(tzinfo=UTC)
    return (chapter[1] if chapter else 0, started_at, file.path)


def _follows(before: FiledVideo, after: FiledVideo, tolerance_s: float) -> bool:
    first, second = _chapter(before.path), _chapter(after.path)
    if first and second:
        return second[1] == first[1] + 1
    began, begins = before.video.recorded_at, after.video.recorded_at
    if began is None or begins is None:
        return False
    gap_s = (begins.astimezone(UTC) - began.astimezone(UTC)).total_seconds()
    return abs(gap_s - before.video.duration_s) <= tolerance_s


def _recording(number: int, run: Sequence[FiledVideo]) -> Recording:
    first = run[0].video
    return Recording(
        recording_id=number,
        camera=first.camera,
        video_ids=tuple(file.video.video_id for file in run),
        started_at=first.recorded_at,
    )


def pair_proxies(files: Iterable[FiledVideo]) -> dict[str, str]:
    """Proxy video_id -> original video_id.

    The two share the stem (without what marks a proxy), the source timecode where
    both have one, and the duration within two frames; the proxy is the smaller
    picture. Without a timecode the name or folder must say proxy. A proxy that fits
    several originals is paired with none.
    """
    by_stem: dict[str, list[FiledVideo]] = defaultdict(list)
    for file in _each_video_once(files):
        by_stem[_bare_stem(file.path)].append(file)
    pairs = {}
    for family in by_stem.values():
        for proxy in filter(_may_be_proxy, family):
            # Recorders call thousands of files alike; a second original settles it.
            originals = list(islice((file for file in family if _is_proxy_of(proxy, file)), 2))
            if len(originals) == 1:
                pairs[proxy.video.video_id] = originals[0].video.video_id
    return pairs


def _bare_stem(path: PurePath) -> str:
    """GL010034, GX010034 and GX010034_proxy are one clip; so are C0001S03 and C0001."""
    return re.sub(r"^G[HXL](?=\d{6}$)", "G", _PROXY_ENDING.sub("", path.stem).upper())


def _may_be_proxy(file: FiledVideo) -> bool:
    return bool(file.video.timecode_start) or _says_proxy(file.path)


def _is_proxy_of(proxy: FiledVideo, original: FiledVideo) -> bool:
    small, large = proxy.video, original.video
    if small.width * small.height >= large.width * large.height:
        return False
    apart_s = abs(small.duration_s - large.duration_s)
    if apart_s > _MAX_PROXY_FRAMES_APART * large.frame_s:
        return False
    if small.timecode_start and large.timecode_start:
        return small.timecode_start == large.timecode_start
    return _says_proxy(proxy.path)


def _says_proxy(path: PurePath) -> bool:
    return bool(
        _PROXY_ENDING.search(path.stem)
        or _GOPRO_PROXY.fullmatch(path.stem)
        or path.suffix.lower() in _PROXY_SUFFIXES
        or any(_PROXY_FOLDER.fullmatch(part) for part in path.parent.parts)
    )


def mark_proxies(recordings: Sequence[Recording], pairs: Mapping[str, str]) -> list[Recording]:
    """The recordings, those made of proxies naming the recording of the same originals."""
    of_videos = {recording.video_ids: recording.recording_id for recording in recordings}
    return [
        replace(recording, proxy_of=of_videos.get(_originals(recording, pairs)))
        for recording in recordings
    ]


def _originals(recording: Recording, pairs: Mapping[str, str]) -> tuple[str, ...]:
    """The originals of its videos, in order; fewer where one is not a proxy."""
    return tuple(pairs[video_id] for video_id in recording.video_ids if video_id in pairs)
