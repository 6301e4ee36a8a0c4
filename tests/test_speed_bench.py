"""The benchmarks of what is not the model's: the same frames, all files counted, sound ratios."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from vidindex.adapters.decoders.pyav import PyAVDecoder
from vidindex.adapters.media.probe import probe
from vidindex.bench.speed import bookkeeping
from vidindex.bench.speed import retrieval as retrieval_bench
from vidindex.bench.speed.rounds import Rounds, interleaved
from vidindex.bench.speed.sample_files import RECORDINGS, Recording
from vidindex.bench.speed.samplers import SAMPLERS
from vidindex.cli.main import run_command

SMALL = (160, 96)


def test_every_round_runs_every_way_once_after_a_warm_up() -> None:
    ran: list[str] = []

    def way(name: str) -> Callable[[], None]:
        return lambda: ran.append(name)

    rounds = interleaved({"a": way("a"), "b": way("b")}, 3)
    assert ran == ["a", "b"] * 4
    assert [len(spent) for spent in rounds.spent_s.values()] == [3, 3]


def test_ratios_are_of_one_round() -> None:
    """A machine that slows down for a round slows all ways, and no ratio."""
    rounds = Rounds({"ours": [1.0, 10.0, 1.1], "fast": [2.0, 20.0, 2.2], "slow": [9.0, 90.0, 9.9]})
    assert rounds.best("ours") == "fast"
    ratio = rounds.ratio("ours", "fast")
    assert (ratio.median, ratio.least, ratio.most) == (0.5, 0.5, 0.5)
    assert ratio.line() == "0.50 (0.50 to 0.50)"


def test_the_files_differ_in_codec_group_and_rate() -> None:
    codecs = {one.coded["vcodec"] for one in RECORDINGS}
    groups = {one.coded.get("g", 1) for one in RECORDINGS}
    rates = {one.sample_fps for one in RECORDINGS}
    assert len(RECORDINGS) >= 8
    assert min(len(codecs), len(groups), len(rates)) >= 5


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = Recording("film.mp4", "", 1.0, {"vcodec": "libx264", "g": 12}, SMALL, 10)
    return made.make(tmp_path_factory.mktemp("made"), 4)


@pytest.mark.parametrize("name", SAMPLERS)
def test_every_way_takes_as_many_frames_as_were_asked_for(film: Path, name: str) -> None:
    times_s = [0.0, 1.0, 2.0, 3.0]
    assert SAMPLERS[name](film, times_s, SMALL) == len(times_s)
    source = probe(film, "").source(film)
    assert len(list(PyAVDecoder().frames(source, times_s, SMALL))) == len(times_s)


def test_still_footage_is_still_and_the_rest_moves(tmp_path: Path) -> None:
    for still in (True, False):
        coded = {"vcodec": "libx264", "g": 12}
        path = Recording(f"{still}.mp4", "", 1.0, coded, SMALL, 10, still).make(tmp_path, 3)
        first, last = (
            frame.picture.astype(int)
            for frame in PyAVDecoder().frames(probe(path, "").source(path), [0.0, 2.5], SMALL)
        )
        assert (np.abs(first - last).mean() < 3) == still


@pytest.mark.slow
def test_decoding_is_measured_for_planning_and_sampling(
    capsys: pytest.CaptureFixture[str],
) -> None:
    words = ["bench", "decode", "--rounds", "1", "--seconds", "4", "--file", "small.mp4", "--json"]
    assert run_command(words) == 0
    told = json.loads(capsys.readouterr().out)
    (planned,), (sampled,), (prepared,) = (told[k] for k in ("planning", "sampling", "preparing"))
    assert planned["speed"] > 0
    assert set(sampled["ratios"]) == {*SAMPLERS, "all frames"}
    assert sampled["ratio"] == sampled["ratios"][sampled["best"]]
    assert (
        prepared["num_frames"]["decord at 2 fps"] == prepared["num_frames"]["OpenCV at 2 fps"] == 8
    )
    assert prepared["num_frames"]["vidindex"] > 0


def test_an_unknown_file_is_an_error_that_names_those_there_are(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run_command(["bench", "decode", "--file", "nothing.mp4"]) != 0
    said = capsys.readouterr().err
    assert "nothing.mp4" in said
    assert RECORDINGS[0].name in said


def test_bookkeeping_counts_every_file_and_event() -> None:
    """It ends only where every file was new, with all its events, or unchanged."""
    books = bookkeeping.measure(2, 3)
    assert (books.num_files, books.num_unchanged) == (2, 3)
    assert books.rescan_s > 0


def test_retrieval_finds_what_is_nearest_and_is_held_against_the_usual_ways(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(retrieval_bench, "NUM_QUESTIONS", 4)
    rows = retrieval_bench.measure([1000], 1, lambda _: None, num_captions=200)
    assert [row.vectors for row in rows] == ["captions", "uniform"]
    assert [row.recall for row in rows] == [1.0, 1.0]
    assert set(rows[0].against) == {"vidindex", "flat FAISS", "LIKE"}
    assert set(rows[0].latency) == {"all", "camera and day", "camera", "file"}
