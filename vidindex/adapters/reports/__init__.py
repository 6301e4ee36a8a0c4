"""Render HTML pages: answer sheets, evidence sheets and timeline reports."""

from vidindex.adapters.reports.answer_sheet import write
from vidindex.adapters.reports.evidence_page import write_evidence
from vidindex.adapters.reports.timeline_page import write_timeline

__all__ = ["write", "write_evidence", "write_timeline"]
