"""`vidindex models`: which vision checkpoints are here, and fetching one."""

import click

from vidindex.cli.options import json_option
from vidindex.cli.output.echo import echo
from vidindex.cli.output.tables import print_json, print_table


@click.group("models", invoke_without_command=True)
@json_option
@click.pass_context
def command(context: click.Context, as_json: bool) -> None:
    """List the models on this machine, with licence and size, and say which fit it.

    Nothing is ever downloaded but by `vidindex models pull NAME`.
    """
    if context.invoked_subcommand:
        return
    from vidindex.adapters.vision.checkpoints.catalog import installed, resolve

    models = installed()
    chosen = resolve("auto")
    if as_json:
        print_json({"models": models, "auto": chosen.name if chosen else None})
        return
    rows = [
        [
            model.name,
            f"{model.memory_bytes / 1e9:.1f} GB",
            model.licence,
            model.problem or ("fits" if model.fits else "too large for this machine"),
        ]
        for model in models
    ]
    print_table(["model", "memory", "licence", "here"], rows)
    echo(f"--model auto takes: {chosen.name if chosen else 'none of them'}")


@command.command("pull")
@click.argument("name")
def pull(name: str) -> None:
    """Download checkpoint NAME, e.g. Qwen/Qwen2.5-VL-7B-Instruct; prints its licence first.

    A download that broke off continues where it stopped. The text model is fetched by the
    same command: sentence-transformers/all-MiniLM-L6-v2.
    """
    from vidindex.composition import pull_model

    folder = pull_model(name, lambda line: echo(line, err=True))
    echo(f"{name} is in {folder}")
