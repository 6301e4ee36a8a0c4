"""Read on-screen text with RapidOCR."""

from vidindex.adapters.ocr_rapid.engine import Choice, choose_engine
from vidindex.adapters.ocr_rapid.isolated import ChildSegmentReader
from vidindex.adapters.ocr_rapid.reader import RapidOcrReader, ReaderSettings, one_of_many
from vidindex.adapters.ocr_rapid.recogniser import BUNDLED_MODEL, Recogniser, open_recogniser

__all__ = [
    "BUNDLED_MODEL",
    "ChildSegmentReader",
    "Choice",
    "RapidOcrReader",
    "ReaderSettings",
    "Recogniser",
    "choose_engine",
    "one_of_many",
    "open_recogniser",
]
