"""Build the manifest of an evidence package, as data.

`manifest.json` is one JSON object in ASCII, schema `vidindex.core.sampling.activity/1`:

schema, made_at, vidindex (its version)
hits       number, query, rank (in the answer that showed it; 0: named by its times), video_id,
           name, file (in the package, or null), text, channel, source, proxy_of (the video_id
           that its file is a smaller copy of), media_time, further_spans ([[start_s, end_s]]),
           source_timecode, wall_clock, verdict, gaps, derivatives, clip, notes
  media_time       start_s, end_s (presentation time minus the container's start), start, end
  source_timecode  start, end, of_first_frame; null where the file has none
  wall_clock       start, end (ISO 8601 with offset, corrected), of_first_frame (as it was
                   recorded), from (file name, container, user), corrected, camera, zone,
                   offset_s, drift, drift_from; null where no one knows
  verdict          answer (as it was shown), score, mass, probability, standard (verified_at,
                   rejected_at, max_false_alarms, measured: the lines in force when the package
                   was made), evidence (model, prompt, reply, grounding, frame_times_s,
                   frame_size), second_opinion (answer, model, reply, probability)
  gaps             camera, since, until: where it has no recording near the hit
  clip             file (in the package, or null), problem, cut_from (the video_id), start_s,
                   end_s, how, notes; null where no clips were asked for. A derivative: re-encoded
                   from the packed original, its length and its first and last picture checked
                   against it
files      path, kind (original, clip, picture, sheet), size_bytes, sha256
originals  video_id, name, file (its path in `files`, or null), problem, source_path, copies,
           modified_ns, modified_at, and what probing found: duration_s, width, height, ...
coverage   of the whole library, when the package was made

Everything but originals is a derivative. `SHA256SUMS` lists every file, the manifest too, as
`sha256sum -c` reads it.
"""

import json
from collections.abc import Iterable
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from vidindex.core.formatting.time_format import format_time
from vidindex.core.timing.event_timestamps import source_text, wall_text
from vidindex.core.timing.wall_clock import wall_clock
from vidindex.types import Camera, Evidence, Span, Verdict, VideoTimeline
from vidindex.types.package import Original, Package, PackedClip, PackedFile, PackedHit

SCHEMA = "vidindex.core.sampling.activity/1"
MANIFEST, SUMS, SHEET = "manifest.json", "SHA256SUMS", "sheet.html"

CLIP_HOW = "derivative, encoded anew (H.264, AAC)"

Record = dict[str, Any]


def manifest_text(package: Package, files: Iterable[PackedFile]) -> str:
    """The manifest; `files`: all of the package but the manifest itself and its sums."""
    packed = {one.video.video_id: one.file.path for one in package.originals if one.file}
    record = {
        "schema": SCHEMA,
        "made_at": package.made_at.isoformat(),
        "vidindex": package.version,
        "hits": [
            _hit(number, hit, packed.get(hit.hit.video_id))
            for number, hit in enumerate(package.hits, start=1)
        ],
        "files": [asdict(one) for one in files],
        "originals": [_original(one) for one in package.originals],
        "coverage": asdict(package.coverage),
    }
    # ASCII: no character of a name or a caption can hide, reorder or be lost.
    return json.dumps(record, indent=2, allow_nan=False, default=_plain) + "\n"


def sums_text(hashes: Iterable[tuple[str, str]]) -> str:
    """Lines of `sha256sum`, of (path, sha256); no path of a package needs its escapes."""
    return "".join(f"{sha256}  {path}\n" for path, sha256 in hashes)


def _hit(number: int, packed: PackedHit, file: str | None) -> Record:
    hit, moment = packed.hit, packed.pictured.moment
    event = moment.hits[0].event
    return {
        "number": number,
        "query": hit.query.text,
        "rank": hit.rank,
        "video_id": hit.video_id,
        "name": packed.video.name,
        "file": file,
        "proxy_of": packed.original,
        "text": hit.text,
        "channel": event.channel,
        "source": event.source,
        "media_time": {
            "start_s": hit.span.start_s,
            "end_s": hit.span.end_s,
            "start": format_time(hit.span.start_s, 3),
            "end": format_time(hit.span.end_s, 3),
        },
        "further_spans": [[span.start_s, span.end_s] for span in moment.verdict.also],
        "source_timecode": _timecode(packed.video, hit.span),
        "wall_clock": _wall_clock(packed.video, hit.span),
        "verdict": _verdict(packed, moment.verdict),
        "gaps": [asdict(gap) for gap in packed.gaps],
        "derivatives": [one.path for one in packed.files],
        "clip": _clip(packed.clip) if packed.clip else None,
        "notes": list(packed.pictured.notes),
    }


def _clip(packed: PackedClip) -> Record:
    clip = packed.clip
    return {
        "file": packed.file.path if packed.file else None,
        "problem": clip.problem,
        "cut_from": clip.video_id,
        "start_s": clip.span.start_s,
        "end_s": clip.span.end_s,
        "how": CLIP_HOW,
        "notes": list(clip.notes),
    }


def _timecode(video: VideoTimeline, span: Span) -> Record | None:
    first = source_text(video, 0.0)
    if first is None:
        return None
    start, end = source_text(video, span.start_s), source_text(video, span.end_s)
    return {"start": start, "end": end, "of_first_frame": first}


def _wall_clock(video: VideoTimeline, span: Span) -> Record | None:
    info = video.video
    clock = wall_clock(info.recorded_at, info.recorded_at_from, video.camera)
    if clock is None:
        return None
    camera = clock.camera or Camera(video.camera.name if video.camera else info.camera or "")
    return {
        "start": wall_text(video, span.start_s),
        "end": wall_text(video, span.end_s),
        "of_first_frame": clock.recorded_at,
        "from": info.recorded_at_from,
        "corrected": bool(camera.offset_s or camera.drift),
        "camera": camera.name or None,
        "zone": video.camera.zone if video.camera else None,
        "offset_s": camera.offset_s,
        "drift": camera.drift,
        "drift_from": camera.drift_from,
    }


def _verdict(packed: PackedHit, verdict: Verdict) -> Record:
    return {
        "answer": verdict.answer,
        "score": verdict.score,
        "mass": verdict.mass,
        "probability": verdict.probability,
        "standard": asdict(packed.standard) if packed.standard else None,
        "evidence": _evidence(verdict.evidence) if verdict.evidence else None,
        "second_opinion": asdict(verdict.second) if verdict.second else None,
    }


def _evidence(evidence: Evidence) -> Record:
    return {
        "model": evidence.model,
        "prompt": evidence.prompt,
        "reply": evidence.reply,
        "grounding": evidence.grounding,
        "frame_times_s": list(evidence.frame_times_s),
        "frame_size": evidence.size,
    }


def _original(one: Original) -> Record:
    modified = None
    if one.mtime_ns is not None:
        modified = datetime.fromtimestamp(one.mtime_ns / 1e9, UTC).isoformat()
    return {
        "video_id": one.video.video_id,
        "name": one.name,
        "file": one.file.path if one.file else None,
        "problem": one.problem,
        "source_path": str(one.source) if one.source else None,
        "copies": [str(path) for path in one.copies],
        "modified_ns": one.mtime_ns,
        "modified_at": modified,
        **asdict(one.video),
    }


def _plain(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(f"{value!r} has no place in a manifest")
