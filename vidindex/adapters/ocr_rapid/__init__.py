"""Read on-screen text with RapidOCR."""

from vidindex.adapters.ocr_rapid.engine import Choice, choose_engine
from vidindex.adapters.ocr_rapid.isolated import ChildSegmentReader
from vidindex.adapters.ocr_rapid.reader import RapidOcrReader, ReaderSettings

__all__ = ["ChildSegmentReader", "Choice", "RapidOcrReader", "ReaderSettings", "choose_engine"]
