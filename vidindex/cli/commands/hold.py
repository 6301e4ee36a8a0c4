"""`vidindex hold`: keep videos from being erased, until they are released."""

from pathlib import Path

import click

from vidindex.cli.options import json_option, library_option
from vidindex.cli.output.echo import echo
from vidindex.cli.output.tables import print_json


@click.command("hold")
@click.argument("videos", nargs=-1)
@library_option
@click.option("--reason", default="", help="Why, such as the case that needs them.")
@click.option("--release", is_flag=True, help="Let go of VIDEOS instead.")
@json_option
def command(
    videos: tuple[str, ...], library: Path, reason: str, release: bool, as_json: bool
) -> None:
    """Hold VIDEOS (paths, file names, globs or ids): neither `remove` nor `prune` erases them.

    Nothing overrides a hold; it ends when it is released. Without VIDEOS, list what is held. What
    is known of a held video stays even where its file is edited or deleted.
    """
    from vidindex.app import open_library
    from vidindex.core.formatting.terminal import one_line

    if release and (reason or not videos):
        raise click.UsageError("--release takes VIDEOS, and no --reason")
    if reason and not videos:
        raise click.UsageError("hold what? name VIDEOS")
    with open_library(library, write=False, edit=bool(videos)) as app:
        if release:
            names = app.find(videos)
            app.release(videos)
            if as_json:
                print_json({"released": names})
            for name in () if as_json else names.values():
                echo(f"released {one_line(name)}")
            return
        holds = app.hold(videos, reason) if videos else app.holds()
        name_of = app.library.videos.name
        held = [(one_line(name_of(hold.video_id)), hold) for hold in holds]
    if as_json:
        print_json([hold for _, hold in held])
    elif not held:
        echo("nothing is held")
    else:
        for name, hold in held:
            echo(f"{name}: {one_line(str(hold))}")
