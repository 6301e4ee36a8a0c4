"""Answer a question about footage: parse it, search, and phrase the result with citations."""

import glob
from dataclasses import replace
from datetime import datetime

from pipelines.answer.footage import footage_of
from pipelines.cameras import has_other_videos, known_cameras
from pipelines.search.run import Search, SearchOptions
from pipelines.search.verdict_cache import VerdictCache
from pipelines.services import Services
from store.library import Library
from vidindex.core.answering.answers import Answer, answer
from vidindex.core.answering.question import Asked, understand
from vidindex.errors import InputError
from vidindex.types import Filters, Query


def ask(
    library: Library,
    services: Services,
    question: str,
    now: datetime,
    given: Filters,
    *,
    thorough: bool = False,
) -> tuple[Answer, VerdictCache]:
    """The answer, and the verdicts given for it. See `understood` and `answers.answer`.

    Everything that is checked may be cited, and nothing else: what was never looked at
    would only be counted as a doubt.
    """
    asked = understood(library, question, now, given)
    options = SearchOptions(thorough=thorough)
    query = Query(asked.looked_for, asked.filters, options.budget)
    search = Search.of(library, services, query, options)
    result = search.run()
    ids = {hit.event.video_id for moment in result.moments for hit in moment.hits}
    return answer(asked, result, footage_of(library, ids, asked.filters)), search.cache


def understood(library: Library, question: str, now: datetime, given: Filters) -> Asked:
    """The question, with its cameras and files resolved to those of the library.

    Hours are those of the cameras asked for: of their zone, where they have one, else of this
    machine's. Raises InputError for what is not in the library.
    """
    others = has_other_videos(library)
    asked = understand(question, known_cameras(library), now, given=given, others=others)
    if not asked.files:
        return asked
    if given.globs:
        raise InputError(f"the question is about {asked.files[0]}, and so is --file", "say it once")
    names = [library.videos.name(video_id) for video_id in library.videos.find(asked.files)]
    globs = tuple(map(glob.escape, names))
    return asked.narrowed_to(replace(asked.filters, globs=globs))
