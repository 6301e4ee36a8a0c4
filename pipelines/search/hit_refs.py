"""Resolve hit references to stretches of video."""

from collections.abc import Sequence

from store.library import Library
from vidindex.core.formatting.time_format import format_time
from vidindex.core.retrieval.hit_refs import POINT_S, Place, Ranks, parse_hit
from vidindex.errors import InputError
from vidindex.types import Query, SavedHit, Span, VideoInfo


def resolve(library: Library, words: Sequence[str]) -> list[SavedHit]:
    """The hits that these words name, in their order, each once.

    A hit named by its file has no rank (0) and no query. Raises InputError for what is not
    there: no answer yet, a number beyond it, an unknown file, a time outside the video.
    """
    hits: dict[SavedHit, None] = {}
    for word in words:
        named = parse_hit(word)
        found = _ranked(library, named) if isinstance(named, Ranks) else [_placed(library, named)]
        hits.update(dict.fromkeys(found))
    return list(hits)


def _ranked(library: Library, ranks: Ranks) -> list[SavedHit]:
    last = library.saved_answers.last()
    if last is None:
        raise InputError(
            "no search has been made in this library yet", "search first, or name FILE@01:23"
        )
    if not last:
        raise InputError("the last search has no hits", "search again, or name FILE@01:23")
    if ranks.last is None:
        return last
    by_rank = {hit.rank: hit for hit in last}  # with gaps where a video was erased since
    wanted = range(ranks.first, ranks.last + 1)
    if missing := next((rank for rank in wanted if rank not in by_rank), None):
        raise InputError(
            f"the last search for {last[0].query.text!r} has no hit {missing}",
            f"it has {len(last)}, up to number {last[-1].rank}; search again, or name FILE@01:23",
        )
    return [by_rank[rank] for rank in wanted]


def one_video(library: Library, name: str) -> VideoInfo:
    """The one video of this name; raises InputError for none or several."""
    ids = library.videos.find([name])
    if len(ids) > 1:
        names = ", ".join(library.videos.name(video_id) for video_id in ids[:3])
        raise InputError(f"{name!r} is several files: {names}", "name one of them")
    video = library.videos.get(ids[0])
    assert video is not None, f"find gave the id {ids[0]} of no video"
    return video


def _placed(library: Library, place: Place) -> SavedHit:
    video = one_video(library, place.file)
    end_s = place.start_s + POINT_S if place.end_s is None else place.end_s
    span = Span(place.start_s, end_s).within(Span(0.0, video.duration_s))
    if span is None:
        raise InputError(
            f"{place.file} has no {format_time(place.start_s)}",
            f"it lasts {format_time(video.duration_s)}",
        )
    return SavedHit(Query(""), 0, video.video_id, span, "", "unchecked", None)
