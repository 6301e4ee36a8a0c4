"""`vidindex ask`: a question, answered from what was found and verified."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from vidindex.cli.main import EXIT_CODES, EXIT_UNSURE
from vidindex.cli.options import (
    backend_option,
    filter_options,
    json_option,
    library_option,
    model_option,
    read_filters,
)
from vidindex.cli.output.echo import echo
from vidindex.cli.output.tables import print_json

if TYPE_CHECKING:
    from vidindex.core.answering.answers import Answer
    from vidindex.settings import Backend

MAX_CITED = 12


@click.command("ask")
@click.argument("words", metavar="QUESTION...", nargs=-1, required=True)
@filter_options
@click.option("--thorough", is_flag=True, help="Check more candidates.")
@click.option("--rephrase", is_flag=True, help="Let the model put the answer into its own words.")
@library_option
@model_option
@backend_option
@json_option
def command(
    words: tuple[str, ...],
    library: Path,
    model: str,
    backend: "Backend",
    thorough: bool,
    rephrase: bool,
    as_json: bool,
    **filters: Any,
) -> int:
    """Answer a QUESTION in English, such as: did anyone open the gate today in camera 3?

    Days, hours, cameras and files are taken out of the question; the options narrow further.
    The answer is made by rule: yes where fresh frames show it, no where all that was asked
    about was looked at for this question, or where misses are calibrated, else unsure. Each
    sentence names its events [1].

    Exit codes: 0 yes, 3 no, 4 unsure or not found in what was looked at, 5 not looked at.
    """
    from vidindex.app import Settings, open_library
    from vidindex.cli.output.audit import log

    with open_library(library, Settings(model=model, backend=backend), write=False) as app:
        given = read_filters(app, **filters)
        log(app, "ask", question=" ".join(words), filters=given, thorough=thorough)
        answer = app.ask(" ".join(words), given, thorough=thorough, rephrase=rephrase)
        log(app, "answered", verdict=answer.verdict, results=answer.count)
    for note in answer.notes:
        echo(f"note: {note}", err=True)
    if as_json:
        print_json(answer)
    else:
        print_answer(answer, thorough=thorough)
    kind = answer.conclusion.kind
    return EXIT_UNSURE if kind == "unchecked" else EXIT_CODES[kind]


def print_answer(answer: "Answer", *, thorough: bool = False) -> None:
    """The answer, its citations, and what it rests on."""
    from vidindex.cli.output.answer import print_citations, print_rephrased
    from vidindex.core.answering.citations import with_cites
    from vidindex.core.formatting.terminal import one_line

    asked = answer.asked
    narrowed = f" in {asked.where_and_when}" if asked.where_and_when else ""
    echo(f"looked for “{one_line(asked.looked_for)}”{narrowed}")
    for sentence in answer.sentences:
        echo(with_cites(sentence, MAX_CITED))
    print_citations(answer.citations, answer.sentences, MAX_CITED)
    print_rephrased(answer.rephrased)
    echo(answer.basis)
    left = answer.coverage.candidates - answer.coverage.checked
    if answer.verdict != "yes" and left > 0 and not thorough:
        echo(f"{left:,} weaker candidates were not checked; --thorough checks more")
