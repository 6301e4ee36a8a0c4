"""Pages for people: sheets of answers and of evidence, reports of timelines; knows no library."""

from vidindex.adapters.reports.answer_sheet import write
from vidindex.adapters.reports.evidence_page import write_evidence
from vidindex.adapters.reports.timeline_page import write_timeline

__all__ = ["write", "write_evidence", "write_timeline"]
