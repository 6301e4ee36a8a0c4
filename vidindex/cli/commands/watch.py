"""`vidindex watch`: index footage as it comes, and run a command on what is found in it."""

import json
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import click

from vidindex.cli.main import EXIT_DONE, EXIT_SOME_FAILED
from vidindex.cli.options import (
    Duration,
    backend_option,
    embedder_option,
    follow_links_option,
    frames_option,
    json_option,
    library_option,
    model_option,
    speech_option,
)
from vidindex.cli.output.echo import echo
from vidindex.cli.output.progress import TerminalProgress
from vidindex.core.formatting.terminal import one_line
from vidindex.core.formatting.to_json import jsonable

if TYPE_CHECKING:
    from vidindex.settings import Backend, Embedding, SpeechOptions


@click.command("watch")
@click.argument("folders", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--search",
    "searches",
    multiple=True,
    metavar="WORDS",
    help="Look for this in all new footage; can be repeated. Verified hits are reported.",
)
@click.option(
    "--exec",
    "command_line",
    metavar="CMD",
    help="Run this on each verified hit, without a shell: VIDINDEX_FILE, VIDINDEX_START, "
    "VIDINDEX_END, VIDINDEX_TEXT, VIDINDEX_PROBABILITY, ... say which; the same as JSON on its "
    "standard input.",
)
@click.option(
    "--timeout",
    type=Duration(),
    default=60.0,
    show_default="60s",
    help="A command that takes longer is stopped; one that fails is tried three times.",
)
@click.option(
    "--settle",
    type=Duration(),
    default=10.0,
    show_default="10s",
    help="A file is opened once its size and time have not changed for so long.",
)
@click.option(
    "--patience",
    type=Duration(),
    default=600.0,
    show_default="10m",
    help="So long a file that cannot be opened yet is waited for before it is reported.",
)
@click.option(
    "--every", type=Duration(), default=5.0, show_default="5s", help="Look again after so long."
)
@click.option("--thorough", is_flag=True, help="Check more candidates of each new video.")
@click.option("--once", is_flag=True, help="One round over all there is, then stop (for cron).")
@follow_links_option
@click.option("--no-ocr", is_flag=True, help="Do not read on-screen text.")
@speech_option
@frames_option
@library_option
@model_option
@embedder_option
@backend_option
@click.option("-q", "--quiet", is_flag=True, help="No progress.")
@json_option
def command(
    folders: tuple[Path, ...],
    library: Path,
    model: str,
    embedder: "Embedding",
    backend: "Backend",
    searches: tuple[str, ...],
    command_line: str | None,
    timeout: float,
    settle: float,
    patience: float,
    every: float,
    thorough: bool,
    once: bool,
    follow_links: bool,
    no_ocr: bool,
    speech: str | None,
    speech_options: "SpeechOptions",
    frames: str,
    quiet: bool,
    as_json: bool,
) -> int:
    """Index what is new or moved in FOLDERS as it comes, until interrupted.

    A file is taken once it has stopped growing. FOLDERS are looked at again and again, as
    network mounts (SMB, NFS) give no notice of what others write. A mount that vanishes is
    waited for; its files are not declared missing. Stop and start it as you like: nothing is
    done or reported twice, nothing is missed. With --json, one line for each thing that happens.

    A search looks at footage that comes after it was first named; what the library held then
    is old. Hits are reported, and given to the command, once they are verified.
    """
    from pipelines.watch.hook import Hook
    from pipelines.watch.run import WatchOptions
    from vidindex.app import Settings, open_library
    from vidindex.errors import InputError, LibraryLocked

    if command_line and not searches:
        raise InputError("--exec runs on hits, and nothing is searched for", "add --search WORDS")
    hook = Hook.parse(command_line, timeout) if command_line else None
    options = WatchOptions(settle, every, patience, searches, thorough, hook)
    settings = Settings(
        model=model,
        embedder=embedder,
        backend=backend,
        ocr=not no_ocr,
        speech=speech,
        speech_options=speech_options,
        frames=frames,
        follow_links=follow_links,
    )

    def tell(what: str, message: str, **facts: object) -> None:
        if as_json:
            line = {"what": what, "message": message} | {k: jsonable(v) for k, v in facts.items()}
            echo(json.dumps(line, ensure_ascii=True))
        elif what == "hit":
            echo(message)
        else:
            echo(one_line(message), err=True)

    with suppress(LibraryLocked), open_library(library, settings):
        pass  # it is created where missing; watching locks it only for moments
    progress = TerminalProgress(quiet=quiet or as_json)
    with open_library(library, settings, write=False) as app:
        done = app.watch(folders, options, tell, once=once, progress=progress)
    tell(
        "done",
        f"files ingested: {done.files:,}, failed: {done.failed:,}; hits: {done.hits:,}",
        **jsonable(done),
    )
    return EXIT_SOME_FAILED if done.failed or done.commands_failed else EXIT_DONE
