"""Print the closing table of an ingest: what was done, what was not, and why."""

import sys
from typing import TYPE_CHECKING, Any

from vidindex.cli.output.echo import echo
from vidindex.cli.output.run import time_lines
from vidindex.cli.output.tables import print_table
from vidindex.core.formatting.to_json import jsonable

if TYPE_CHECKING:
    from pipelines.ingest.report import IngestReport


MAX_NOTES = 50


def print_report(report: "IngestReport") -> None:
    """Failures one line each, then the counts, then where the time went."""
    for failure in report.failures:
        echo(f"failed  {failure.location.path} ({failure.stage}): {failure.message}")
    for note in report.notes[:MAX_NOTES]:
        echo(f"note    {note}")
    if (more := len(report.notes) - MAX_NOTES) > 0:
        echo(f"note    and {more} more (--json lists all)")
    for reason, count in sorted(report.repairs.items()):
        echo(f"repair  {reason}: {count}")
    if report.stopped:
        echo(f"stopped {report.stopped}; run the same command to go on")
    counts = report.counts()
    if erased := counts.pop("erased"):
        files = "1 file is" if erased == 1 else f"{erased:,} files are"
        echo(f"note    {files} left out, erased from the library; take in: ingest --again")
    if line := _frames_line(counts):
        echo(line)
    print_table(list(counts), [[str(count) for count in counts.values()]])
    for line in time_lines(report.stage_s, report.calls.as_json()):
        echo(line)
    if peak := _peak_memory_bytes():
        echo(f"peak memory: {peak / 1e6:,.0f} MB")


def _frames_line(counts: dict[str, int]) -> str:
    """What became of the frames, taken out of `counts`; "" where none were looked at."""
    seen, same, failed = (counts.pop(f"frames{part}") for part in ("", "_collapsed", "_failed"))
    if not seen + failed:
        return ""
    parts = f"{seen:,} looked at, {same:,} of them show what the one before shows"
    return f"frames  {parts}" + (f", {failed:,} could not be read" if failed else "")


def _peak_memory_bytes() -> int | None:
    """The most memory this process has held; None on systems that do not report it."""
    try:
        import resource
    except ImportError:
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def report_as_json(report: "IngestReport") -> dict[str, Any]:
    """The report as JSON types."""
    lists = ("failures", "notes", "repairs", "stage_s", "stopped")
    facts = {name: jsonable(getattr(report, name)) for name in lists}
    return {
        **report.counts(),
        **facts,
        "calls": report.calls.as_json(),
        "bound_by": report.bound_by,
    }
