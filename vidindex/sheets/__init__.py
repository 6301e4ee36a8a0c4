"""Pages for people: sheets of answers and of evidence, reports of timelines; knows no library."""

from vidindex.sheets.evidence_page import write_evidence
from vidindex.sheets.page import write
from vidindex.sheets.timeline_page import write_timeline

__all__ = ["write", "write_evidence", "write_timeline"]
