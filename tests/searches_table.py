"""Search films made of subtitle lines and print how often the first answer is right.

`python tests/searches_table.py FILE` reads a JSON file of films (names and their lines), queries
with the lines that answer them, and absent queries. It makes each film as a plain picture with a
subtitle file beside it, indexes them in a temporary library without a vision model, and prints
R@1 by kind of query with the number of queries. It exits with 1 where a query is answered wrong.
"""

import json
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import numpy as np
import pysubs2

from vidindex.adapters.media.ffmpeg import encode
from vidindex.app import App, Settings, open_library
from vidindex.cli.output.tables import print_table
from vidindex.settings import Embedding

FIRST_LINE_S, LINE_S = 2.0, 3.0
WIDTH, HEIGHT, FPS = 64, 36, 1


@dataclass(frozen=True, slots=True)
class LineQuery:
    """A query and the texts of the lines that answer it; without lines it is absent."""

    text: str
    kind: str
    right: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Answer:
    """The texts of the moments that a search returned, best first."""

    query: LineQuery
    texts: tuple[str, ...]

    @property
    def is_right(self) -> bool:
        """Whether the first moment answers the query, or nothing was returned for an absent one."""
        if not self.query.right:
            return not self.texts
        return bool(self.texts) and self.texts[0] in self.query.right


def read_queries(table: Mapping[str, Any]) -> list[LineQuery]:
    """The queries of a table, the absent ones last under the kind "absent"."""
    films = table["films"]
    absent = [{"query": row} if isinstance(row, str) else row for row in table.get("absent", ())]
    return [
        *(
            LineQuery(row["query"], _kind(row, "all"), _right(films, row["right"]))
            for row in table["queries"]
        ),
        *(LineQuery(row["query"], _kind(row, "absent")) for row in absent),
    ]


def _kind(row: Mapping[str, Any], usual: str) -> str:
    """The kind of a query, with the half of the table that it belongs to."""
    half = f", {row['half']}" if "half" in row else ""
    return f"{row.get('kind', usual)}{half}"


def _right(films: Mapping[str, Sequence[str]], right: Any) -> tuple[str, ...]:
    """Lines given by their text, or as [film, number from 0] pairs."""
    if isinstance(right, str):
        return (right,)
    return tuple(films[film][number] for film, number in right)


def make_film(path: Path, lines: Sequence[str], every_s: float, grey: int) -> None:
    """A plain picture, and `path` with the suffix .srt: line i starts at 2 + i * every_s."""
    duration_s = FIRST_LINE_S + len(lines) * every_s
    plain = np.full((HEIGHT, WIDTH, 3), grey, np.uint8)
    encode(path, [plain] * round(duration_s * FPS), WIDTH, HEIGHT, FPS)
    track = pysubs2.SSAFile()
    for number, text in enumerate(lines):
        start_s = FIRST_LINE_S + number * every_s
        times = pysubs2.make_time(s=start_s), pysubs2.make_time(s=start_s + LINE_S)
        track.append(pysubs2.SSAEvent(*times, text=text))
    path.with_suffix(".srt").write_text(track.to_string("srt"), encoding="utf-8")


def make_library(app: App, films: Mapping[str, Sequence[str]], folder: Path, every_s: float) -> App:
    """Make the films in `folder`, index them, and return the app."""
    for number, (name, lines) in enumerate(films.items()):
        make_film(folder / f"{name}.mp4", lines, every_s, 40 + 8 * number)  # equal films are one
    report = app.ingest(folder)
    assert not report.failed, report.failures
    return app


def search_all(app: App, queries: Sequence[LineQuery]) -> list[Answer]:
    """Run every query as `vidindex search` does."""
    return [
        Answer(query, tuple(moment.text for moment in app.search(query.text).moments))
        for query in queries
    ]


def answer_rows(answers: Sequence[Answer]) -> list[list[str]]:
    """R@1 by kind with the number of queries, then that of all queries that have an answer."""
    groups = {kind: [a for a in answers if a.query.kind == kind] for kind in _kinds(answers)}
    groups["present, together"] = [answer for answer in answers if answer.query.right]
    return [
        [kind, f"{sum(answer.is_right for answer in group)} of {len(group)}"]
        for kind, group in groups.items()
    ]


def _kinds(answers: Sequence[Answer]) -> list[str]:
    return list(dict.fromkeys(answer.query.kind for answer in answers))


def print_answers(answers: Sequence[Answer]) -> None:
    """Print R@1 by kind, and the first answer of each query that went wrong."""
    print_table(["kind", "right at 1"], answer_rows(answers))
    for answer in answers:
        if not answer.is_right:
            first = answer.texts[0] if answer.texts else "nothing"
            click.echo(
                f"wrong: {answer.query.kind}: {answer.query.text!r} -> {first}"
                f" ({len(answer.texts)} moments)"
            )


@click.command()
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option(
    "--every", "every_s", default=12.0, show_default=True, help="Seconds from one line to the next."
)
@click.option("--embedder", default="auto", show_default=True, help="The text model.")
@click.option("--embedder-endpoint", metavar="URL", help="Where it is served.")
@click.option("--half", help="Only the queries of this half: tuning or held-out.")
def main(
    file: Path, every_s: float, embedder: str, embedder_endpoint: str | None, half: str | None
) -> int:
    """Print R@1 by kind for the films, queries and absent queries of FILE."""
    text_model = Embedding(embedder, embedder_endpoint)
    table = json.loads(file.read_text(encoding="utf-8"))
    with tempfile.TemporaryDirectory() as place:
        footage = Path(place) / "footage"
        footage.mkdir()
        settings = Settings(model="none", ocr=False, embedder=text_model)
        with open_library(Path(place) / "library", settings) as app:
            make_library(app, table["films"], footage, every_s)
            asked = [one for one in read_queries(table) if one.kind.endswith(half or "")]
            answers = search_all(app, asked)
    print_answers(answers)
    return 0 if all(answer.is_right for answer in answers) else 1


if __name__ == "__main__":
    sys.exit(main(standalone_mode=False))
