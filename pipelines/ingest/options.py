"""Define what an ingest does first, and what it does again."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class IngestOptions:
    """What to do first, and again.

    first: globs of files to take before all others. retry_failed: try unchanged files that
    failed. re_embed: change all vectors to the embedder that is now in use; the old ones serve
    searches until then, and a run that is cut off continues in the next such run. partial:
    what was found is a part of what is there, so nothing else is declared missing. again:
    take in videos that were erased from the library.
    """

    first: tuple[str, ...] = ()
    retry_failed: bool = False
    re_embed: bool = False
    partial: bool = False
    again: bool = False
