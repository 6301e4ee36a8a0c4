"""Run a standing query over each new video, once."""

from collections.abc import Mapping
from typing import Any

from pipelines.cameras import dated
from pipelines.search.run import Search, SearchOptions
from pipelines.services import Services
from store.library import Library
from vidindex.types import Filters, Moment, Query


def run_standing_query(
    library: Library, services: Services, words: str, video_id: str, *, thorough: bool
) -> tuple[int, int]:
    """Search one new video and keep the verified hits for alerts; (hits, candidates left out).

    Candidates that are not verified are no hits: a command is run on evidence alone. The
    verdicts, the hits and that it was done are stored together.
    """
    query = Query(words, Filters(video_ids=(video_id,)))
    search = Search.of(library, services, query, SearchOptions(thorough=thorough))
    found = search.found()
    budget = search.options.budget
    judged = dated(library, search.judged(found[:budget]))
    hits = [_facts(words, one) for one in judged if one.verdict.answer == "verified"]
    with library.transaction():
        search.cache.flush(library)
        library.alerts.put(words, video_id, hits)
    return len(hits), max(0, len(found) - budget)


def _facts(words: str, moment: Moment) -> Mapping[str, Any]:
    """The facts of a hit, except for its path, which may change."""
    verdict = moment.verdict
    return {
        "search": words,
        "video_id": moment.video_id,
        "start": round(verdict.span.start_s, 3),
        "end": round(verdict.span.end_s, 3),
        "starts_at": moment.starts_at.isoformat() if moment.starts_at else None,
        "text": moment.text,
        "channel": moment.hits[0].event.channel,
        "score": verdict.score,
        "probability": verdict.probability,
        "also": [[round(one.start_s, 3), round(one.end_s, 3)] for one in verdict.also],
    }
