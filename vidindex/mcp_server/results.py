"""Convert results of `app` to results of the protocol."""

from collections.abc import Sequence
from datetime import datetime

from vidindex.app import ListedVideo
from vidindex.core.answering.answers import Answer
from vidindex.core.answering.citations import Citation
from vidindex.core.formatting.terminal import coverage_line
from vidindex.mcp_server import schemas as wire
from vidindex.types import Conclusion, Coverage, Event, Frame, Moment, SearchResult, Span
from vidindex.types.clip import Clip

MAX_CITATIONS = 50


def found(result: SearchResult) -> wire.Found:
    """A search result."""
    answers = [moment.verdict.answer for moment in result.moments]
    counts = ", ".join(f"{answers.count(one)} {one}" for one in dict.fromkeys(answers))
    moments = "1 moment" if len(answers) == 1 else f"{len(answers)} moments"
    return wire.Found(
        searched_for=result.query.title,
        answer=f"{moments}: {counts}" if answers else result.conclusion.kind,
        conclusion=_concluded(result.conclusion),
        rests_on=coverage_line(result.coverage),
        measured=result.standard.measured,
        moments=[_moment(moment) for moment in result.moments],
        rejected=len(result.rejected),
        coverage=_coverage(result.coverage),
        notes=list(result.notes),
    )


def answered(answer: Answer) -> wire.Answered:
    """An answer to a question."""
    return wire.Answered(
        looked_for=answer.asked.looked_for,
        verdict=answer.verdict,
        lacking=answer.lacking,
        sentences=[
            wire.SaidSentence(text=one.text, cites=list(one.cites)) for one in answer.sentences
        ],
        citations=[_cited(one) for one in answer.citations[:MAX_CITATIONS]],
        citations_left_out=max(0, len(answer.citations) - MAX_CITATIONS),
        rests_on=answer.basis,
        coverage=_coverage(answer.coverage),
        notes=list(answer.notes),
        conclusion=_concluded(answer.conclusion),
    )


def timeline(
    entry: ListedVideo, span: tuple[float, float], events: Sequence[Event], limit: int
) -> wire.Timeline:
    """The first `limit` events of a stretch of one video."""
    shown, rest = events[:limit], events[limit:]
    return wire.Timeline(
        video=entry.name,
        video_id=entry.video.video_id,
        duration_s=_rounded(entry.video.duration_s),
        start_s=span[0],
        end_s=_rounded(min(span[1], entry.video.duration_s)),
        starts_at=_wall(entry.starts_at),
        events=[
            wire.TimelineEvent(**_times(one.span), channel=one.channel, text=one.text)
            for one in shown
        ],
        left_out=len(rest),
        go_on_from_s=_rounded(rest[0].span.start_s) if rest else None,
    )


def pictured(entry: ListedVideo, frame: Frame, starts_at: datetime | None) -> wire.Pictured:
    """Which picture a frame is."""
    height, width = frame.picture.shape[:2]
    return wire.Pictured(
        video=entry.name,
        video_id=entry.video.video_id,
        at_s=_rounded(frame.time_s),
        shown_s=_rounded(frame.pts_s),
        starts_at=_wall(starts_at),
        width=width,
        height=height,
    )


def clipped(made: Clip, starts_at: datetime | None) -> wire.Clipped:
    """A clip that was written."""
    assert made.path is not None, "an exported clip has a path"
    return wire.Clipped(
        video=made.name,
        video_id=made.video_id,
        start_s=_rounded(made.span.start_s),
        end_s=_rounded(made.span.end_s),
        starts_at=_wall(starts_at),
        file=made.path.name,
        notes=list(made.notes),
    )


def video(entry: ListedVideo) -> wire.Video:
    """One line of the list of videos."""
    info = entry.video
    return wire.Video(
        video=entry.name,
        video_id=info.video_id,
        duration_s=_rounded(info.duration_s),
        width=info.width,
        height=info.height,
        camera=info.camera,
        starts_at=_wall(entry.starts_at),
        num_events=entry.num_events,
        present=any(location.status == "present" for location in entry.locations),
    )


def _concluded(conclusion: Conclusion) -> wire.Concluded:
    looks = conclusion.looks
    return wire.Concluded(
        kind=conclusion.kind,
        sentence=conclusion.sentence,
        looked_at=looks.looked_at,
        stretches=looks.stretches,
        misses=_share(looks.misses.share) if looks.misses else None,
    )


def _moment(moment: Moment) -> wire.FoundMoment:
    verdict = moment.verdict
    return wire.FoundMoment(
        video=moment.path,
        video_id=moment.video_id,
        **_times(verdict.span),
        starts_at=_wall(moment.starts_at),
        verdict=verdict.answer,
        score=_share(verdict.score),
        probability=_share(verdict.probability),
        channel=moment.hits[0].event.channel,
        text=moment.text,
        also=[wire.Stretch(**_times(span)) for span in verdict.also],
    )


def _cited(citation: Citation) -> wire.Cited:
    return wire.Cited(
        number=citation.number,
        video=citation.name,
        video_id=citation.video_id,
        **_times(citation.span),
        starts_at=_wall(citation.starts_at),
        verdict=citation.answer,
        channel=citation.channel,
        text=citation.text,
    )


def _coverage(coverage: Coverage) -> wire.Coverage:
    return wire.Coverage(
        files=coverage.num_files,
        searched_s=_rounded(coverage.duration_s),
        candidates=coverage.candidates,
        checked=coverage.checked,
        failed_files=coverage.failed,
        missing_files=coverage.missing,
        files_of_unknown_hour=coverage.undated,
        not_seen_s=_rounded(coverage.not_seen_s),
        frames_only_s=_rounded(coverage.frames_only_s),
        not_heard_s=_rounded(coverage.not_heard_s),
        not_read_s=_rounded(coverage.not_read_s),
    )


def _times(span: Span) -> dict[str, float]:
    return {"start_s": _rounded(span.start_s), "end_s": _rounded(span.end_s)}


def _rounded(time_s: float) -> float:
    return round(time_s, 3)


def _share(value: float | None) -> float | None:
    return None if value is None else round(value, 4)


def _wall(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat(timespec="milliseconds")
