"""Print citations and rephrased sentences of answers and summaries."""

from collections.abc import Iterable

from vidindex.cli.output.echo import echo
from vidindex.core.answering.citations import Citation, Sentence, citation_line, with_cites
from vidindex.core.answering.rephrase import Rephrased


def print_citations(
    citations: Iterable[Citation], sentences: Iterable[Sentence], most: int
) -> None:
    """The citations that `with_cites` names, a line each."""
    named = {number for one in sentences for number in one.cites[:most]}
    for citation in citations:
        if citation.number in named:
            echo(citation_line(citation))


def print_rephrased(rephrased: Rephrased | None) -> None:
    """Print the model's sentences that hold, and how many were dropped or why all were."""
    if rephrased is None:
        return
    if rephrased.problem:
        echo(f"not rephrased: {rephrased.problem}")
        return
    echo(f"in the words of {rephrased.model} ({rephrased.summary}):")
    for sentence in rephrased.sentences:
        echo(with_cites(sentence))
    if not rephrased.sentences:
        echo("nothing that it wrote is tied to an event")
