"""Print tables and JSON."""

import json
from collections.abc import Iterable, Sequence
from typing import Any

import click

from vidindex.core.formatting.to_json import jsonable


def print_json(value: Any) -> None:
    """One JSON document on stdout; dataclasses, paths and dates as people expect them."""
    click.echo(json.dumps(jsonable(value), ensure_ascii=False, indent=2))


def print_table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print columns as wide as their widest cell; numbers are aligned to the right."""
    lines = [list(header), *(list(row) for row in rows)]
    widths = [max(len(line[i]) for line in lines) for i in range(len(header))]
    for line in lines:
        cells = (
            cell.rjust(width) if _is_number(cell) else cell.ljust(width)
            for cell, width in zip(line, widths, strict=True)
        )
        click.echo("  ".join(cells).rstrip())


def _is_number(cell: str) -> bool:
    return cell.replace(".", "").replace(",", "").replace("-", "").isdigit()
