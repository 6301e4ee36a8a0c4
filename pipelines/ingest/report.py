"""Count what a run did, including everything skipped, failed or repaired."""

from collections import Counter
from dataclasses import dataclass, field

from pipelines.inference.call_stats import CallStats
from store.tables.failures import Failure


@dataclass(slots=True)
class IngestReport:
    """Counts of one ingest; filled while it runs, so that an interrupted run has them too.

    files: found and usable; new, unchanged, moved (also renamed and copied), edited: how
    they were recognised; missing: known files that are gone; links: those that lead out of the
    folders and were not followed; erased: files that are left out,
    since their video was erased from the library. scanned_again: unchanged files that an older
    release had scanned. chunks, events: made in this
    run; continued: chunks that show the picture of the one before and cost nothing.
    frames: that were looked at; frames_collapsed: of these, what showed the picture of the
    one before and has no vector; frames_failed: that could not be read.
    resumed: videos whose work was taken up in the middle; repairs: what the model's
    replies needed, by reason. failures: all that are in the library for the files of
    this run, also those of earlier runs. stage_s: seconds of work per stage; calls: how those of
    the captioning model went. stopped: why the run ended early, or "".
    """

    files: int = 0
    new: int = 0
    unchanged: int = 0
    moved: int = 0
    edited: int = 0
    missing: int = 0
    links: int = 0
    erased: int = 0
    scanned_again: int = 0
    chunks: int = 0
    continued: int = 0
    events: int = 0
    clocks: int = 0
    frames: int = 0
    frames_collapsed: int = 0
    frames_failed: int = 0
    resumed: int = 0
    failures: list[Failure] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    repairs: Counter[str] = field(default_factory=Counter)
    stage_s: dict[str, float] = field(default_factory=dict)
    calls: CallStats = field(default_factory=CallStats)
    stopped: str = ""

    @property
    def bound_by(self) -> str:
        """The stage that most of the run was spent in, or ""."""
        return max(self.stage_s, key=lambda stage: self.stage_s[stage], default="")

    @property
    def failed(self) -> int:
        """Files, not stages: a file that fails twice is one file."""
        return len({failure.location.path for failure in self.failures})

    def counts(self) -> dict[str, int]:
        """The numbers of the closing table; `skipped` are files that needed nothing."""
        return {
            "files": self.files,
            "new": self.new,
            "moved": self.moved,
            "edited": self.edited,
            "missing": self.missing,
            "links": self.links,
            "skipped": self.unchanged,
            "resumed": self.resumed,
            "failed": self.failed,
            "erased": self.erased,
            "chunks": self.chunks,
            "continued": self.continued,
            "events": self.events,
            "clocks": self.clocks,
            "frames": self.frames,
            "frames_collapsed": self.frames_collapsed,
            "frames_failed": self.frames_failed,
        }
