"""`vidindex models`: which vision checkpoints are here, and fetching one."""

import click

from vidindex.cli.options import json_option
from vidindex.cli.output.echo import echo
from vidindex.cli.output.tables import print_json


@click.group("models", invoke_without_command=True)
@json_option
@click.pass_context
def command(context: click.Context, as_json: bool) -> None:
    """List the models on this machine, which fit it, and those of every family that could be here.

    Nothing is ever downloaded but by `vidindex models pull NAME`.
    """
    if context.invoked_subcommand:
        return
    from vidindex.adapters.embed_frames.checkpoint import installed as installed_dual_encoders
    from vidindex.adapters.vision.checkpoints.auto_choice import choose
    from vidindex.adapters.vision.checkpoints.catalog import installed
    from vidindex.adapters.vision.checkpoints.official import OFFICIAL
    from vidindex.cli.output.models import (
        listed,
        picture_model,
        print_models,
        print_picture_models,
    )
    from vidindex.composition import build_frame_embedder

    models, choice = installed(), choose()
    pictures, frames = installed_dual_encoders(), build_frame_embedder("auto")
    families = listed(OFFICIAL, models)
    if as_json:
        auto = choice.checkpoint.name if choice.checkpoint else None
        print_json(
            {
                "models": models,
                "auto": auto,
                "why": choice.why,
                "families": families,
                "picture_models": [picture_model(one) for one in pictures],
                "frames_auto": frames.space.model if frames else None,
            }
        )
    else:
        print_models(models, families, choice)
        print_picture_models([picture_model(one) for one in pictures], frames)


@command.command("pull")
@click.argument("name")
def pull(name: str) -> None:
    """Download checkpoint NAME, e.g. Qwen/Qwen2.5-VL-7B-Instruct; prints its licence first.

    A download that broke off continues where it stopped. The text model is fetched by the
    same command: sentence-transformers/all-MiniLM-L6-v2; and so are dual encoders, which embed
    frames: google/siglip2-base-patch32-256.
    """
    from vidindex.composition import pull_model

    folder = pull_model(name, lambda line: echo(line, err=True))
    echo(f"{name} is in {folder}")
