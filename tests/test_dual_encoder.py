"""The bundled dual encoder as it ships: it loads offline, finds what is shown, and only that."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from transformers import AutoTokenizer, SiglipModel

from vidindex import bundled
from vidindex.bundled.training.dual_encoder.measure import TrainedEncoder
from vidindex.bundled.training.dual_encoder.tokenizer import TEXT_TOKENS, build_tokenizer
from vidindex.synthetic.world.draw import EVERY_LOOK, draw_scene
from vidindex.synthetic.world.picture_search import (
    KINDS,
    Library,
    Row,
    as_table,
    draw_queries,
    measure,
)
from vidindex.synthetic.world.vocabulary import held_out_look

FOLDER = Path(bundled.__file__).parent / "dual_encoder"
MAX_BYTES = 8_000_000
KIND = "one object"


@pytest.fixture(scope="module")
def rows() -> dict[str, Row]:
    """Searches for single objects among 60 unseen scenes, and the controls."""
    suites = ("trained combinations", "held-out combinations", "grey", "shuffled")
    found = measure(TrainedEncoder(FOLDER), 101, 60, 40, suites, (KIND,))
    return {row.suite: row for row in found}


def test_its_folder_is_small_and_holds_no_code_and_no_pickle() -> None:
    files = [path for path in FOLDER.iterdir() if path.is_file()]
    assert sum(path.stat().st_size for path in files) < MAX_BYTES
    assert {path.suffix for path in files} == {".json", ".safetensors", ".md"}
    config = json.loads((FOLDER / "config.json").read_text())
    assert config["model_type"] == "siglip"
    assert "auto_map" not in config


def test_it_loads_offline_through_transformers_with_every_weight() -> None:
    model, report = SiglipModel.from_pretrained(
        FOLDER, local_files_only=True, output_loading_info=True
    )
    assert not report["missing_keys"]
    assert not report["unexpected_keys"]
    assert model.config.text_config.max_position_embeddings == TEXT_TOKENS
    assert all(bool(torch.isfinite(weight).all()) for weight in model.state_dict().values())


def test_its_tokenizer_is_the_one_that_the_code_builds() -> None:
    shipped = AutoTokenizer.from_pretrained(FOLDER, local_files_only=True)
    text = "A small Turquoise ring and a black heart, on grass"
    assert shipped(text)["input_ids"] == build_tokenizer().encode(text).ids


@pytest.mark.slow
def test_it_finds_objects_in_scenes_of_an_unseen_seed(rows: dict[str, Row]) -> None:
    assert rows["trained combinations"].first >= 0.7
    assert rows["trained combinations"].first_interval[0] > rows["grey"].first_interval[1]


@pytest.mark.slow
@pytest.mark.parametrize("control", ["grey", "shuffled"])
def test_hidden_objects_and_shuffled_frames_fall_to_chance(
    rows: dict[str, Row], control: str
) -> None:
    row = rows[control]
    assert row.n >= 30
    assert row.ten_interval[0] <= row.ten_by_chance <= row.ten_interval[1]


@pytest.mark.slow
def test_a_table_shows_numbers_and_intervals(rows: dict[str, Row]) -> None:
    table = as_table(list(rows.values()))
    assert table.splitlines()[0].split()[:3] == ["suite", "query", "n"]
    assert f"{rows['grey'].ten_by_chance:.3f}" in table
    assert set(KINDS) >= {row.kind for row in rows.values()}


@pytest.mark.parametrize("kind", KINDS)
def test_held_out_searches_ask_for_what_training_never_showed(kind: str) -> None:
    rng = np.random.default_rng(7)
    scenes = [draw_scene(rng, choice=EVERY_LOOK) for _ in range(120)]
    moments = [tuple(scene.moment_at(time_s) for time_s in scene.times_s()) for scene in scenes]
    library = Library(tuple(moments), np.zeros((0, 1), np.float32))
    queries = draw_queries(rng, library, kind, 20, held_out=True)
    assert queries
    for query in queries:
        assert held_out_look(str(query.looks[0].colour), str(query.looks[0].shape))
        assert library.right(query)
