"""Ingest embeds frames: keyframes at once, then every second, joined where nothing changes.

With a small SigLIP of random weights, whose vectors tell pictures apart and know no words.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image
from safetensors.torch import load_file, save_file
from support.dual_encoders import make_dual_encoder
from support.film_assets import picture, titled

from pipelines.ingest import frames as frame_pass
from pipelines.ingest.frames import FrameStage
from pipelines.ingest.stages import PlanStage
from pipelines.progress import Deadline
from vidindex.adapters.media.ffmpeg import encode
from vidindex.app import App, Settings, open_library
from vidindex.cli.main import run_command
from vidindex.core.sampling.still_frames import compared_size, shows_the_same
from vidindex.errors import LibraryMismatch, ModelError
from vidindex.types import Filters, FramePlan, Span

Pixels = npt.NDArray[np.uint8]
FPS = 8


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_dual_encoder(tmp_path_factory.mktemp("model") / "siglip", "siglip")


@pytest.fixture
def settings(model: Path) -> Settings:
    return Settings(model="none", ocr=False, frames=str(model))


@pytest.fixture
def app(tmp_path: Path, settings: Settings) -> Iterator[App]:
    with open_library(tmp_path / "library", settings) as opened:
        yield opened


@pytest.fixture
def film(tmp_path: Path) -> Path:
    """White on dark for 4 s, dark on white for 3 s."""
    shown = [picture("NORTH GATE", 24)] * 4 * FPS + [southern()] * 3 * FPS
    encode(tmp_path / "film.mp4", shown, 320, 180, FPS, options={"crf": 8})
    return tmp_path / "film.mp4"


def southern() -> Pixels:
    return np.asarray(255 - picture("SOUTH GATE", 24), np.uint8)


def spans(app: App) -> list[tuple[float, float]]:
    (video,) = app.library.videos.all()
    found, _ = app.library.frame_vectors.of_video(video.video_id)
    return [(start_s, end_s) for start_s, end_s in found.tolist()]


def test_each_picture_has_a_vector_and_the_span_it_is_shown(app: App, film: Path) -> None:
    report = app.ingest(film)
    assert spans(app) == [(0, 4), (4, 7)]
    assert report.frames - report.frames_collapsed >= 2
    assert (report.frames_failed, report.failures) == (0, [])
    embedder = app.services.frame_embedder
    assert embedder is not None
    (query,) = embedder.embed_pictures([southern()])
    hit = app.library.frame_vectors.search(query, Filters(), 1)[0]
    assert hit.span == Span(4, 7)
    assert hit.score > 0.99


def test_a_folder_that_is_unchanged_costs_nothing(app: App, film: Path) -> None:
    app.ingest(film)
    again = app.ingest(film)
    assert (again.frames, again.unchanged) == (0, 1)


def test_keyframes_are_searchable_once_planning_is_done(app: App, film: Path) -> None:
    plan = [stage for stage in app.stages if isinstance(stage, PlanStage)]
    app.stages = tuple(plan)
    report = app.ingest(film)
    assert report.frames > 0
    found = spans(app)
    assert found[0][0] == 0
    assert found[-1][1] == 7
    assert [end_s for _, end_s in found[:-1]] == [start_s for start_s, _ in found[1:]]


def test_a_plan_that_is_made_again_leaves_frames_as_they_are(app: App, film: Path) -> None:
    app.ingest(film)
    before = spans(app)
    app.library.work_ledger.finish(app.library.videos.all()[0].video_id, "plan", "other")
    assert app.ingest(film).frames == 0
    assert spans(app) == before


def test_the_first_frame_of_each_chunk_is_looked_at() -> None:
    class Start:
        def __init__(self, start_s: float) -> None:
            self.span = Span(start_s, start_s + 1)

    chunks: Any = tuple(map(Start, (0.0, 3.25, 4.01, 60.0)))
    times_s = frame_pass.frame_times(FramePlan("a", "p", chunks), Span(2, 6), 1.0)
    assert times_s == [2.0, 3.0, 3.25, 4.0, 5.0]
    assert frame_pass.frame_times(None, Span(60, 61.5), 4.0) == [60, 60.25, 60.5, 60.75, 61, 61.25]
    assert frame_pass.frame_times(None, Span(60, 70), 0.3)[0] == 60


def yard(rng: np.random.Generator) -> Pixels:
    """A textured 720p ground, as a camera sees it."""
    coarse = rng.integers(60, 180, (36, 64, 3), np.uint8)
    return np.asarray(Image.fromarray(coarse).resize((1280, 720), Image.Resampling.BICUBIC))


def with_person(ground: Pixels, x: int, y: int, contrast: int) -> Pixels:
    """A person 20 pixels high and 8 wide, brighter or darker than the ground by `contrast`."""
    shown = ground.astype(np.int16)
    shown[y : y + 20, x : x + 8] += contrast
    return np.clip(shown, 0, 255).astype(np.uint8)


def scaled(shown: Pixels) -> Pixels:
    width, height = compared_size(1280, 720, 224)
    return np.asarray(Image.fromarray(shown).resize((width, height), Image.Resampling.BOX))


@pytest.mark.parametrize("contrast", [-40, -12, 12, 25, 60])
def test_a_person_of_20_pixels_who_enters_is_never_collapsed(contrast: int) -> None:
    rng = np.random.default_rng(3)
    ground = yard(rng)
    before = scaled(ground)
    for _ in range(40):
        x, y = int(rng.integers(0, 1272)), int(rng.integers(0, 700))
        assert not shows_the_same(before, scaled(with_person(ground, x, y, contrast)))


def test_a_still_picture_with_the_noise_of_a_sensor_is_collapsed() -> None:
    rng = np.random.default_rng(4)
    ground = yard(rng)
    noisy = [
        scaled(np.clip(ground + rng.normal(0, 4, ground.shape), 0, 255).astype(np.uint8))
        for _ in range(4)
    ]
    assert all(shows_the_same(noisy[0], one) for one in noisy[1:])


@pytest.mark.slow
def test_a_small_person_in_an_encoded_film_has_a_span_of_their_own(
    app: App, tmp_path: Path
) -> None:
    ground = yard(np.random.default_rng(5))
    person = with_person(ground, 640, 400, -35)
    shown = [ground] * 4 * FPS + [person] * 3 * FPS + [ground] * 3 * FPS
    encode(tmp_path / "yard.mp4", shown, 1280, 720, FPS)
    report = app.ingest(tmp_path / "yard.mp4")
    assert spans(app) == [(0, 4), (4, 7), (7, 10)]
    assert report.frames_collapsed >= 7


def pieces(monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    monkeypatch.setattr(frame_pass, "PIECE_S", seconds)


def test_a_run_that_was_stopped_continues_with_the_next_piece(
    app: App, film: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pieces(monkeypatch, 2.0)
    embedded: list[int] = []
    embed = frame_pass.embed

    def counted(*args: Any) -> Any:
        embedded.append(1)
        return embed(*args)

    monkeypatch.setattr(frame_pass, "embed", counted)
    stop = Deadline(3.0, "--budget is over", clock=lambda: float(len(embedded)))
    monkeypatch.setattr("vidindex.app.indexing.deadline", lambda *_: stop)
    first = app.ingest(film)
    assert first.stopped == "--budget is over"
    monkeypatch.setattr("vidindex.app.indexing.deadline", lambda *_: Deadline())
    rest = app.ingest(film)
    assert rest.resumed == 1
    assert len(embedded) == 1 + 4  # the keyframes, then each piece once
    assert spans(app) == [(0, 2), (2, 4), (4, 6), (6, 7)]


def test_a_piece_that_cannot_be_read_fails_alone_and_is_counted(
    app: App, film: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pieces(monkeypatch, 2.0)
    (stage,) = (one for one in app.stages if isinstance(one, FrameStage))
    decoder = stage.decoder
    monkeypatch.setattr(type(decoder), "frames", breaks_at(type(decoder).frames, 2.0))
    report = app.ingest(film)
    assert report.frames_failed == 2
    (failure,) = report.failures
    assert "1 of 4 pieces of 2 s cannot be read" in failure.message
    assert [start_s for start_s, _ in spans(app)] == [0.0, 2.0, 4.0, 6.0]
    monkeypatch.undo()
    pieces(monkeypatch, 2.0)
    again = app.ingest(film, retry_failed=True)
    assert (again.failures, again.frames) == ([], 2)


def breaks_at(frames: Any, time_s: float) -> Any:
    """The method of a decoder, which fails where the first time asked for is this one."""
    from vidindex.errors import DecodeError

    def broken(self: Any, source: Any, times_s: Any, size: Any) -> Any:
        if times_s[0] == time_s:
            raise DecodeError("film.mp4: it breaks off")
        return frames(self, source, times_s, size)

    return broken


def test_another_model_needs_the_frames_to_be_embedded_again(
    app: App, film: Path, tmp_path: Path
) -> None:
    app.ingest(film)
    other = make_dual_encoder(tmp_path / "other", "siglip2", seed=2)
    app.library.close()
    settings = Settings(model="none", ocr=False, frames=str(other))
    with open_library(tmp_path / "library", settings) as changed:
        with pytest.raises(LibraryMismatch, match="ingest --frames MODEL --re-embed"):
            changed.ingest(film)
        report = changed.ingest(film, re_embed=True)
        assert report.frames > 0
        assert spans(changed) == [(0, 4), (4, 7)]
        space = changed.library.frame_vectors.space
        assert space is not None
        assert space.model == "other"


def test_a_model_of_broken_weights_ends_the_run_in_one_line_and_loses_nothing(
    app: App, film: Path, tmp_path: Path
) -> None:
    app.ingest(film)
    before = spans(app)
    broken = make_dual_encoder(tmp_path / "siglip", "siglip")
    tensors = load_file(broken / "model.safetensors")
    tensors["vision_model.post_layernorm.weight"][:] = float("nan")
    save_file(tensors, broken / "model.safetensors", {"format": "pt"})
    app.library.close()
    titled(tmp_path / "second.mp4", [(2, "EAST")])
    settings = Settings(model="none", ocr=False, frames=str(broken))
    with open_library(tmp_path / "library", settings) as opened:
        with pytest.raises(LibraryMismatch):
            opened.ingest(film, tmp_path / "second.mp4")
        assert spans(opened) == before
    with open_library(tmp_path / "new", settings) as opened:
        with pytest.raises(ModelError, match="not finite"):
            opened.ingest(film)
        assert opened.library.frame_vectors.count() == 0


def test_without_a_model_the_command_that_fetches_one_is_printed_once(
    film: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "empty"))
    options = ["--library", str(tmp_path / "library"), "--model", "none", "--no-ocr", "-q"]
    assert run_command(["ingest", str(film), *options]) == 0
    assert capsys.readouterr().out.count("vidindex models pull google/siglip2-base") == 1
    assert run_command(["ingest", str(film), *options, "--no-frames"]) == 0
    assert "models pull google" not in capsys.readouterr().out


def test_the_closing_table_counts_frames(
    film: Path, model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = ["--library", str(tmp_path / "library"), "--model", "none", "--no-ocr", "-q"]
    assert run_command(["ingest", str(film), *options, "--frames", str(model)]) == 0
    line = next(x for x in capsys.readouterr().out.splitlines() if x.startswith("frames"))
    assert line.endswith("show what the one before shows")
