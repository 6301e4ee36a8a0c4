"""With real vLLM servers: their command line, an ingest and a search, one that is killed."""

import shlex
from collections.abc import Callable
from pathlib import Path

import pytest
from support.vllm_server import RunningServer, require_vllm
from test_serving import LARGE, LARGEST, SEVEN, SMALL

from pipelines.progress import Quiet
from vidindex.adapters.vision.vllm.placement import Gpu, ServedModel, serve_commands
from vidindex.app import Settings, open_library
from vidindex.bench.films import shape_films, write_film
from vidindex.cli.main import run_command
from vidindex.settings import Backend

Told = list[tuple[str, float, float, str]]


@pytest.fixture(scope="module")
def films(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("films")
    for film in shape_films(3, 60.0, seed=5):
        write_film(film, folder)
    return folder


@pytest.fixture(scope="module")
def in_process(films: Path, patient_model: Path, tmp_path_factory: pytest.TempPathFactory) -> Told:
    """What the model says of the films through transformers."""
    require_vllm()
    settings = Settings(model=str(patient_model), ocr=False)
    return told(films, tmp_path_factory.mktemp("reference"), settings, Quiet())


@pytest.mark.parametrize(("model", "cards"), [(SEVEN, [SMALL] * 2), (LARGEST, [LARGE] * 4)])
def test_vllm_understands_every_word_of_the_command(model: ServedModel, cards: list[Gpu]) -> None:
    require_vllm()
    from vllm.entrypoints.launchers.cli_args import make_arg_parser
    from vllm.utils.argparse_utils import FlexibleArgumentParser

    parser = make_arg_parser(FlexibleArgumentParser())
    for command in serve_commands(model, cards):
        words = shlex.split(command.split(" vllm serve ")[1])
        read = parser.parse_args(["--model", *words])
        assert read.model == model.folder
        assert read.served_model_name == [model.name]
        assert read.host == "127.0.0.1"
        assert read.tensor_parallel_size == len(cards) // len(serve_commands(model, cards))
        assert read.max_model_len == 32_768
        assert read.media_io_kwargs == {"video": {"num_frames": -1}}
        assert read.trust_request_mm_kwargs
        assert read.mm_processor_cache_gb == 0


def test_a_search_checks_its_hits_on_a_server(
    films: Path,
    in_process: Told,
    vllm_servers: tuple[RunningServer, RunningServer],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    library = tmp_path / "library"
    endpoint = ("--library", str(library), "--endpoint", vllm_servers[0].url)
    assert run_command(["ingest", str(films), "--no-ocr", "-q", *endpoint]) == 0
    assert events(library) == in_process
    capsys.readouterr()
    assert run_command(["search", "a blue circle moves left", *endpoint]) == 0
    first = capsys.readouterr().out.splitlines()[0]
    assert "✓" in first
    assert "shapes-1.mp4" in first


def test_nothing_is_lost_where_one_of_two_servers_is_killed(
    films: Path,
    in_process: Told,
    vllm_servers: tuple[RunningServer, RunningServer],
    tmp_path: Path,
) -> None:
    """The last test here that needs both."""
    survivor, victim = vllm_servers
    settings = Settings(ocr=False, backend=Backend(endpoints=(survivor.url, victim.url)))
    progress = AtFirstAdvance("captions", victim.kill)
    assert told(films, tmp_path, settings, progress) == in_process
    assert victim.process.returncode is not None


class AtFirstAdvance(Quiet):
    """Does something once, when a pass has got somewhere."""

    def __init__(self, stage: str, act: Callable[[], None]) -> None:
        self._stage = stage
        self._act = act
        self._is_at_stage = False

    def start(self, stage: str, total: float, unit: str) -> None:
        self._is_at_stage = stage == self._stage

    def advance(self, amount: float, name: str) -> None:
        if self._is_at_stage:
            self._is_at_stage = False
            self._act()


def told(films: Path, folder: Path, settings: Settings, progress: Quiet) -> Told:
    """Everything that an ingest of the films says happens in them; every one must succeed."""
    with open_library(folder / "library", settings) as app:
        report = app.ingest(films, progress=progress)
    assert not report.failures
    return events(folder / "library")


def events(library: Path) -> Told:
    with open_library(library, Settings(model="none"), write=False) as app:
        found = [
            (app.library.videos.name(info.video_id), event)
            for info in app.library.videos.all()
            for event in app.library.events.of_video(info.video_id, ("caption",))
        ]
    said = [(name, event.span.start_s, event.span.end_s, event.text) for name, event in found]
    return sorted(said)
