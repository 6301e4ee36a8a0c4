"""The same answers everywhere: every way of running a model is held to the one in process.

The bundled Qwen2.5-VL in float32 is asked about clips of every rate, of short and long ones, and
about pictures, and so is a small Qwen3-VL whose weights are random: its replies mean nothing,
and must be the same. Those that need vLLM run in `make test-vllm`; the table it prints is the
README's.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pytest
from _pytest.terminal import TerminalReporter
from support.vllm_fixtures import PATIENT_FRAMES
from support.vllm_server import RunningServer

from vidindex.adapters.vision.checkpoints.catalog import resolve
from vidindex.adapters.vision.hf.model import TransformersQwen
from vidindex.composition import build_model
from vidindex.ports import VisionModel
from vidindex.settings import Backend
from vidindex.synthetic.clips import ClipSpec, all_combinations
from vidindex.synthetic.descriptions import Description
from vidindex.synthetic.probes import (
    BoxProbe,
    Footage,
    GroundProbe,
    SegmentProbe,
    YesNoProbe,
    query_text,
    shoot,
    still_of,
)
from vidindex.synthetic.scenes import LADDER_FPS, draw_scene
from vidindex.types import Ask, Reply

SIZE_PX, QWEN3_SIZE_PX = (112, 112), (96, 96)
SHORT, LONG = (4, 7, 10, 16), (60, PATIENT_FRAMES)
"""Frames of a clip: one of them odd; long ones step through more positions than rows."""
YES_NO_TOLERANCE = 1e-3
ABSENT = Description("purple", "circle", "blinks")


@dataclass(slots=True)
class Equality:
    """What of the answers of one backend about one kind of footage was the same."""

    backend: str
    footage: str
    texts: int = 0
    same_texts: int = 0
    yes_no: int = 0
    largest_difference: float = 0.0
    other: list[str] = field(default_factory=list)

    def hold(self, key: str, said: Reply, meant: Reply) -> None:
        """Count one reply; what is not the same goes into `other`, in words."""
        if said.usage.prompt_tokens != meant.usage.prompt_tokens:
            self.other.append(f"{key}: {said.usage} instead of {meant.usage}")
        if meant.p_yes is None or said.p_yes is None:
            self.texts += 1
            self.same_texts += (said.text, said.finish_reason) == (meant.text, meant.finish_reason)
            if said.text != meant.text:
                self.other.append(f"{key}: {said} instead of {meant}")
            return
        assert said.yes_no_mass is not None
        assert meant.yes_no_mass is not None
        differences = said.p_yes - meant.p_yes, said.yes_no_mass - meant.yes_no_mass
        self.yes_no += 1
        self.largest_difference = max(self.largest_difference, *map(abs, differences))

    @property
    def row(self) -> str:
        same, largest = f"{self.same_texts}/{self.texts}", f"{self.largest_difference:.1e}"
        return f"| {self.footage:<12} | {self.backend:<12} | {same:>7} | {largest:>8} |"


class Table:
    """Prints what was found when all tests are done (a pytest plugin)."""

    def __init__(self) -> None:
        self.found: list[Equality] = []

    def pytest_terminal_summary(self, terminalreporter: TerminalReporter) -> None:
        if self.found:
            head = "| footage      | backend      | same    | Yes/No ± |"
            rows = [head, "|---|---|--:|--:|", *(one.row for one in self.found)]
            terminalreporter.write_line("\n".join(rows))


@pytest.fixture(scope="module")
def table(request: pytest.FixtureRequest) -> Table:
    plugin = Table()
    request.config.pluginmanager.register(plugin)
    return plugin


@pytest.fixture(scope="module")
def reference(patient_model: Path) -> TransformersQwen:
    checkpoint = resolve(str(patient_model))
    assert checkpoint is not None
    return TransformersQwen(checkpoint)


@pytest.fixture(scope="module", params=["vllm", "vllm server"])
def backend(request: pytest.FixtureRequest) -> tuple[str, VisionModel]:
    """(name, model), of the backends that are held to the one through transformers."""
    if request.param == "vllm":
        return request.param, request.getfixturevalue("vllm_model")
    server: RunningServer = request.getfixturevalue("vllm_servers")[0]
    return request.param, build_endpoint(server.url)


@pytest.fixture(scope="module")
def qwen3_reference(qwen3_model: Path) -> TransformersQwen:
    checkpoint = resolve(str(qwen3_model))
    assert checkpoint is not None
    return TransformersQwen(checkpoint)


@pytest.fixture(scope="module", params=["vllm", "vllm server"])
def qwen3_backend(request: pytest.FixtureRequest) -> tuple[str, VisionModel]:
    """As `backend`, of the Qwen3-VL."""
    if request.param == "vllm":
        return request.param, request.getfixturevalue("vllm_qwen3")
    server: RunningServer = request.getfixturevalue("qwen3_server")
    return request.param, build_endpoint(server.url)


def test_qwen3_vl_gets_the_same_answers(
    qwen3_backend: tuple[str, VisionModel], qwen3_reference: TransformersQwen, table: Table
) -> None:
    """A time before each pair of frames, in four rates, an odd last frame, and a picture."""
    asks = []
    for frames, fps in ((4, 0.5), (7, 1.0), (16, 2.0), (24, 4.0)):
        spec = scene(frames, fps)
        footage = shoot("", spec, fps, QWEN3_SIZE_PX)
        asks += questions_of(f"{frames} at {fps:g} fps", footage, spec)
    spec = scene(16, 1.0)
    asks += questions_of("picture", still_of("", spec, spec.events[0].start_s, QWEN3_SIZE_PX), spec)
    hold(qwen3_backend, qwen3_reference, table, "Qwen3-VL", asks)


@pytest.mark.parametrize("fps", LADDER_FPS)
@pytest.mark.parametrize("lengths", [SHORT, LONG], ids=["short", "long"])
def test_clips_of_every_rate_get_the_same_answers(
    backend: tuple[str, VisionModel],
    reference: TransformersQwen,
    table: Table,
    fps: float,
    lengths: Sequence[int],
) -> None:
    kind = "" if lengths is SHORT else ", long"
    asks = [ask for frames in lengths for ask in asks_about(scene(frames, fps), frames, fps)]
    hold(backend, reference, table, f"{fps:g} fps{kind}", asks)


def test_pictures_get_the_same_answers(
    backend: tuple[str, VisionModel], reference: TransformersQwen, table: Table
) -> None:
    asks = []
    for number in range(6):
        spec = scene(16, 1.0, seed=number)
        event = spec.events[0]
        still = still_of("", spec, (event.start_s + event.end_s) / 2, SIZE_PX)
        seen = Description(*event.combination)
        asks += [
            BoxProbe(f"box {number}", still, f"{event.colour} {event.shape}").ask(),
            YesNoProbe(f"yes {number}", still, seen, query_text(seen), "").ask(),
        ]
    hold(backend, reference, table, "pictures", asks)


def test_a_long_clip_shows_where_text_goes_on_after_it(reference: TransformersQwen) -> None:
    """The clips above tell right positions from those of transformers 5, by more than allowed."""
    ask = asks_about(scene(160, 0.5), 160, 0.5)[-1]
    question = reference._builder.build(ask)
    assert question.block.seconds_per_grid == 4.0
    batch = reference._builder.collate([question], 0, reference._model.dtype, "cpu")
    after = question.block.start + question.block.token_count
    shifted = dict(batch.inputs)
    rows = max(question.block.grid_thw[1:]) // 2
    positions = batch.position_ids.clone()
    positions[:, :, after:] += question.block.start + rows - int(positions[0, 0, after])
    shifted["position_ids"] = positions
    right, wrong = (
        reference._yes_no.read(reference._model(**inputs, logits_to_keep=1).logits[0, -1])
        for inputs in (batch.inputs, shifted)
    )
    assert max(abs(one - other) for one, other in zip(right, wrong, strict=True)) > YES_NO_TOLERANCE


def hold(
    backend: tuple[str, VisionModel],
    reference: TransformersQwen,
    table: Table,
    footage: str,
    asks: Sequence[Ask],
) -> None:
    """Ask both; every text must be the same, every probability within the tolerance."""
    name, model = backend
    equality = Equality(name, footage)
    table.found.append(equality)
    said, meant = dict(model.answer(asks)), dict(reference.answer(asks))
    assert said.keys() == meant.keys() == {ask.key for ask in asks}
    assert not [reply.text for reply in meant.values() if reply.finish_reason == "error"]
    for key, reply in said.items():
        equality.hold(key, reply, meant[key])
    assert not equality.other
    assert equality.same_texts == equality.texts > 0
    assert equality.yes_no > 0
    assert equality.largest_difference <= YES_NO_TOLERANCE


def scene(frames: int, fps: float, seed: int = 0) -> ClipSpec:
    rng = np.random.default_rng([frames, round(10 * fps), seed])
    trained = [one for one in all_combinations(held_out=False) if one[0] != ABSENT.colour]
    return draw_scene(rng, frames, fps, trained, empty_share=0.0)


def asks_about(spec: ClipSpec, frames: int, fps: float) -> list[Ask]:
    """Segments; when a thing happens that does, and one that does not; whether they do."""
    footage: Footage = shoot("", spec, fps, SIZE_PX)
    asks = [SegmentProbe(f"segment {frames}", footage).ask()]
    for one in (Description(*spec.events[0].combination), ABSENT):
        words = query_text(one)
        asks.append(GroundProbe(f"ground {frames} {words}", footage, one, words).ask())
        asks.append(YesNoProbe(f"yes/no {frames} {words}", footage, one, words, "").ask())
    return asks


def questions_of(key: str, footage: Footage, spec: ClipSpec) -> list[Ask]:
    """Segments, cut short; when a thing happens that does, and whether."""
    seen = Description(*spec.events[0].combination)
    words = query_text(seen)
    return [
        replace(SegmentProbe(f"segment {key}", footage).ask(), max_tokens=80),
        replace(GroundProbe(f"ground {key}", footage, seen, words).ask(), max_tokens=80),
        YesNoProbe(f"yes/no {key}", footage, seen, words, "").ask(),
    ]


def build_endpoint(url: str) -> VisionModel:
    model = build_model("auto", Backend(endpoints=(url,)))
    assert model is not None
    return model
