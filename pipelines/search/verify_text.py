"""Verify text hits by reading fresh frames of the moment."""

from collections.abc import Sequence
from dataclasses import dataclass

from pipelines.search.verdict_cache import VerdictCache
from store.library import Library
from vidindex.core.retrieval.query_rewrite import search_words
from vidindex.core.retrieval.text_match import match_words, verdict_from_share
from vidindex.core.sampling.grid import fit_within
from vidindex.core.screen_text.frame_reader import MAX_SIDE_PX
from vidindex.errors import MediaError
from vidindex.ports import Decoder, TextReader
from vidindex.types import Evidence, Moment, Span, Verdict

RULE = 2
"""What a reading says of a question; verdicts kept under another rule are given again."""

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
        return f"read again by {self.reader.name}, rule {RULE}"

    def check(self, question: str, moment: Moment, cache: VerdictCache) -> Verdict:
        """Verified where a fresh frame shows the words; unchecked where no frame can be decoded."""
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
        share = _share_read(question, moment, lines)
        evidence = Evidence(tuple(times_s), "", self.reader.name, " | ".join(lines))
        span = event.span if event.channel == "clock" else moment.span
        return Verdict(verdict_from_share(share), share, Span(span.start_s, span.end_s), evidence)


def _share_read(question: str, moment: Moment, lines: Sequence[str]) -> float:
    """The share of the question that the picture holds; 0 where the candidate has no part in it.

    That its own text is there is not enough: it must answer the question.
    """
    event = moment.hits[0].event
    own = match_words(event.text.split(), lines, on_screen=True)
    if event.channel == "clock":
        return own.share
    words = search_words(question)
    read = match_words(words, lines, on_screen=True)
    part = match_words(words, [event.text], on_screen=True)
    share = read.share if any(part.found) else 0.0
    if "meaning" in moment.hits[0].why and not part.lacks_number:
        # Found by meaning: other words may say the same. What is sure is that they are there.
        share = max(share, 0.5 * own.share)
    return share
