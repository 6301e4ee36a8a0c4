"""Text hits are verified by reading fresh frames of the moment again."""

from collections.abc import Sequence
from dataclasses import dataclass

from pipelines.search.verdict_cache import VerdictCache
from store.library import Library
from vidindex.core.retrieval.query_rewrite import search_words
from vidindex.core.sampling.grid import fit_within
from vidindex.core.screen_text.clock_notation import names_a_time
from vidindex.core.screen_text.frame_reader import MAX_SIDE_PX
from vidindex.core.screen_text.fuzzy_match import share_found, verdict_from_share
from vidindex.errors import MediaError
from vidindex.ports import Decoder, TextReader
from vidindex.types import Evidence, Moment, Span, Verdict

PARTS = (0.5, 0.2, 0.8)
"""Where in the span fresh frames are taken: not on the grid that was read before."""


@dataclass(frozen=True, slots=True)
class TextVerifier:
    """Decides on hits of on-screen text and burned-in clocks."""

    library: Library
    decoder: Decoder
    reader: TextReader

    @property
    def judge(self) -> str:
        return f"read again by {self.reader.name}"

    def check(self, question: str, moment: Moment, cache: VerdictCache) -> Verdict:
        """Verified where the words stand in a fresh frame; unchecked where none can be had."""
        known = cache.get(moment, self.judge)
        if known:
            return known
        opened = self.library.open_source(moment.video_id)
        if opened is None:
            return moment.verdict
        _, source = opened
        span = moment.hits[0].event.span
        times_s = sorted(span.start_s + part * span.duration_s for part in PARTS)
        size = fit_within(source, MAX_SIDE_PX)
        try:
            frames = list(self.decoder.frames(source, times_s, size))
        except MediaError:
            return moment.verdict
        lines = [reading.text for frame in frames for reading in self.reader.read(frame)]
        return cache.put(moment, self.judge, self._decide(question, moment, times_s, lines))

    def _decide(
        self, question: str, moment: Moment, times_s: Sequence[float], lines: Sequence[str]
    ) -> Verdict:
        event = moment.hits[0].event
        wanted = [event.text] if event.channel == "clock" else list(search_words(question))
        share = share_found(wanted, lines)
        if "meaning" in moment.hits[0].why and not names_a_time(question):
            # Found by meaning: other words may say the same. What is sure is that they stand there.
            share = max(share, 0.5 * share_found([event.text], lines))
        evidence = Evidence(tuple(times_s), "", self.reader.name, " | ".join(lines))
        span = event.span if event.channel == "clock" else moment.span
        return Verdict(verdict_from_share(share), share, Span(span.start_s, span.end_s), evidence)
