"""Print where the time of a run went, and how its model calls went."""

from collections.abc import Iterator, Mapping
from socket import gethostname
from typing import TYPE_CHECKING, Any

from vidindex.core.formatting.counts import counted
from vidindex.core.formatting.terminal import format_wall, one_line
from vidindex.core.formatting.time_format import format_duration

if TYPE_CHECKING:
    from store.progress_file import Doing
    from store.tables.runs import Run


def time_lines(seconds: Mapping[str, float], calls: Mapping[str, Any]) -> Iterator[str]:
    """Seconds of every stage, the one that bounds the run, and how fast the model was fed."""
    spent = {stage: spent_s for stage, spent_s in seconds.items() if spent_s >= 0.05}
    if not spent:
        return
    yield "seconds: " + ", ".join(f"{stage} {spent_s:.1f}" for stage, spent_s in spent.items())
    longest = max(spent, key=lambda stage: spent[stage])
    line = f"bounded by {longest}, {spent[longest] / sum(spent.values()):.0%} of the time"
    if calls.get("asked"):
        line += f"; captions by {_shares(calls['seconds'])}"
    yield line
    if calls.get("asked"):
        speed = f"{calls['frames_per_s']:,.1f} frames/s, {calls['tokens_per_s']:,.0f} tokens/s"
        yield f"model: {_counted(calls)}; {speed}"


def call_lines(calls: Mapping[str, Any]) -> Iterator[str]:
    """Sizes against limits, latencies, and what did not go well; nothing where none was asked."""
    if not calls.get("asked"):
        return
    largest = calls["largest_call"].items()
    sizes = (f"{value:,} of {most:,} {unit}" for unit, (value, most) in largest)
    yield "largest call: " + ", ".join(sizes)
    times = ", ".join(f"{name} {seconds:.2f} s" for name, seconds in calls["latency_s"].items())
    yield f"latency of calls: {times}" if times else "latency of calls: none came back"
    tries = "".join(f"; {name}: {count}" for name, count in calls["tries"].items())
    yield f"cut at the token limit: {calls['truncated']}; refused: {calls['refused']}{tries}"


def run_lines(run: "Run", doing: "Doing | None" = None) -> Iterator[str]:
    """All that is kept of one run. doing: how far the ingest is that runs now."""
    began = format_wall(run.started_at.astimezone())
    yield f"run {run.run_id}: {run.command}, {began}, {state(run, doing)}"
    if run.counts:
        yield ", ".join(f"{count} {name}" for name, count in run.counts.items() if count)
    yield from time_lines(run.seconds, run.figures)
    yield from call_lines(run.figures)


def state(run: "Run", doing: "Doing | None") -> str:
    """`ended 14:02:15+01:00`, `running: …` with its progress, or `interrupted` where it was killed.

    doing: of the ingest that runs now; a library has one at a time.
    """
    if run.finished_at is not None:
        return f"ended {format_wall(run.finished_at.astimezone()).partition(' ')[2]}"
    return "interrupted" if doing is None else f"running: {_progress(doing)}"


def _progress(doing: "Doing") -> str:
    """`captions 42 %, about 4.0 min left, gate/0412.mp4`."""
    share = f" {doing.done / doing.total:.0%}" if doing.total else ""
    parts = [doing.stage + share.replace("%", " %")]
    if doing.eta_s:
        parts.append(f"about {format_duration(doing.eta_s)} left")
    if doing.host != gethostname():
        parts.append(f"on {one_line(doing.host)}")
    if doing.file:
        parts.append(one_line(doing.file))
    return ", ".join(parts)


def _shares(seconds: Mapping[str, float]) -> str:
    whole = sum(seconds.values()) or 1.0
    ranked = sorted(seconds.items(), key=lambda one: -one[1])
    return ", ".join(f"{what} {spent_s / whole:.0%}" for what, spent_s in ranked)


def _counted(calls: Mapping[str, Any]) -> str:
    again = f" ({calls['asked_again']} again)" if calls["asked_again"] else ""
    kept = f", {calls['kept']} kept" if calls["kept"] else ""
    return f"{counted(calls['asked'], 'chunk')} asked{again}{kept}"
