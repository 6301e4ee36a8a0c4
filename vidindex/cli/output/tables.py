"""Print tables and JSON."""

import json
from collections.abc import Iterable, Sequence
from typing import Any

from vidindex.cli.output.echo import echo, echo_lines, shown
from vidindex.core.formatting.to_json import jsonable


def print_json(value: Any) -> None:
    """One JSON document on stdout; dataclasses, paths and dates as people expect them."""
    echo_lines(json.dumps(jsonable(value), ensure_ascii=False, indent=2))


def print_table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print columns as wide as their widest cell; numbers are aligned to the right."""
    lines = [list(header), *([_cell(cell) for cell in row] for row in rows)]
    widths = [max(len(line[i]) for line in lines) for i in range(len(header))]
    for line in lines:
        cells = (
            cell.rjust(width) if _is_number(cell) else cell.ljust(width)
            for cell, width in zip(line, widths, strict=True)
        )
        echo("  ".join(cells).rstrip())


def _cell(text: str) -> str:
    return shown(" ".join(text.splitlines()))


def _is_number(cell: str) -> bool:
    return cell.replace(".", "").replace(",", "").replace("-", "").isdigit()
