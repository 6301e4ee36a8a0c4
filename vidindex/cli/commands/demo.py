"""`vidindex demo`: the main job on films made from nothing."""

import shutil
from pathlib import Path

import click


@click.command("demo")
@click.option(
    "--output",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("demo"),
    show_default=True,
    help="The folder for films, library and exports; replaced if it exists.",
)
@click.option("--quick", is_flag=True, help="Fewer and shorter films.")
@click.option("-q", "--quiet", is_flag=True, help="No progress.")
def command(output: Path, quick: bool, quiet: bool) -> None:
    """Make a few films, ingest them with the bundled model, search and export.

    Downloads nothing. The bundled model knows coloured shapes only: the demo shows that
    the machinery works, not how accurate a large model is on footage.
    """
    from vidindex.cli.demo import FULL, QUICK, run

    for made in ("footage", "library", "subtitles", "frames-library", "spoken", "speech-library"):
        shutil.rmtree(output / made, ignore_errors=True)
    run(output.resolve(), QUICK if quick else FULL, quiet=quiet)
