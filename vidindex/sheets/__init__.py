"""Pages for people: the sheet of an answer, the report of a timeline; knows no library."""

from vidindex.sheets.page import write
from vidindex.sheets.timeline_page import write_timeline

__all__ = ["write", "write_timeline"]
