"""Search a library: search, ask, summarize, calibrate."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.progress import Progress, Quiet
from vidindex.app.base import LibraryBase, sources_of
from vidindex.composition import build_model
from vidindex.core.retrieval.query_rewrite import require_short
from vidindex.errors import LibraryError, ModelNotFound
from vidindex.types import Filters, Moment, Query, Region, SearchResult

if TYPE_CHECKING:
    from pipelines.evaluate.calibrate import Calibrate
    from pipelines.evaluate.labeled_searches import LabeledSearch
    from pipelines.evaluate.queries import Evaluated, Protocol
    from pipelines.search.examples import EmbeddedExample, ExampleEmbedder
    from pipelines.search.second_opinion import SecondOpinion
    from pipelines.search.verdict_cache import VerdictCache
    from vidindex.core.answering.answers import Answer
    from vidindex.core.answering.summaries import Summary
    from vidindex.core.evaluation.values import GroundTruth
    from vidindex.core.retrieval.calibration import Calibration
    from vidindex.core.timing.wall_window import Hour


class Searching(LibraryBase):
    """Questions to the library."""

    def narrowed(self, filters: Filters, since: "Hour" = None, until: "Hour" = None) -> Filters:
        """The filters with cameras as the library names them, and hours by their clocks.

        since, until: in place of those of the filters; a `time` is of the one day that they name,
        else of today. Every search does it with its own filters. Raises InputError for a camera
        that is not there, and for hours that are no stretch of time.
        """
        from pipelines.cameras import as_known

        return as_known(self.library, filters, since, until)

    def _known(self, query: str | Query, like: "Sequence[EmbeddedExample]" = ()) -> Query:
        asked = query if isinstance(query, Query) else Query(query)
        require_short(asked.text)
        share = 1 / max(1, len(like))
        examples = tuple(replace(one.example, weight=share) for one in like)
        return replace(asked, filters=self.narrowed(asked.filters), like=examples)

    def candidates(self, query: Query, like: "Sequence[EmbeddedExample]" = ()) -> list[Moment]:
        """What a search would judge, best first, nothing of it checked; asks no vision model."""
        from pipelines.cameras import dated
        from pipelines.search.run import Search
        from pipelines.search.thresholds import RULE_OF_THUMB

        search = Search.of(
            self.library,
            self.text_services,
            self._known(query, like),
            thresholds=RULE_OF_THUMB,
            like=[one.vector for one in like],
        )
        return dated(self.library, search.found())

    def search(
        self,
        query: str | Query,
        *,
        like: "Sequence[EmbeddedExample]" = (),
        verify: bool = True,
        thorough: bool = False,
        max_false_alarms: float | None = None,
        second_opinion: str | None = None,
        found: Sequence[Moment] | None = None,
        watch: Callable[[int, Moment], None] | None = None,
    ) -> SearchResult:
        """Moments that match, best first, checked against fresh frames where asked for.

        like: pictures to search by, of `example`, `example_at` or `example_of`; each counts the
        same, and the words, if any, say how what is looked for differs from them. Nothing is
        checked then: vectors alone are compared. max_false_alarms: of searches for something
        absent, at most this share may show a verified hit (needs a calibration).
        second_opinion: a reasoning model, such as VL-Rethinker, that is asked too. found: the
        `candidates` of this query, if they are known already. watch: receives each verdict
        while the search runs, with its place among those; what it raises ends the search, and
        verdicts given until then are kept.
        """
        from pipelines.search.run import Search, SearchOptions, unwatched

        judged = (verify or max_false_alarms is not None) and not like
        search = Search.of(
            self.library,
            self.services if judged else self.text_services,
            self._known(query, like),
            SearchOptions(verify, thorough),
            max_false_alarms=max_false_alarms,
            second=self._second(second_opinion) if second_opinion else None,
            watch=watch or unwatched,
            like=[one.vector for one in like],
        )
        try:
            result = search.run(found)
        except BaseException:
            if search.cache.new:
                self._keep([search.cache], None)
            raise
        failed = self.check_notes(hint=False) if verify and judged else []
        sources = sources_of([*result.moments, *result.rejected])
        failed += self.bundled_notes(
            result.query.filters, {*sources, self.model_source if judged else ""}
        )
        return replace(result, notes=(*result.notes, *failed, *self._keep([search.cache], result)))

    @property
    def has_frames(self) -> bool:
        """Whether frames of this library have vectors, so that pictures can be searched by."""
        from pipelines.search.by_frames import has_frames

        return has_frames(self.library)

    def example(self, like: str, region: Region | None = None) -> "EmbeddedExample":
        """`FILE@01:23`, or a picture file, or a region of it, to search by.

        Raises InputError where there is no such file, moment or region, or no frame of this
        library has a vector; ModelNotFound without the picture model of its frames.
        """
        return self._examples.named(like, region)

    def example_at(
        self, video_id: str, at_s: float, region: Region | None = None
    ) -> "EmbeddedExample":
        """The frame on screen at a time of a video of this library, to search by."""
        return self._examples.moment(video_id, at_s, region)

    def example_of(self, picture: Path, region: Region | None = None) -> "EmbeddedExample":
        """A picture file to search by; of it only the hash is kept."""
        return self._examples.picture(picture, region)

    @property
    def _examples(self) -> "ExampleEmbedder":
        from pipelines.search.examples import ExampleEmbedder
        from vidindex.composition import build_file_reader

        return ExampleEmbedder(self.library, self.text_services, build_file_reader().still)

    def like(self, text: str) -> str:
        """What `FILE@01:23`, or a picture file, shows, in words to search for."""
        from pipelines.search.query_by_example import ExampleDescriber
        from vidindex.composition import build_file_reader

        language, read_still = self.settings.caption_language, build_file_reader().still
        return ExampleDescriber(self.library, self.services, read_still, language).describe(text)

    def ask(
        self,
        question: str,
        filters: Filters | None = None,
        *,
        thorough: bool = False,
        rephrase: bool = False,
        now: datetime | None = None,
        calls: int | None = None,
        progress: Progress | None = None,
    ) -> "Answer":
        """A question, answered in sentences that cite events, or that it cannot be told.

        Whether, when, how often and what relates in time is answered by rule; what, who, why,
        how by looking. filters narrow what the question says of cameras and times; now: aware,
        what "today" counts from. rephrase: add a model's words, as far as they are tied to the
        events. calls: of the model for each question, at most; None: 40.
        """
        from pipelines.answer.ask import AskOptions, ask
        from pipelines.answer.call_budget import DEFAULT_CALLS
        from pipelines.answer.rephrase import in_other_words
        from vidindex.core.answering.answers import as_shown

        given, at = filters or Filters(), now or datetime.now().astimezone()
        bound = DEFAULT_CALLS if calls is None else calls
        options = AskOptions(thorough, bound, progress or Quiet())
        found, caches = ask(self.library, self.services, question, at, given, options)
        shown = as_shown(found)
        bundled = self.bundled_notes(
            found.asked.filters, {*sources_of(shown.moments), self.model_source}
        )
        found = replace(found, notes=(*found.notes, *bundled, *self._keep(caches, shown)))
        if not rephrase:
            return found
        of_rule = found.verdict if found.verdict in ("yes", "no", "unsure") else None
        facts = (found.sentences, found.citations, of_rule)
        words = in_other_words(self.library, self.services, question, *facts)
        return replace(found, rephrased=words)

    def summarize(
        self,
        *files: str,
        filters: Filters | None = None,
        most: int = 12,
        rephrase: bool = False,
    ) -> "Summary":
        """What happened in files, or in all footage that the filters allow, counted and cited.

        most: lines for each hour and channel. rephrase: as for `ask`.
        """
        from pipelines.answer.rephrase import in_other_words
        from pipelines.answer.summarize import summary

        found = self._with_caution(summary(self.library, files, filters or Filters(), most))
        if not rephrase:
            return found
        facts = (found.sentences, found.citations)
        words = in_other_words(self.library, self.services, "What happened?", *facts)
        return replace(found, rephrased=words)

    def _with_caution(self, found: "Summary") -> "Summary":
        """With what its lines are worth, where the bundled model captioned footage."""
        ids = {one.video_id for one in found.citations if one.channel == "caption"}
        events = self.library.events
        sources = {e.source for one in ids for e in events.of_video(one, ["caption"])}
        notes = self.bundled_notes(Filters(video_ids=tuple(ids)), sources)
        sentences = [f"Note: {note}." for note in notes]
        return replace(found, caution=" ".join(filter(None, (found.caution, *sentences))))

    def known_searches(self, truth: "GroundTruth") -> "list[LabeledSearch]":
        """Labeled searches, with their files resolved to those of this library."""
        from pipelines.evaluate.labeled_searches import labeled_searches

        return labeled_searches(truth, self.library)

    def calibrate(
        self,
        searches: "Sequence[LabeledSearch]",
        *,
        max_false_alarms: float = 0.05,
        second_opinion: str | None = None,
        source: str = "given searches",
        progress: Progress | None = None,
    ) -> "Calibration":
        """Learn from searches with known answers, and marks, what the model's scores are worth.

        second_opinion: learn what that model's Yes and No are worth, in place of the first's.
        """
        from pipelines.evaluate.calibrate import calibrate_opinion

        run = self._calibrate(progress)
        if second_opinion:
            found = calibrate_opinion(run, self._second(second_opinion), searches, source)
        else:
            found = run.run(searches, self.library.marks.all(), max_false_alarms, source)
        self.library.calibrations.put(found)
        return found

    def auto_calibrate(
        self,
        occurring: Sequence[str] = (),
        *,
        max_false_alarms: float = 0.05,
        progress: Progress | None = None,
    ) -> "Calibration":
        """Calibrate with shipped queries for absent things, and with this library's marks.

        occurring: the shipped queries for things that the library does show.
        """
        from pipelines.evaluate.auto_calibration import absent_queries, auto_calibrate

        absent, marks = absent_queries(occurring), self.library.marks.all()
        found = auto_calibrate(self._calibrate(progress), absent, marks, max_false_alarms)
        with self.editor() as library:
            library.calibrations.put(found)
        return found

    def check_query(self, text: str) -> None:
        """Check what a query finds and keep the verdicts, for a calibration that follows."""
        from pipelines.evaluate.labeled_searches import LabeledSearch

        self._calibrate(None).check([LabeledSearch(text)])

    def _calibrate(self, progress: Progress | None) -> "Calibrate":
        from pipelines.evaluate.calibrate import Calibrate
        from pipelines.inference.frame_cache import CachingDecoder

        services = replace(self.services, decoder=CachingDecoder(self.services.decoder))
        return Calibrate(
            self.library,
            services,
            progress or Quiet(),
            keep=lambda cache: self._keep([cache], None),
        )

    def evaluate(
        self,
        truth: "GroundTruth",
        videos: str | Path | None,
        *,
        protocol: "Protocol" = "given-video",
        progress: Progress | None = None,
    ) -> "Evaluated":
        """Search for every query of a data set, as predictions that can be scored.

        videos: the folder that holds them; what the queries need of it is indexed. None: they
        are in this library. The same evaluation again asks the model nothing.
        """
        from pipelines.evaluate.search_preset import EvaluateSearch

        folder = Path(videos).expanduser().resolve() if videos else None
        run = EvaluateSearch(self.library, self.services, self.stages, progress or Quiet())
        done = run.run(truth, folder, protocol)
        done.report.notes.extend(self.notes())
        return done

    def _second(self, name: str) -> "SecondOpinion":
        from pipelines.search.second_opinion import SecondOpinion
        from pipelines.search.thresholds import opinion_curve

        model = build_model(name)
        if model is None:
            raise ModelNotFound(f"no model for {name!r} on this machine", "see: vidindex models")
        return SecondOpinion(
            self.library, self.services.decoder, model, opinion_curve(self.library, model)
        )

    def _keep(
        self, caches: "Sequence[VerdictCache]", result: SearchResult | None
    ) -> tuple[str, ...]:
        """Store new verdicts and the answer, if there is one.

        A note where the library cannot be written to now.
        """
        try:
            with self.editor() as library:
                for cache in caches:
                    cache.flush(library)
                for line in self.library.near_lines.unsaved.values():
                    library.near_lines.put(line)
                if result:
                    library.saved_answers.put(result)
        except LibraryError as error:
            num_new = sum(len(cache.new) for cache in caches)
            again = f", and {num_new} verdicts will be asked again" if num_new else ""
            return (f"this answer is not kept: its hits have no numbers{again}: {error}",)
        return ()
