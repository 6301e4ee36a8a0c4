"""Summarize files, cameras or days from their events."""

import glob
from collections.abc import Sequence
from dataclasses import replace

from pipelines.answer.footage import footage_of
from pipelines.cameras import as_known, zones_asked
from store.coverage import CAPTIONS
from store.library import Library
from vidindex.core.answering.filter_words import where_and_when
from vidindex.core.answering.summaries import Summary, Told, summarised
from vidindex.types import Event, Filters


def summary(library: Library, names: Sequence[str], given: Filters, most: int) -> Summary:
    """What happened in the files that people mean, or in all footage that the filters allow.

    most: lines for each hour and channel. Raises InputError for an unknown file or camera.
    """
    filters = _as_known(library, names, given)
    footage = footage_of(library, library.videos.selected(filters), filters)
    described = [
        Told(
            video_id,
            one,
            tuple(e for e in library.events.of_video(video_id) if _asked(e, filters)),
            captioned=library.work_ledger.note(video_id, CAPTIONS) is not None,
        )
        for video_id, one in footage.items()
    ]
    title = where_and_when(filters, zones_asked(library, filters)) or "the whole library"
    return summarised(title, described, library.coverage(filters), most, by_hour=not names)


def _as_known(library: Library, names: Sequence[str], given: Filters) -> Filters:
    """The filters with cameras and files resolved to those of the library."""
    known = as_known(library, given)
    files = [library.videos.name(video_id) for video_id in library.videos.find(names)]
    return replace(known, globs=(*given.globs, *map(glob.escape, files)))


def _asked(event: Event, filters: Filters) -> bool:
    return not filters.channels or event.channel in filters.channels
