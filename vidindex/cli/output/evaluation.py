"""Print an evaluation: the reference's numbers, all others, groups, what is missing."""

from collections.abc import Sequence
from itertools import groupby

from vidindex.cli.output.echo import echo
from vidindex.cli.output.tables import print_table
from vidindex.core.evaluation.faults import CONSEQUENCES
from vidindex.core.evaluation.report import Group, Metric, Reference, Report
from vidindex.core.formatting.terminal import one_line

_DECIMALS = {"%": 2, "s": 2, "": 3}

_OF_GROUPS = (
    "recall@1, IoU 0.5", "recall@5, IoU 0.5", "mIoU", "mAP", "AUC of precision", "AUC of recall",
    "AUC of IoU", "false alarms", "misses",
)  # fmt: skip
"""Metrics that are shown by group; the others are in the JSON."""


def print_evaluation(report: Report) -> None:
    """Print for a person; details that are left out here are in the report's JSON."""
    absent = f", {report.num_absent} of them absent" if report.num_absent else ""
    echo(f"{report.dataset}: {report.num_queries:,} queries{absent}")
    for name, count in report.counts.items():
        echo(f"{name}: {count:,} ({CONSEQUENCES[name]})")
    if report.reference:
        echo()
        _print_reference(report.reference)
    echo()
    print_table(["metric", "value", "95 %", "queries"], [_row(metric) for metric in report.metrics])
    for by, groups in groupby(report.groups, key=lambda group: group.by):
        echo()
        _print_groups(by, list(groups))
    echo()
    for one in report.not_applicable:
        echo(f"not applicable: {one.name}: {one.reason}")
    if any(
        one.unit == "%" and one.low is not None and one.low == one.high for one in report.metrics
    ):
        echo("an interval without width: all videos agree, which does not make it certain")
    echo(_basis(report))


def _print_reference(reference: Reference) -> None:
    headline = [one for one in reference.numbers if one.headline]
    rows = [
        [
            one.name,
            _number(one.official, one.decimals),
            _number(one.every_query, one.decimals),
            str(one.left_out) if one.left_out else "",
        ]
        for one in headline
    ]
    print_table(["as the reference counts", "%", "every query counts", "left out"], rows)
    if more := len(reference.numbers) - len(headline):
        echo(f"{more} more of its numbers: --json")
    echo(f"the reference: {reference.evaluator}; {_change(reference)}")
    for note in reference.notes:
        echo(f"note: {note}")


def _change(reference: Reference) -> str:
    """What is different between the two columns."""
    left_out = max((one.left_out for one in reference.numbers if one.headline), default=0)
    if not left_out:
        return "it leaves no query out"
    return f"it leaves out up to {left_out} queries, which count as 0 in the second column"


def _row(metric: Metric) -> list[str]:
    decimals = _DECIMALS[metric.unit]
    value = _number(metric.value, decimals)
    return [
        metric.name,
        f"{value} {metric.unit}".rstrip(),
        _interval(metric, decimals),
        str(metric.num_counted),
    ]


def _interval(metric: Metric, decimals: int) -> str:
    if metric.low is None or metric.high is None:
        return ""
    return f"{metric.low:.{decimals}f} – {metric.high:.{decimals}f}"


def _print_groups(by: str, groups: Sequence[Group]) -> None:
    names = [one.name for one in groups[0].metrics if one.name in _OF_GROUPS]
    rows = []
    for group in groups:
        values = {one.name: _number(one.value, 1) for one in group.metrics}
        rows.append(
            [one_line(group.name), str(group.num_queries), *(values[name] for name in names)]
        )
    print_table([f"by {by} (%)", "queries", *names], rows)


def _number(value: float | None, decimals: int) -> str:
    return "-" if value is None else f"{value:.{decimals}f}"


def _basis(report: Report) -> str:
    """What the numbers rest on."""
    if not report.resamples:
        return f"right from an IoU of {report.iou:g} on; no intervals"
    drawn = "videos and absent queries" if report.num_absent else "videos"
    return (
        f"right from an IoU of {report.iou:g} on; intervals: {report.resamples:,} samples of "
        f"{report.num_units:,} {drawn}, seed {report.seed}"
    )
