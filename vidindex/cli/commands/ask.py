"""`vidindex ask`: a question, answered from what was found and verified."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from vidindex.cli.main import EXIT_CODES, EXIT_UNSURE
from vidindex.cli.options import (
    backend_option,
    embedder_option,
    filter_options,
    json_option,
    library_option,
    model_option,
    read_filters,
)
from vidindex.cli.output.echo import echo
from vidindex.cli.output.tables import print_json
from vidindex.errors import InputError

if TYPE_CHECKING:
    from vidindex.core.answering.answers import Answer
    from vidindex.settings import Backend, Embedding

MAX_CITED = 12


@click.command("ask")
@click.argument("words", metavar="QUESTION...", nargs=-1, required=True)
@filter_options
@click.option("--thorough", is_flag=True, help="Check more candidates.")
@click.option(
    "--calls",
    type=click.IntRange(min=1),
    default=40,
    show_default=True,
    help="Calls of the model for each question, at most.",
)
@click.option(
    "--report",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write the answer, its evidence and its steps on a printable sheet (HTML).",
)
@click.option("--rephrase", is_flag=True, help="Let the model put the answer into its own words.")
@library_option
@model_option
@embedder_option
@backend_option
@click.option("-q", "--quiet", is_flag=True, help="No progress.")
@json_option
def command(
    words: tuple[str, ...],
    library: Path,
    model: str,
    embedder: "Embedding",
    backend: "Backend",
    thorough: bool,
    calls: int,
    report: Path | None,
    rephrase: bool,
    quiet: bool,
    as_json: bool,
    **filters: Any,
) -> int:
    """Answer a QUESTION, such as: did anyone open the gate today in camera 3?

    Days, hours, cameras and files are taken out of the question; the options narrow further.
    Whether, when, how often, and what is before, after, between, during, first or last, is
    answered by rule: yes where fresh frames show it, no where all that was asked about was looked
    at for this question, or where misses are calibrated, else unsure. What, which, who, why and how
    is answered by looking: a model is shown the best moments, and each of its sentences is
    checked against the frames that it cites; what fails is left out. Each sentence names its
    events [1]. Questions may be in English, German, French, Spanish or Chinese; several questions
    are answered one by one.

    Exit codes: 0 yes or answered, 3 no, 4 unsure or not found in what was looked at, 5 not looked
    at, 6 it cannot be told; of several questions the highest.
    """
    from vidindex.app import Settings, open_library
    from vidindex.cli.output.audit import log
    from vidindex.cli.output.progress import TerminalProgress
    from vidindex.core.answering.several import split_questions

    if report and len(split_questions(" ".join(words))) > 1:
        raise InputError("--report writes one answer", "ask one question at a time")
    with open_library(
        library, Settings(model=model, embedder=embedder, backend=backend), write=False
    ) as app:
        given = read_filters(app, **filters)
        progress = TerminalProgress(quiet=quiet or as_json)
        log(app, "ask", question=" ".join(words), filters=given, thorough=thorough)
        answer = app.ask(
            " ".join(words),
            given,
            thorough=thorough,
            rephrase=rephrase,
            calls=calls,
            progress=progress,
        )
        log(app, "answered", verdict=answer.verdict, results=answer.count)
        if report:
            log(app, "export", format="html", of="ask", which=[])
            written = app.report(answer, report, progress=progress)
    for note in answer.notes:
        echo(f"note: {note}", err=True)
    if as_json:
        print_json(answer)
    else:
        print_answer(answer, thorough=thorough)
    if report:
        echo(f"wrote {written}", err=as_json)
    kinds = [one.conclusion.kind for one in (answer, *answer.further)]
    return max(EXIT_UNSURE if kind == "unchecked" else EXIT_CODES[kind] for kind in kinds)


def print_answer(answer: "Answer", *, thorough: bool = False) -> None:
    """The answer, its citations, and what it rests on."""
    from vidindex.core.formatting.terminal import one_line

    for one in (answer, *answer.further):
        if answer.further:
            echo(one_line(one.asked.question))
        _print_one(one, thorough=thorough)


def _print_one(answer: "Answer", *, thorough: bool) -> None:
    from vidindex.cli.output.answer import print_citations, print_rephrased
    from vidindex.core.answering.citations import with_cites
    from vidindex.core.answering.question_words import looked_for

    echo(looked_for(answer.asked))
    for sentence in answer.sentences:
        echo(with_cites(sentence, MAX_CITED))
    print_citations(answer.citations, answer.sentences, MAX_CITED)
    print_rephrased(answer.rephrased)
    echo(answer.basis)
    if answer.calls:
        echo(f"{answer.calls} of at most {answer.max_calls} calls of the model")
    left = answer.coverage.candidates - answer.coverage.checked
    if answer.verdict not in ("yes", "answered") and left > 0 and not thorough:
        echo(f"{left:,} weaker candidates were not checked; --thorough checks more")
