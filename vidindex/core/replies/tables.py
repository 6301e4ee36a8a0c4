"""Parse Markdown, tab- and comma-separated tables whose header names times."""

import csv
from typing import Final

from vidindex.core.replies import keys
from vidindex.core.replies.records import Fields, RecordReader
from vidindex.core.replies.values import Findings, Tally

_DELIMITERS: Final = ("|", "\t", ",", ";")


def read_tables(text: str, tally: Tally, *, describes: bool = False) -> Findings:
    """The spans of every table; rows belong to the header above, up to the first other line."""
    reader = RecordReader(tally, describes=describes)
    header: list[str] = []
    delimiter = ""
    for line in text.split("\n"):
        cells = _cells(line, delimiter) if header else []
        if header and len(cells) >= 2:
            _read_row(reader, header, cells)
            continue
        header, delimiter = _header(line)
    return reader.found


def _header(line: str) -> tuple[list[str], str]:
    for delimiter in _DELIMITERS:
        cells = _cells(line, delimiter)
        if len(cells) >= 2 and len(line) < 300 and _names_times(cells):
            return cells, delimiter
    return [], ""


def _names_times(cells: list[str]) -> bool:
    if any(sum(char.isdigit() for char in cell) > 1 for cell in cells):
        return False
    starts_and_ends = any(map(keys.is_start, cells)) and any(map(keys.is_end, cells))
    return starts_and_ends or any(map(keys.is_range, cells))


def _cells(line: str, delimiter: str) -> list[str]:
    if delimiter not in line:
        return []
    if delimiter == "|":
        return [cell.strip(" *_`") for cell in line.strip().strip("|").split("|")]
    try:
        rows = list(csv.reader([line], delimiter=delimiter, skipinitialspace=True))
    except csv.Error:  # a bare carriage return, or a cell without end: no table
        return []
    return [cell.strip() for cell in rows[0]] if rows else []


def _read_row(reader: RecordReader, header: list[str], cells: list[str]) -> None:
    fields: Fields = [(key, cell) for key, cell in zip(header, cells, strict=False)]
    if any(cell.strip(":- ") for cell in cells):
        reader.read_fields(fields)
