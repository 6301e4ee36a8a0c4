"""`vidindex bench`: what a model, and a way of sampling, reach on scenes of known truth."""

import click

from vidindex.cli.options import json_option
from vidindex.cli.output import print_json, print_table


@click.group("bench")
def command() -> None:
    """Measure accuracy, on generated clips whose truth is known to the frame."""


@command.command("accuracy")
@click.option("--model", default="bundled", show_default=True, help="A model by name or path.")
@click.option("--seed", default=1, show_default=True, help="Which unseen clips are drawn.")
@click.option("--clips", default=24, show_default=True, help="Clips per rate and condition.")
@json_option
def accuracy(model: str, seed: int, clips: int, as_json: bool) -> None:
    """Segments, captions, yes/no, grounding and boxes per frame rate, with controls.

    Figures of the bundled model prove that the machinery is right; they say nothing of
    accuracy on footage.
    """
    from vidindex.bundled.accuracy import measure
    from vidindex.composition import build_model
    from vidindex.errors import ModelNotFound

    asked = build_model(model)
    if asked is None:
        raise ModelNotFound(f"no model for {model!r} on this machine", "use --model bundled")
    report = measure(asked, seed, clips)
    if as_json:
        print_json(report.as_json())
    else:
        click.echo(f"model {asked.limits.identity}, seed {seed}")
        click.echo(report.as_table())


@command.command("sampling")
@click.option("--model", default="bundled", show_default=True, help="A model by name or path.")
@click.option("--seed", default=1, show_default=True, help="Which unseen films are drawn.")
@click.option("--grain", default=3.0, show_default=True, help="Noise, in levels of 255.")
@click.option("--films", default=2, show_default=True, help="Films of each kind, a minute each.")
@json_option
def sampling(model: str, seed: int, films: int, grain: float, as_json: bool) -> None:
    """Adaptive sampling against uniform at every rate, on films half of them still, half fast."""
    from vidindex.demo.sampling_bench import compare

    rows = compare(model, seed, films, grain)
    if as_json:
        print_json(rows)
        return
    print_table(
        ["policy", "tokens", "IoU still", "IoU fast", "IoU", "right still", "right fast", "right"],
        [
            [
                row.policy,
                str(row.tokens),
                *(f"{one.mean_iou:.3f}" for one in (row.still, row.fast, row.both)),
                *(f"{one.right:.3f}" for one in (row.still, row.fast, row.both)),
            ]
            for row in rows
        ],
    )
