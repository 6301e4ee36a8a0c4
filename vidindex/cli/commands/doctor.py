"""`vidindex doctor`: what this machine can do, and whether a library is sound."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from vidindex.cli.main import EXIT_DONE, EXIT_SOME_FAILED
from vidindex.cli.options import backend_option, json_option, library_option
from vidindex.cli.output.echo import echo
from vidindex.cli.output.progress import TerminalProgress
from vidindex.cli.output.tables import print_json
from vidindex.errors import InputError, ModelNotFound

if TYPE_CHECKING:
    from vidindex.diagnostics.results import Checkup
    from vidindex.settings import Backend
    from vidindex.types import ModelLimits


@click.command("doctor")
@library_option
@click.option(
    "--repair", is_flag=True, help="Rebuild what can be derived: indexes, words, vector files."
)
# Not called `model`: that one in the config file is no wish to have it checked each time.
@click.option(
    "model_name", "--model", help="Play clips of known events to this model: can it be relied on?"
)
@backend_option
@click.option(
    "--both-times",
    is_flag=True,
    help="With --model: check it with times as text, too, and say which way is the better.",
)
@click.option(
    "--serve-command",
    is_flag=True,
    help="Print the `vllm serve` line for this machine's cards and the model (--model).",
)
@click.option("-q", "--quiet", is_flag=True, help="No progress.")
@json_option
def command(
    library: Path,
    repair: bool,
    model_name: str | None,
    backend: "Backend",
    both_times: bool,
    serve_command: bool,
    quiet: bool,
    as_json: bool,
) -> int:
    """Check this machine (decoders, text model, vision models, licences) and the library.

    Every line says what was found and, where something is missing, how to get it. With --model,
    check that model instead: generated clips show whether it gives right times, writes what can
    be read and means its Yes and No; ingest and search warn where it does not. With
    --serve-command, say how to serve it instead, and start nothing.
    """
    if serve_command:
        return _print_serving(model_name or "auto", as_json=as_json)
    if model_name is not None or _is_named("endpoint"):
        name = model_name or "auto"
        return _check_model(name, backend, both_times, quiet=quiet, as_json=as_json)
    if both_times:
        raise InputError("--both-times is of the check of a model", "name it: --model")
    from vidindex.diagnostics.machine import examine

    findings = examine(library, repair=repair)
    if as_json:
        print_json(findings)
    else:
        for finding in findings:
            echo(f"{'ok     ' if finding.ok else 'missing'} {finding.what}: {finding.detail}")
    return EXIT_DONE if all(f.ok or not f.needed for f in findings) else EXIT_SOME_FAILED


def _is_named(option: str) -> bool:
    """Whether it is on this command line; one in the environment does not ask for a check."""
    source = click.get_current_context().get_parameter_source(option)
    return source is click.core.ParameterSource.COMMANDLINE


def _print_serving(name: str, *, as_json: bool) -> int:
    from vidindex.diagnostics.machine import serving

    found = serving(name)
    if as_json:
        print_json(found)
        return EXIT_DONE
    for line in found.commands:
        echo(line)
    named = " ".join(f"--endpoint {url}" for url in found.endpoints)
    echo(f"note: when it is up: vidindex ingest FOLDER {named}", err=True)
    return EXIT_DONE


def _check_model(
    name: str, backend: "Backend", both_times: bool, *, quiet: bool, as_json: bool
) -> int:
    from vidindex.cli.output.model_check import check_as_json, print_check
    from vidindex.diagnostics.results import choose_times

    found, limits = _checked(name, backend, quiet=quiet or as_json)
    if not both_times:
        print_json(check_as_json(found)) if as_json else print_check(found)
        return EXIT_SOME_FAILED if found.faults else EXIT_DONE
    other, _ = _checked(name, _other_times(backend, limits), quiet=quiet or as_json)
    chosen = choose_times(found, other)
    if as_json:
        print_json(check_as_json(found) | {"as_text": check_as_json(other), "times": chosen})
    else:
        print_check(found)
        echo("")
        print_check(other)
        echo("")
        echo(chosen)
    return EXIT_SOME_FAILED if found.faults and other.faults else EXIT_DONE


def _other_times(backend: "Backend", limits: "ModelLimits") -> "Backend":
    """The same with times as text; InputError where they are text already."""
    from vidindex.core.families import family_named
    from vidindex.core.prompts.times_as_text import TIMES_AS_TEXT

    if TIMES_AS_TEXT in limits.identity or family_named(limits.family).time_style == "text":
        raise InputError(
            f"the times of {limits.identity} are text already", "leave out --both-times"
        )
    return replace(backend, times_as_text=True)


def _checked(name: str, backend: "Backend", *, quiet: bool) -> "tuple[Checkup, ModelLimits]":
    """The check, which is kept, and what was checked."""
    from vidindex.composition import build_model
    from vidindex.core.prompts import QWEN25_VL
    from vidindex.diagnostics.history import keep
    from vidindex.diagnostics.run import check

    model = build_model(name, backend)
    if model is None:
        raise ModelNotFound(f"no model for {name!r} on this machine", "see: vidindex models")
    found = check(model, QWEN25_VL, TerminalProgress(quiet=quiet))
    keep(found)
    return found, model.limits
