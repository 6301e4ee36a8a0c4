"""Print a plan: what each file would get, and what all of it would cost."""

from vidindex.app import PlanResult
from vidindex.cli.output.echo import echo
from vidindex.cli.output.tables import print_table
from vidindex.core.families import Family, family_named
from vidindex.core.formatting.counts import counted
from vidindex.core.formatting.time_format import format_duration, format_time
from vidindex.core.sampling.grid import vision_tokens
from vidindex.types import FramePlan


def print_plan(result: PlanResult, *, show_chunks: bool) -> None:
    """A line a file, with `show_chunks` a line a chunk, then the sums."""
    rows = [
        [
            name,
            format_time(video.duration_s),
            str(len(plan.chunks)),
            str(sum(chunk.continues for chunk in plan.chunks)),
            str(sum(chunk.num_frames for chunk in plan.chunks if not chunk.continues)),
            _rates(plan),
        ]
        for name, video, plan in zip(result.names, result.videos, result.plans, strict=True)
    ]
    if rows:
        print_table(["file", "duration", "chunks", "continued", "frames", "fps"], rows)
    if show_chunks:
        for name, plan in zip(result.names, result.plans, strict=True):
            _print_chunks(name, plan, family_named(result.family))
    for failure in result.failures:
        echo(f"failed  {failure}")
    for note in result.notes:
        echo(f"note    {note}")
    _print_estimate(result)


def _rates(plan: FramePlan) -> str:
    """The rates that occur, with how many chunks have each: 0.5x3 2x1."""
    rates = [chunk.fps for chunk in plan.chunks if not chunk.continues]
    return " ".join(f"{fps:g}x{rates.count(fps)}" for fps in sorted(set(rates)))


def _print_chunks(name: str, plan: FramePlan, family: Family) -> None:
    echo(f"{name}: {plan.reason}")
    for chunk in plan.chunks:
        span = f"{format_time(chunk.span.start_s)} – {format_time(chunk.span.end_s)}"
        tokens = vision_tokens(chunk.num_frames, chunk.width, chunk.height, family)
        what = (
            f"{chunk.fps:g} fps, {counted(chunk.num_frames, 'frame')} {chunk.width}x{chunk.height}"
        )
        echo(f"  {span}  {'continues' if chunk.continues else f'{what}, {tokens} tokens'}")


def _print_estimate(result: PlanResult) -> None:
    cost = result.estimate
    more = f"{cost.continued:,} more {'shows' if cost.continued == 1 else 'show'} nothing new"
    echo(
        f"{counted(cost.num_videos, 'file')}, {format_duration(cost.duration_s)}, "
        f"{cost.bytes_to_read / 1e6:,.1f} MB to read, up to {counted(cost.looks, 'look')} for text"
    )
    echo(
        f"{counted(cost.asked, 'chunk')} for the model ({more}), "
        f"{counted(cost.frames, 'frame')}, {counted(cost.vision_tokens, 'vision token')} and about "
        f"{counted(cost.text_tokens, 'text token')}, about {cost.disk_bytes / 1e6:,.1f} MB on disk"
    )
    pictures = result.picture_model or "none here; --frames MODEL names one"
    echo(
        f"up to {cost.embedded_frames:,} frames to embed, about "
        f"{cost.frame_disk_bytes / 1e6:,.1f} MB on disk; picture model: {pictures}"
    )
    licence = f"; licence: {result.licence}" if result.licence else ""
    echo(f"model: {result.model}{licence}")
