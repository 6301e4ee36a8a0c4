"""`vidindex bench speech`: measure transcription on synthetic speech at known times."""

from typing import TYPE_CHECKING

import click

from vidindex.cli.options import json_option
from vidindex.cli.output.echo import echo
from vidindex.cli.output.tables import print_json, print_table

if TYPE_CHECKING:
    from vidindex.bench.speech.score import Score


@click.command("speech")
@click.option("--speech", "model", metavar="MODEL", required=True, help="A faster-whisper model.")
@click.option("--sentences", default=200, show_default=True, help="Sentences for each sound.")
@click.option("--minutes", default=10.0, show_default=True, help="Length of unspoken sounds.")
@click.option("--seed", default=1, show_default=True, help="Which sentences, voices and pauses.")
@json_option
def speech_command(model: str, sentences: int, minutes: float, seed: int, as_json: bool) -> None:
    """Sentences of espeak-ng at known times: when and what is heard, and what is invented.

    Bare faster-whisper, with the same settings, hears the same sound.
    """
    from vidindex.bench.speech.benchmark import measure

    figures = measure(model, sentences, minutes, seed, lambda text: echo(text, err=True))
    if as_json:
        print_json(figures)
        return
    rows = []
    for one in figures.heard:
        rows.append([f"{one.sound}, vidindex", *_row(one.ours), f"{one.wall_ratio:.2f}"])
        rows.append([f"{one.sound}, bare", *_row(one.bare), "1"])
    print_table(
        ["sound", "n", "missed", "extra", "start p50 / p95, s", "end p50 / p95, s",
         "word errors", "s", "ratio"],
        rows,
    )  # fmt: skip
    echo("")
    print_table(
        ["nobody speaks", "minutes", "events", "left out"],
        [
            [one.sound, f"{one.duration_s / 60:g}", str(one.events), str(sum(one.dropped.values()))]
            for one in figures.unspoken
        ],
    )


def _row(score: "Score") -> list[str]:
    return [
        str(score.n),
        str(score.missed),
        str(score.extra),
        f"{score.start_p50_s:.2f} / {score.start_p95_s:.2f}",
        f"{score.end_p50_s:.2f} / {score.end_p95_s:.2f}",
        f"{score.word_error:.1%}",
        f"{score.seconds:.0f}",
    ]
