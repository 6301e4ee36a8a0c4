"""Evaluate the preset "vidindex": index videos, search queries, predict from moments.

Everything that was paid for stays in the library, so that a run that is killed continues
where it stopped.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from glob import escape
from math import inf
from pathlib import Path

from pipelines.evaluate.queries import (
    EvalReport,
    Evaluated,
    Protocol,
    files_below,
    find_files,
    named_videos,
    prediction,
)
from pipelines.inference.frame_cache import CachingDecoder
from pipelines.ingest.options import IngestOptions
from pipelines.ingest.report import IngestReport
from pipelines.ingest.run import Ingest
from pipelines.ingest.stages import Stage
from pipelines.progress import Deadline, Progress
from pipelines.search.run import Search, SearchOptions
from pipelines.search.thresholds import thresholds_for
from pipelines.services import Services
from store.library import Library
from vidindex.core.evaluation.values import EvalQuery, GroundTruth, Prediction, Window
from vidindex.types import Filters, FoundFile, Moment, Query, SearchResult

WINDOWS = 10
"""Answers to a query; more do not count in QVHighlights."""

BANDS = {"verified": 2.0, "unsure": 1.0, "unchecked": 0.0}
STEP = 1e-6


@dataclass(frozen=True, slots=True)
class EvaluateSearch:
    """One evaluation with one library, which is open for writing."""

    library: Library
    services: Services
    stages: Sequence[Stage]
    progress: Progress

    def run(self, truth: GroundTruth, folder: Path | None, protocol: Protocol) -> Evaluated:
        """Predictions for all queries.

        folder: where the videos are; what is needed of it is indexed. None: they are in the
        library already. Raises InputError where none of them is found.
        """
        started_s = time.monotonic()
        report = self._report(truth)
        found = files_below(self.services, folder) if folder else self._known_files()
        files = find_files(truth, found, report)
        if folder:
            everything = truth.many_videos and (
                protocol == "corpus" or not all(map(named_videos, truth.queries))
            )
            self._ingest(folder, None if everything else files, files, report)
        at = self.library.videos.location_at
        ids = {name: known[0] for name, file in files.items() if (known := at(file.path))}
        predictions = self._predictions(truth, ids, protocol, report)
        report.empty = sum(not one.answers for one in predictions)
        report.seconds = time.monotonic() - started_s
        return Evaluated(predictions, report)

    def _report(self, truth: GroundTruth) -> EvalReport:
        thresholds = thresholds_for(self.library, self.services, None, thorough=False)
        report = EvalReport(len(truth.queries))
        if self.services.model:
            limits = self.services.model.limits
            report.model, report.licence = limits.identity, limits.licence
        report.settings = {
            "passes": [stage.name for stage in self.stages],
            "prompts": self.services.profile.name,
            "candidates_checked": SearchOptions().budget,
            "windows": WINDOWS,
            "standard": asdict(thresholds.standard),
        }
        return report

    def _known_files(self) -> list[FoundFile]:
        videos = self.library.videos
        places = [location for info in videos.all() for location in videos.locations(info.video_id)]
        return [
            FoundFile(location.root, location.path)
            for location in places
            if location.status == "present"
        ]

    def _ingest(
        self,
        folder: Path,
        only: Mapping[str, FoundFile] | None,
        files: Mapping[str, FoundFile],
        report: EvalReport,
    ) -> None:
        """Index the folder, or only these files of it; what failed goes into the report."""
        services = self.services
        if only is not None:
            wanted = list({file.path: file for file in only.values()}.values())
            services = replace(services, discover=lambda _: wanted)
        done = Ingest(
            self.library,
            services,
            self.stages,
            IngestOptions(),
            self.progress,
            Deadline(),
            IngestReport(),
        ).run([folder])
        names = {file.path: name for name, file in files.items()}
        for failure in done.failures:
            if only is None or failure.location.path in names:
                name = names.get(failure.location.path, str(failure.location.path))
                report.failed[name] = f"{failure.stage}: {failure.message}"

    def _predictions(
        self, truth: GroundTruth, ids: Mapping[str, str], protocol: Protocol, report: EvalReport
    ) -> tuple[Prediction, ...]:
        services = replace(self.services, decoder=CachingDecoder(self.services.decoder))
        asking = _Asking(self.library, services, truth.many_videos, ids, protocol)
        predictions = []
        self.progress.start("searches", len(truth.queries), "queries")
        for query in truth.queries:
            names = named_videos(query)
            if names and not any(name in ids for name in names):
                report.not_asked += 1
                predictions.append(prediction(query))
            else:
                predictions.append(asking.ask(query))
            self.progress.advance(1, query.text)
        self.progress.finish()
        return tuple(predictions)


@dataclass(frozen=True, slots=True)
class _Asking:
    """Searches one query after the other. ids: of the videos that the annotations name."""

    library: Library
    services: Services
    many_videos: bool
    ids: Mapping[str, str]
    protocol: Protocol

    def ask(self, query: EvalQuery) -> Prediction:
        given = self._given(query)
        if given:
            names = [self.library.videos.name(video_id) for video_id in given]
            filters = Filters(tuple(map(escape, names)))
        else:
            filters = Filters((query.search_in,) if self.many_videos and query.search_in else ())
        result = self._search(Query(query.text, filters, WINDOWS))
        # A name can be that of another file, too: of one in another folder, or of a copy's.
        shown = [m for m in result.moments if not given or m.video_id in given]
        rejected = [m for m in result.rejected if not given or m.video_id in given]
        windows = [
            self._window(query, moment, score)
            for moment, score in zip(shown, scores_as_shown(shown), strict=True)
        ]
        return prediction(query, windows + [self._window(query, m, None) for m in rejected])

    def _given(self, query: EvalQuery) -> set[str]:
        """The videos that the protocol gives; empty where it gives none."""
        if self.protocol == "corpus":
            return set()
        return {self.ids[name] for name in named_videos(query) if name in self.ids}

    def _search(self, query: Query) -> SearchResult:
        """As `vidindex search` does; verdicts are kept at once, the answer is not."""
        search = Search.of(self.library, self.services, query)
        result = search.run()
        search.cache.flush(self.library)
        return result

    def _window(self, query: EvalQuery, moment: Moment, score: float | None) -> Window:
        verdict = moment.verdict
        return Window(
            round(verdict.span.start_s, 3),
            round(verdict.span.end_s, 3),
            score,
            self._name(query, moment),
            verdict.answer,
            verdict.probability,
        )

    def _name(self, query: EvalQuery, moment: Moment) -> str:
        """The moment's video as the annotations write it; "" where only one can be meant."""
        if self.protocol == "given-video" and not self.many_videos:
            return ""
        names = (*named_videos(query), *self.ids)
        return next((n for n in names if self.ids.get(n) == moment.video_id), moment.path)


def scores_as_shown(moments: Sequence[Moment]) -> list[float]:
    """Scores that fall from each moment to the next, since metrics rank by score.

    2 for verified, 1 for unsure, 0 for unchecked, plus what the check gave (0 to 1); but
    always below the moment that is shown before.
    """
    scores, last = [], inf
    for moment in moments:
        verdict = moment.verdict
        last = min(BANDS[verdict.answer] + (verdict.score or 0.0), last - STEP)
        scores.append(last)
    return scores
