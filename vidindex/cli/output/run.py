"""Print where the time of a run went, and how its model calls went."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
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


def run_lines(run: "Run") -> Iterator[str]:
    """All that is kept of one run."""
    ended = "interrupted" if run.finished_at is None else f"ended {run.finished_at:%H:%M}"
    yield f"run {run.run_id}: {run.command}, {run.started_at:%Y-%m-%d %H:%M}, {ended}"
    if run.counts:
        yield ", ".join(f"{count} {name}" for name, count in run.counts.items() if count)
    yield from time_lines(run.seconds, run.figures)
    yield from call_lines(run.figures)


def _shares(seconds: Mapping[str, float]) -> str:
    whole = sum(seconds.values()) or 1.0
    ranked = sorted(seconds.items(), key=lambda one: -one[1])
    return ", ".join(f"{what} {spent_s / whole:.0%}" for what, spent_s in ranked)


def _counted(calls: Mapping[str, Any]) -> str:
    again = f" ({calls['asked_again']} again)" if calls["asked_again"] else ""
    kept = f", {calls['kept']} kept" if calls["kept"] else ""
    return f"{calls['asked']} chunks asked{again}{kept}"
