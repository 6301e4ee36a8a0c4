"""Collect the record of a hit: verdict, frames, clocks and recording gaps."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, timedelta

from pipelines.cameras import camera_of, wall_clock_of
from pipelines.hit_pictures import Pictures
from pipelines.recordings import originals
from pipelines.search.retrieval import clock_hits
from pipelines.search.verify_caption import judge_named
from store.library import Library
from vidindex.core.prompts import QWEN25_VL, PromptProfile
from vidindex.core.replies.reasoning import REASONING_YES_NO
from vidindex.core.retrieval.query_rewrite import as_caption
from vidindex.core.retrieval.verification import RULE
from vidindex.core.timing.wall_clock import at_unix_time
from vidindex.errors import InputError
from vidindex.ports import Decoder
from vidindex.types import (
    Event,
    Filters,
    Gap,
    Hit,
    Moment,
    Opinion,
    SavedHit,
    Standard,
    Verdict,
    VideoTimeline,
)
from vidindex.types.package import PackedHit

AROUND = timedelta(hours=1)
"""How far before and after a hit its camera's gaps are reported."""

NO_EVENT = "the event that it was found by has gone from the library"
NO_VERDICT = "the verdict that it was shown with is not in the library"


@dataclass(slots=True)
class HitRecorder:
    """Looks hits up in one library; decodes their pictures, asks no model."""

    library: Library
    decoder: Decoder
    profile: PromptProfile = QWEN25_VL
    _originals: dict[str, str] = field(init=False)

    def __post_init__(self) -> None:
        self._originals = originals(self.library)

    def record(self, hit: SavedHit) -> PackedHit:
        """The hit with all that is known; what is not known is noted."""
        video = self._video(hit.video_id)
        event, verdict = self._event(hit), self._verdict(hit)
        standard = RULE if verdict.mass is not None else None
        if standard and verdict.evidence:
            verdict, standard = self._by_calibration(verdict, verdict.evidence.model)
        moment = _moment(hit, video, event or _named_by_hand(hit), verdict)
        pictures = Pictures(self.library, self.decoder)
        pictured = pictures.with_strip(pictures.found(moment))
        notes = [*pictured.notes]
        if hit.rank and event is None:
            notes.append(NO_EVENT)
        if hit.answer != "unchecked" and verdict.evidence is None:
            notes.append(NO_VERDICT)
        return PackedHit(
            hit=hit,
            pictured=replace(pictured, notes=tuple(notes)),
            video=video,
            standard=standard,
            gaps=self._gaps(hit),
            original=self._originals.get(hit.video_id),
        )

    def _video(self, video_id: str) -> VideoTimeline:
        """The file without events, with the camera whose clock it was recorded by."""
        video = self.library.videos.get(video_id)
        if video is None:
            raise InputError(f"no video {video_id!r} in the library", "see: vidindex list")
        camera = camera_of(self.library, video_id)
        return VideoTimeline(
            replace(video, camera=camera),
            self.library.videos.name(video_id),
            events=(),
            camera=self.library.cameras.get(camera) if camera else None,
        )

    def _event(self, hit: SavedHit) -> Event | None:
        """The event that the hit was found by: the one of its words that shares most of it."""
        if not hit.rank:
            return None
        events = self.library.events.of_video(hit.video_id)
        same = [e for e in events if e.text == hit.text and e.span.overlap(hit.span)]
        same += [
            one.event
            for one in clock_hits(self.library, hit.query)
            if one.event.video_id == hit.video_id and one.event.span.overlap(hit.span)
        ]
        return max(same, key=lambda event: event.span.overlap(hit.span), default=None)

    def _verdict(self, hit: SavedHit) -> Verdict:
        """The verdict with the evidence for it, and the second opinion, where one was asked."""
        shown = Verdict(hit.answer, hit.score, hit.span)
        if not hit.query.text:
            return shown
        given = self.library.verdicts.of_video(hit.video_id, hit.query.text)
        on_it = [verdict for verdict in given if verdict.span == hit.span]
        reasoning = REASONING_YES_NO.format(query=as_caption(hit.query.text))
        second = [v for v in on_it if v.evidence and v.evidence.prompt == reasoning]
        first = [v for v in on_it if v not in second and v.score == hit.score]
        if not first:
            return shown
        return replace(first[0], answer=hit.answer, second=_opinion(second))

    def _by_calibration(self, verdict: Verdict, model: str) -> tuple[Verdict, Standard]:
        """The verdict with its probability, and the lines in force, as far as measured."""
        judge = judge_named(model, self.profile)
        calibration = self.library.calibrations.get(judge)
        if calibration is None or verdict.score is None:
            return verdict, RULE
        standard = calibration.standard(calibration.measured_at, "standard")
        curve = calibration.curve
        return replace(verdict, probability=curve(verdict.score) if curve else None), standard

    def _gaps(self, hit: SavedHit) -> tuple[Gap, ...]:
        """Where the camera has no recording within AROUND of the hit."""
        clock = wall_clock_of(self.library, hit.video_id)
        camera = camera_of(self.library, hit.video_id)
        if clock is None or camera is None:
            return ()
        since = at_unix_time(clock.unix_time(hit.span.start_s), UTC) - AROUND
        until = at_unix_time(clock.unix_time(hit.span.end_s), UTC) + AROUND
        return self.library.coverage(Filters(cameras=(camera,), since=since, until=until)).gaps


def _opinion(verdicts: Sequence[Verdict]) -> Opinion | None:
    """The last conclusion of a reasoning model, without a probability."""
    for verdict in verdicts:
        if verdict.evidence:
            return Opinion(verdict.answer, verdict.evidence.model, verdict.evidence.reply)
    return None


def _named_by_hand(hit: SavedHit) -> Event:
    return Event(hit.video_id, hit.span, hit.text, "mark", "named by its times")


def _moment(hit: SavedHit, video: VideoTimeline, event: Event, verdict: Verdict) -> Moment:
    """The hit as a search shows it, as far as that was kept."""
    return Moment(
        video_id=hit.video_id,
        path=video.name,
        span=hit.span,
        text=hit.text or "a stretch named by its times",
        score=0.0,
        hits=(Hit(event, 0.0, ()),),
        verdict=verdict,
    )
