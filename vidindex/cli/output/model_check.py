"""Print the results of a first-run check."""

from typing import Any

from vidindex.cli.output.echo import echo
from vidindex.cli.output.tables import print_table
from vidindex.core.formatting.to_json import jsonable
from vidindex.diagnostics.results import Checkup, shown, wanted


def print_check(checkup: Checkup) -> None:
    """The figures of each rate beside their lines, the speed, then what falls short and why."""
    clips = sum(rate.num_clips for rate in checkup.rates)
    echo(f"{checkup.model}, prompts {checkup.profile}: {clips} clips of known events")
    echo("")
    print_table(
        ["fps", "figure", "found", "wanted"],
        [
            [f"{rate.fps:g}", figure, found, wanted(figure, rate.fps)]
            for rate in checkup.rates
            for figure, found in shown(rate).items()
        ],
    )
    speed = checkup.speed
    echo("")
    echo(
        f"{speed.s_per_call:.2f} s a call, {speed.tokens_per_s:,.0f} tokens/s, "
        f"{speed.hours_per_hour:.1f} hours of such clips in an hour"
    )
    if checkup.refused:
        echo(f"refused: {checkup.refused} questions, the first: {checkup.refusal}")
    for fault in checkup.faults:
        echo(f"fails   {fault}")
    if not checkup.faults:
        echo("passes")


def check_as_json(checkup: Checkup) -> dict[str, Any]:
    """The check as JSON types, with the verdict."""
    speed = checkup.speed
    rates = {
        name: jsonable(getattr(speed, name))
        for name in ("s_per_call", "tokens_per_s", "hours_per_hour")
    }
    values: dict[str, Any] = jsonable(checkup)
    values["speed"] |= rates
    return {**values, "passes": not checkup.faults, "faults": jsonable(checkup.faults)}
