"""Which checkpoints vidindex finds, refuses and takes. No hub is asked but one of our own."""

import json
import os
import shutil
import struct
import sys
from pathlib import Path

import pytest
from huggingface_hub import constants
from support.hub_server import COMMIT, serve_hub
from support.processes import run_to_end
from support.qwen_assets import save_tiny_checkpoint

from vidindex.adapters.checkpoints.device import Device
from vidindex.adapters.checkpoints.licences import licence_of
from vidindex.adapters.vision.checkpoints.catalog import (
    NO_MODEL_REMEDIES,
    Checkpoint,
    installed,
    pull,
    resolve,
)
from vidindex.adapters.vision.checkpoints.official import AUTO_ORDER
from vidindex.adapters.vision.hf.model import TransformersQwen
from vidindex.adapters.vision.qwen.limits import read_limits
from vidindex.errors import InputError, ModelError, ModelNotFound, ModelTooLarge

SEVEN = "Qwen/Qwen2.5-VL-7B-Instruct"
THREE = "Qwen/Qwen2.5-VL-3B-Instruct"
GPU = Device("cuda", 24 * 10**9)
CPU = Device("cpu", 16 * 10**9)
LICENCE_LINE = "org/tiny: licence mit (by its model card)"


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_tiny_checkpoint(tmp_path_factory.mktemp("made") / "tiny")


@pytest.fixture
def folder(tiny: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(tiny, tmp_path / "tiny"))


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty Hugging Face cache."""
    folder = tmp_path / "hub"
    folder.mkdir()
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(folder))
    return folder


def cached(cache: Path, name: str, made: Path) -> Path:
    """Put a checkpoint into the cache as a download would; returns its snapshot."""
    repository = cache / f"models--{name.replace('/', '--')}"
    (repository / "refs").mkdir(parents=True)
    (repository / "refs" / "main").write_text(COMMIT)
    return Path(shutil.copytree(made, repository / "snapshots" / COMMIT))


def taken(name: str, device: Device = CPU) -> Checkpoint:
    checkpoint = resolve(name, device)
    assert checkpoint is not None
    return checkpoint


def test_a_folder_is_taken_by_its_path(folder: Path) -> None:
    checkpoint = taken(str(folder))
    assert (checkpoint.name, checkpoint.folder, checkpoint.revision) == ("tiny", folder, "")
    assert checkpoint.fits


def test_memory_is_counted_in_the_precision_of_the_device(folder: Path) -> None:
    as_float32 = taken(str(folder), CPU).memory_bytes
    assert as_float32 == 2 * taken(str(folder), GPU).memory_bytes
    stored = (folder / "model.safetensors").stat().st_size
    assert as_float32 == pytest.approx(stored, rel=0.05)


def test_a_repository_is_taken_from_the_cache_with_its_commit(cache: Path, tiny: Path) -> None:
    snapshot = cached(cache, SEVEN, tiny)
    checkpoint = taken(SEVEN)
    assert (checkpoint.folder, checkpoint.revision) == (snapshot, COMMIT)
    assert checkpoint.licence == "Apache-2.0"
    assert read_limits(checkpoint).identity == f"{SEVEN}@{COMMIT[:12]} float32 packing/1"


def test_auto_takes_the_7b_before_others_and_none_where_none_fits(cache: Path, tiny: Path) -> None:
    assert resolve("auto", CPU) is None
    cached(cache, THREE, tiny)
    assert taken("auto").name == THREE
    cached(cache, SEVEN, tiny)
    assert taken("auto").name == SEVEN
    assert resolve("auto", Device("cuda", 1000)) is None


def test_auto_never_takes_a_stranger_a_broken_one_or_the_bundled_one(
    cache: Path, tiny: Path
) -> None:
    cached(cache, "someone/Qwen2.5-VL-7B-tuned", tiny)
    (cached(cache, SEVEN, tiny) / "model.safetensors").unlink()
    assert resolve("auto", CPU) is None
    for remedy in (f"vidindex models pull {AUTO_ORDER[0]}", "--model FOLDER", "--model bundled"):
        assert remedy in NO_MODEL_REMEDIES


def test_the_list_shows_every_qwen_of_the_cache_and_what_is_wrong_with_it(
    cache: Path, tiny: Path
) -> None:
    cached(cache, "Qwen/Qwen2.5-VL-72B-Instruct", tiny)
    (cached(cache, THREE, tiny) / "tokenizer.json").unlink()
    (cached(cache, "org/other", tiny) / "config.json").write_text('{"model_type": "llava"}')
    found = {one.name: one for one in installed(CPU) if one.name != "bundled"}
    assert list(found) == [THREE, "Qwen/Qwen2.5-VL-72B-Instruct"]
    assert "tokenizer" in found[THREE].problem
    assert "no commercial use" in found[THREE].licence
    assert not found["Qwen/Qwen2.5-VL-72B-Instruct"].problem


def test_without_a_cache_nothing_is_found_and_nothing_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "none"))
    assert [one.name for one in installed(CPU)] in ([], ["bundled"])
    assert resolve("auto", CPU) is None


def test_an_unknown_repository_is_refused_with_the_command_that_fetches_it(cache: Path) -> None:
    with pytest.raises(ModelNotFound, match=f"vidindex models pull {SEVEN}"):
        resolve(SEVEN, CPU)


@pytest.mark.parametrize(
    "name", ["no/such/folder", "./nothing-here", "nothing here", "nothing-here"]
)
def test_a_name_that_is_neither_folder_nor_repository_is_refused(cache: Path, name: str) -> None:
    with pytest.raises(ModelNotFound, match="neither a folder nor in the cache"):
        resolve(name, CPU)


def test_another_architecture_is_refused_by_its_name(folder: Path) -> None:
    (folder / "config.json").write_text(json.dumps({"model_type": "llava"}))
    with pytest.raises(ModelNotFound, match=r"'llava' model, not one of Qwen2\.5-VL, Qwen3-VL"):
        resolve(str(folder), CPU)


@pytest.mark.parametrize("file", ["config.json", "model.safetensors", "tokenizer.json"])
def test_a_missing_file_is_named(folder: Path, file: str) -> None:
    (folder / file).unlink()
    with pytest.raises(ModelNotFound, match=file):
        resolve(str(folder), CPU)


@pytest.mark.parametrize("content", ["", "{", "[]", "\x00\xff"])
def test_a_broken_config_is_refused(folder: Path, content: str) -> None:
    (folder / "config.json").write_bytes(content.encode("latin-1"))
    with pytest.raises(ModelNotFound, match=r"config\.json"):
        resolve(str(folder), CPU)


def test_missing_shards_are_named_with_the_command_that_fetches_them(
    cache: Path, tiny: Path
) -> None:
    snapshot = cached(cache, SEVEN, tiny)
    (snapshot / "model.safetensors").rename(snapshot / "model-00001-of-00002.safetensors")
    shards = {f"weight{n}": f"model-0000{n}-of-00002.safetensors" for n in (1, 2)}
    (snapshot / "model.safetensors.index.json").write_text(json.dumps({"weight_map": shards}))
    with pytest.raises(ModelNotFound, match=r"lacks 1 weight files.*00002-of-00002") as caught:
        resolve(SEVEN, CPU)
    assert f"vidindex models pull {SEVEN}" in caught.value.hint


@pytest.mark.parametrize("kept_bytes", [0, 5, 300, -1])
def test_weights_that_are_cut_short_are_refused(folder: Path, kept_bytes: int) -> None:
    weights = folder / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:kept_bytes])
    with pytest.raises(ModelNotFound, match=r"not a complete safetensors file|cut short"):
        resolve(str(folder), CPU)


def test_a_checkpoint_that_does_not_fit_is_refused_before_it_is_loaded(folder: Path) -> None:
    num_weights = 7 * 10**9
    tensor = {"dtype": "BF16", "shape": [num_weights], "data_offsets": [0, 2 * num_weights]}
    header = json.dumps({"weight": tensor}).encode()
    with (folder / "model.safetensors").open("wb") as stream:
        stream.write(struct.pack("<Q", len(header)) + header)
        # A hole, not 14 GB.
        stream.truncate(8 + len(header) + 2 * num_weights)
    assert taken(str(folder), GPU).fits
    with pytest.raises(ModelTooLarge, match=r"needs 33\.6 GB as float32.*16\.0 GB free"):
        resolve(str(folder), CPU)


def test_a_checkpoint_listed_with_a_problem_is_not_loaded(cache: Path, tiny: Path) -> None:
    (cached(cache, SEVEN, tiny) / "tokenizer.json").unlink()
    listed = next(one for one in installed(CPU) if one.name == SEVEN)
    with pytest.raises(ModelNotFound, match="no tokenizer"):
        TransformersQwen(listed)


def test_a_quantised_checkpoint_counts_as_stored_and_needs_a_gpu(folder: Path) -> None:
    config = json.loads((folder / "config.json").read_text())
    config["quantization_config"] = {"quant_method": "awq"}
    (folder / "config.json").write_text(json.dumps(config))
    stored = (folder / "model.safetensors").stat().st_size
    assert taken(str(folder), GPU).memory_bytes == stored
    with pytest.raises(ModelError, match=r"quantised \(awq\), which needs a GPU"):
        resolve(str(folder), CPU)


def test_the_licence_of_a_stranger_is_the_one_on_its_card(folder: Path) -> None:
    cards = {
        "---\nlicense: bsd-3-clause\n---\n# A model": "bsd-3-clause (by its model card)",
        "---\nlicense: other\nlicense_name: own-terms\n---\n": "own-terms (by its model card)",
        "---\nlicense: other\n---\n": "other (by its model card)",
        "no data in this card": "not stated",
    }
    assert taken(str(folder)).licence == "not stated"
    for card, licence in cards.items():
        (folder / "README.md").write_text(card)
        assert taken(str(folder)).licence == licence


@pytest.mark.parametrize(
    ("size", "words"),
    [("3B", "no commercial use"), ("7B", "Apache"), ("32B", "Apache"), ("72B", "Qwen License")],
)
def test_the_licences_of_the_published_sizes_are_known(size: str, words: str) -> None:
    for name in (f"Qwen/Qwen2.5-VL-{size}-Instruct", f"Qwen/Qwen2.5-VL-{size}-Instruct-AWQ"):
        assert words in licence_of(name, None)


def test_limits_stay_within_what_the_reference_uses_for_video(folder: Path) -> None:
    """The processor files of the published checkpoints allow pictures of 12.8 million pixels."""
    (folder / "preprocessor_config.json").write_text('{"min_pixels": 3136, "max_pixels": 12845056}')
    config = json.loads((folder / "config.json").read_text())
    del config["text_config"]
    (folder / "config.json").write_text(json.dumps(config | {"max_position_embeddings": 128000}))
    limits = read_limits(taken(str(folder)))
    assert (limits.min_pixels, limits.max_pixels) == (56 * 56, 768 * 28 * 28)
    assert (limits.max_frames, limits.max_video_tokens) == (768, 24_576)
    assert limits.context_tokens == 128_000


def pulled(address: str, home: Path, name: str) -> list[str]:
    """What `pull` says and gives, in a process of its own: hub addresses are read at import."""
    script = (
        "import sys\n"
        "from vidindex.errors import VidindexError\n"
        "from vidindex.adapters.vision.checkpoints.catalog import pull, resolve\n"
        "name = sys.argv[1]\n"
        "try: print(pull(name, print).folder == resolve(name).folder)\n"
        "except VidindexError as error: print(type(error).__name__, error)\n"
    )
    places = {"HF_ENDPOINT": address, "HF_HOME": str(home)}
    return run_to_end(
        [sys.executable, "-c", script, name], env=os.environ | places
    ).stdout.splitlines()


@pytest.mark.slow
def test_pulling_names_the_licence_first_and_finishes_a_broken_download(
    tiny: Path, tmp_path: Path
) -> None:
    with serve_hub("org/tiny", tiny, licence="mit") as address:
        assert pulled(address, tmp_path, "org/tiny") == [LICENCE_LINE, "True"]
        (weights,) = tmp_path.glob("hub/models--*/snapshots/*/model.safetensors")
        weights.unlink()
        assert pulled(address, tmp_path, "org/tiny") == [LICENCE_LINE, "True"]
        assert weights.read_bytes() == (tiny / "model.safetensors").read_bytes()


@pytest.mark.slow
def test_pulling_what_is_no_whole_qwen_is_refused(folder: Path, tmp_path: Path) -> None:
    with serve_hub("org/tiny", folder, licence="mit") as address:
        (folder / "model.safetensors").unlink()
        assert "ModelError org/tiny is still incomplete" in pulled(address, tmp_path, "org/tiny")[1]
        (folder / "config.json").write_text('{"model_type": "llava"}')
        (line,) = pulled(address, tmp_path, "org/tiny")
        assert line.startswith("ModelNotFound model org/tiny: it is a 'llava' model")
        (line,) = pulled(address, tmp_path, "org/none")
        assert line.startswith("ModelNotFound the hub has no repository 'org/none'")


def test_pulling_without_a_hub_says_so_and_what_to_do(tmp_path: Path) -> None:
    (line,) = pulled("http://127.0.0.1:9", tmp_path, SEVEN)
    assert line.startswith(f"ModelError {SEVEN} could not be fetched from http://127.0.0.1:9")
    assert line.endswith("run it again: it goes on where it stopped")


def test_a_name_that_is_no_repository_id_cannot_be_pulled() -> None:
    with pytest.raises(InputError, match="write it as OWNER/NAME"):
        pull("a b/c/d", print)


def test_the_bundled_model_is_taken_only_by_name() -> None:
    if not any(one.name == "bundled" for one in installed(CPU)):
        pytest.skip("the bundled model is not in this checkout")
    checkpoint = taken("bundled")
    assert "Apache-2.0" in checkpoint.licence
    assert read_limits(checkpoint).identity.startswith("bundled@sha256:")
