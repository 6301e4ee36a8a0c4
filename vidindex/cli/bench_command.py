"""`vidindex bench`: accuracy of a model on scenes whose truth is known."""

import click

from vidindex.cli.options import json_option
from vidindex.cli.output import print_json


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
    from vidindex.app import build_model
    from vidindex.bundled.accuracy import measure
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
