"""Define the `vidindex` command group: find commands by name, turn errors into exit codes."""

import errno
import importlib
import io
import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NoReturn

import click

from vidindex.cli.output.echo import echo, echo_lines
from vidindex.errors import InputError, LibraryError, VidindexError

if TYPE_CHECKING:
    from vidindex.types.search import ConclusionKind

COMMANDS = {
    "ask": "answer a question yes, no or unsure, each sentence tied to an event",
    "audit": "show who searched, and took what out",
    "backup": "copy a library in use to a folder, from which it can be restored",
    "bench": "measure accuracy and speed",
    "calibrate": "learn what the model's scores are worth",
    "cameras": "say who filmed, in which zone, and how far each clock is off",
    "clip": "cut hits out of their files, exactly and checked",
    "demo": "make a small library and do the main job on it",
    "doctor": "check this machine and a library, and repair what can be derived",
    "eval": "make and score answers to queries whose truth is known",
    "evidence": "pack whole originals with all that is known of hits, or check a package",
    "export": "write event timelines for people and programs",
    "hold": "keep videos from being erased",
    "import": "restore a library from its export",
    "ingest": "index folders of video",
    "list": "list the videos of a library",
    "mark": "keep, reject or note hits",
    "mcp": "let agents search the library by the Model Context Protocol",
    "models": "show, or fetch, the models on this machine",
    "plan": "print what an ingest would cost, before anything is spent",
    "prune": "erase videos that are gone, or old",
    "remove": "erase videos from a library (never the files themselves)",
    "restore": "make a library out of its backup",
    "search": "find moments in plain words",
    "serve": "serve a page to search and look, and a REST interface",
    "status": "show what is indexed, what failed and what is left to do",
    "summarize": "summarize what happened in a file, by a camera or on a day",
    "tokens": "say who may use a server that other machines can reach",
    "transcript": "show what is said in a video, save it, correct it",
    "watch": "index footage as it comes, and run a command on what is found in it",
}

EXIT_DONE, EXIT_SOME_FAILED, EXIT_BAD_INPUT = 0, 1, 2
EXIT_NOTHING_FOUND, EXIT_UNSURE, EXIT_NOT_LOOKED_AT, EXIT_CANNOT_TELL = 3, 4, 5, 6
EXIT_DECLINED = 1
EXIT_INTERRUPTED = 130

EXIT_CODES: "dict[ConclusionKind, int]" = {
    "found": EXIT_DONE,
    "unchecked": EXIT_DONE,
    "unsure": EXIT_UNSURE,
    "not there": EXIT_NOTHING_FOUND,
    "not found": EXIT_UNSURE,
    "not looked at": EXIT_NOT_LOOKED_AT,
    "cannot be told": EXIT_CANNOT_TELL,
}
"""What a search leaves with, by its conclusion."""

_DISK_FAULTS = {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM, errno.EIO}


class LazyGroup(click.Group):
    """Lists commands from a table and imports only the one that is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module = "import_" if cmd_name == "import" else cmd_name
        command = importlib.import_module(f"vidindex.cli.commands.{module}").command
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(sorted(COMMANDS.items()))


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="vidindex")
def group() -> None:
    """Index folders of long video and search them in plain words.

    Hits are timestamps that were checked against the frames.

    Exit codes: 0 done or found, 1 some files failed or a question was answered no, 2 bad input,
    3 not there, 4 not found in what was looked at, or unsure, 5 nothing was looked at,
    6 an open question cannot be told, 130 interrupted.
    """


def main() -> NoReturn:
    """Run the command line and leave with the documented exit code."""
    sys.exit(run_command(None))


def run_command(words: Sequence[str] | None) -> int:
    """Run one command (`words`, or those of the process); its exit code."""
    try:
        result: Any = group.main(
            args=list(words) if words is not None else None,
            standalone_mode=False,
            auto_envvar_prefix="VIDINDEX",
            default_map=_defaults(),
        )
        return result if isinstance(result, int) else EXIT_DONE
    except click.ClickException as error:
        usage = io.StringIO()
        error.show(usage)
        echo_lines(usage.getvalue().rstrip(), err=True)
        return EXIT_BAD_INPUT
    except (click.Abort, KeyboardInterrupt):
        echo("interrupted; what was finished is kept, run the same command to go on", err=True)
        return EXIT_INTERRUPTED
    except BrokenPipeError:
        # The reader of stdout left (`vidindex list | head`): not an error of ours.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return EXIT_DONE
    except OSError as error:
        if error.errno not in _DISK_FAULTS:
            raise
        hint = "look at the disk's space and rights; finished work is kept"
        echo(f"vidindex: {error}; {hint}", err=True)
        return EXIT_BAD_INPUT
    except VidindexError as error:
        echo(f"vidindex: {error}", err=True)
        return EXIT_BAD_INPUT if isinstance(error, InputError | LibraryError) else EXIT_SOME_FAILED


def _defaults() -> dict[str, Any]:
    """The user's config file as click's default map: the same for every command."""
    from vidindex.config import read_config

    config = read_config()
    return dict.fromkeys(COMMANDS, config) if config else {}
