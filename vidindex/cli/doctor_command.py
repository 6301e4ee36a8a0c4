"""`vidindex doctor`: what this machine can do, and whether a library is sound."""

from pathlib import Path

import click

from vidindex.cli.main import EXIT_DONE, EXIT_SOME_FAILED
from vidindex.cli.options import json_option, library_option
from vidindex.cli.output import print_json


@click.command("doctor")
@library_option
@click.option("--repair", is_flag=True, help="Rebuild what can be derived: the vector index.")
@json_option
def command(library: Path, repair: bool, as_json: bool) -> int:
    """Check this machine (decoders, text model, vision models and their licences) and the library.

    Every line says what was found and, where something is missing, how to get it.
    """
    from vidindex.doctor import examine

    findings = examine(library, repair=repair)
    if as_json:
        print_json(findings)
    else:
        for finding in findings:
            click.echo(f"{'ok     ' if finding.ok else 'missing'} {finding.what}: {finding.detail}")
    return EXIT_DONE if all(f.ok or not f.needed for f in findings) else EXIT_SOME_FAILED
