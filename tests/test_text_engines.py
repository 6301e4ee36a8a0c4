"""The engine that reads on-screen text: which it is, that it reads the same, and in silence."""

import sys
from importlib.util import find_spec

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont
from support.processes import run_to_end

from vidindex.adapters.ocr_rapid import RapidOcrReader, ReaderSettings, choose_engine
from vidindex.adapters.ocr_rapid.engine import Engine
from vidindex.types import Frame

needs_openvino = pytest.mark.skipif(
    find_spec("openvino") is None, reason="openvino is not installed (pip install 'vidindex[cpu]')"
)
READS_WITH_OPENVINO = """
import socket, sys
def refuse(*_, **__):
    raise AssertionError("a reader went to the network")
socket.create_connection = socket.getaddrinfo = refuse
import numpy as np
from vidindex.adapters.ocr_rapid import RapidOcrReader, ReaderSettings
from vidindex.types import Frame
RapidOcrReader(ReaderSettings("openvino", 1)).read(Frame(0, 0, np.zeros((64, 64, 3), np.uint8)))
print(sorted(name for name in sys.modules if "telemetry" in name))
print("openvino" in sys.modules)
"""


def shown(text: str, width: int = 640, height: int = 360) -> Frame:
    image = Image.new("RGB", (width, height), (40, 60, 90))
    ImageDraw.Draw(image).text((40, 40), text, "white", ImageFont.load_default(28))
    return Frame(1.5, 1.5, np.asarray(image))


@needs_openvino
def test_both_engines_find_and_read_the_same() -> None:
    frame = shown("HARBOUR WEST 14:22")
    engines: tuple[Engine, Engine] = ("openvino", "onnxruntime")
    readers = [RapidOcrReader(ReaderSettings(engine, 1)) for engine in engines]
    one, other = (reader.read(frame) for reader in readers)
    assert [(line.text, line.box) for line in one] == [(line.text, line.box) for line in other]
    assert [line.text for line in one] == ["HARBOUR WEST 14:22"]
    # In bfloat16, which OpenVINO prefers where the processor has it, scores differ by 1e-4.
    assert one[0].score == pytest.approx(other[0].score, abs=2e-5)
    assert readers[0].name == readers[1].name


@needs_openvino
def test_openvino_reports_nothing_to_its_makers() -> None:
    done = run_to_end([sys.executable, "-c", READS_WITH_OPENVINO])
    assert done.stdout.splitlines()[-2:] == ["[]", "True"]


def test_a_kind_of_processor_that_was_not_measured_reads_with_onnxruntime() -> None:
    choice = choose_engine("arm64")
    assert choice.engine == "onnxruntime"
    assert "arm64" in choice.why


def test_a_trace_of_text_is_seen_and_known_lines_leave_none() -> None:
    reader = RapidOcrReader(ReaderSettings(num_threads=1))
    frame = shown("HARBOUR WEST 14:22")
    assert reader.may_hold_text(frame)
    assert not reader.may_hold_text(frame, reader.find(frame))
    assert not reader.may_hold_text(shown(""))


def test_small_pictures_are_always_searched() -> None:
    assert RapidOcrReader(ReaderSettings(num_threads=1)).may_hold_text(shown("", 320, 240))
