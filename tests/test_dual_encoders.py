"""Dual encoders give the vectors that transformers' own processors and models give.

On small checkpoints with random weights of each family; what is wrong with a checkpoint or a
picture is one clear line.
"""

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import torch
from PIL import Image
from safetensors.torch import load_file, save_file
from support.dual_encoders import KINDS, SIZES, edit_json, make_dual_encoder
from transformers import AutoModel, PreTrainedTokenizerFast
from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil
from transformers.models.siglip.image_processing_pil_siglip import SiglipImageProcessorPil

from vidindex.adapters.embed_frames import checkpoint
from vidindex.adapters.embed_frames.dual_encoder import DualEncoder
from vidindex.adapters.embed_frames.pictures import MAX_PIXELS
from vidindex.errors import InputError, ModelError, ModelNotFound

TEXTS = ["a red car", "the dog enters the yard at night", ""]
Rows = npt.NDArray[np.float32]


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    made = tmp_path_factory.mktemp("dual")
    return {kind: make_dual_encoder(made / kind, kind) for kind in KINDS}


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def encoder(folder: Path) -> DualEncoder:
    return DualEncoder(checkpoint.find(str(folder)))


def pictures() -> list[npt.NDArray[np.uint8]]:
    """Smooth and noisy, wider and higher than the model, and smaller."""
    rng = np.random.default_rng(5)
    noise = rng.integers(0, 256, (90, 161, 3), np.uint8)
    high = np.asarray(Image.fromarray(rng.integers(0, 256, (9, 5, 3), np.uint8)).resize((121, 277)))
    return [noise, high, rng.integers(0, 256, (20, 27, 3), np.uint8)]


def reference(folder: Path, kind: str, shown: list[npt.NDArray[np.uint8]]) -> tuple[Rows, Rows]:
    """What transformers makes of pictures and texts by its own processors."""
    model = AutoModel.from_pretrained(folder).eval()
    packing: Any = CLIPImageProcessorPil if kind == "clip" else SiglipImageProcessorPil
    processor = packing.from_pretrained(folder)
    tokenizer = PreTrainedTokenizerFast.from_pretrained(folder)
    values = [processor(images=one, return_tensors="pt")["pixel_values"] for one in shown]
    with torch.inference_mode():
        seen = [_features(model.get_image_features(pixel_values=one)) for one in values]
        padding: Any = {"padding": "max_length", "max_length": 64} if kind != "clip" else {}
        read = []
        for text in TEXTS:
            ids = tokenizer([text], return_tensors="pt", **padding)
            named = ("input_ids", "attention_mask") if kind == "clip" else ("input_ids",)
            read.append(_features(model.get_text_features(**{one: ids[one] for one in named})))
    return np.concatenate(seen), np.concatenate(read)


def _features(output: Any) -> Rows:
    features = output if isinstance(output, torch.Tensor) else output.pooler_output
    vectors: Rows = (features / features.norm(dim=-1, keepdim=True)).numpy()
    return vectors


def test_vectors_equal_those_of_the_reference(folders: dict[str, Path], kind: str) -> None:
    shown = pictures()
    seen, read = reference(folders[kind], kind, shown)
    mine = encoder(folders[kind])
    np.testing.assert_allclose(mine.embed_pictures(shown), seen, atol=1e-5)
    np.testing.assert_allclose(mine.embed_texts(TEXTS), read, atol=1e-5)
    assert mine.size == (SIZES[kind], SIZES[kind])
    assert mine.space.dim == seen.shape[1] == read.shape[1]


def test_a_vector_depends_on_its_own_picture_or_text_only(
    folders: dict[str, Path], kind: str
) -> None:
    mine, shown = encoder(folders[kind]), pictures() * 5
    together = mine.embed_pictures(shown)
    np.testing.assert_allclose(together[4], mine.embed_pictures(shown[4:5])[0], atol=1e-6)
    assert np.array_equal(mine.embed_texts(TEXTS)[1], mine.embed_texts(TEXTS[1:2])[0])
    assert mine.embed_pictures([]).shape == mine.embed_texts([]).shape == (0, mine.space.dim)


def test_siglip_reads_texts_in_lower_case_and_its_first_release_without_punctuation(
    folders: dict[str, Path],
) -> None:
    for one in ("siglip", "siglip2"):
        mine = encoder(folders[one])
        lower, upper, dotted = mine.embed_texts(["a red car", "A RED Car", "a red, car!"])
        assert np.array_equal(lower, upper)
        assert np.array_equal(lower, dotted) == (one == "siglip")


def test_a_long_text_is_cut_to_what_the_model_reads(folders: dict[str, Path], kind: str) -> None:
    long = " ".join(["dog"] * 200)
    assert np.isfinite(encoder(folders[kind]).embed_texts([long])).all()


def test_the_space_names_the_weights(folders: dict[str, Path], tmp_path: Path) -> None:
    same = make_dual_encoder(tmp_path / "siglip", "siglip")
    other = make_dual_encoder(tmp_path / "other" / "siglip", "siglip", seed=1)
    first = encoder(folders["siglip"]).space
    assert encoder(same).space == first
    assert encoder(other).space != first


def test_one_half_of_a_dual_encoder_is_named_as_such(tmp_path: Path) -> None:
    folder = make_dual_encoder(tmp_path / "half", "siglip")
    tensors = load_file(folder / "model.safetensors")
    kept = {name: one for name, one in tensors.items() if not name.startswith("text_model")}
    save_file(kept, folder / "model.safetensors", {"format": "pt"})
    with pytest.raises(ModelNotFound, match="half: its weights have no text half"):
        encoder(folder)
    edit_json(folder / "config.json", model_type="siglip_vision_model")
    with pytest.raises(ModelNotFound, match="it is only the vision half of a dual encoder"):
        encoder(folder)


@pytest.mark.parametrize(
    ("model_type", "message"),
    [
        ("bert", "a 'bert' model, not a dual encoder"),
        ("siglip2", "variable resolution"),
    ],
)
def test_another_kind_of_model_is_refused(tmp_path: Path, model_type: str, message: str) -> None:
    folder = make_dual_encoder(tmp_path / "other", "siglip")
    edit_json(folder / "config.json", model_type=model_type)
    with pytest.raises(ModelNotFound, match=message):
        encoder(folder)


def test_missing_and_wrong_tensors_are_refused(tmp_path: Path) -> None:
    folder = make_dual_encoder(tmp_path / "broken", "siglip")
    tensors = load_file(folder / "model.safetensors")
    name = next(one for one in tensors if "vision_model.encoder.layers.0" in one)
    weights = tensors.pop(name)
    save_file(tensors, folder / "model.safetensors", {"format": "pt"})
    with pytest.raises(ModelNotFound, match="lacks 1 tensors"):
        encoder(folder).embed_pictures(pictures())
    save_file(tensors | {name: weights[:1].clone()}, folder / "model.safetensors", {"format": "pt"})
    with pytest.raises(ModelNotFound, match="cannot be loaded"):
        encoder(folder).embed_pictures(pictures())


def test_weights_that_are_not_numbers_give_an_error_and_no_vector(tmp_path: Path) -> None:
    folder = make_dual_encoder(tmp_path / "nan", "clip")
    tensors = load_file(folder / "model.safetensors")
    tensors["visual_projection.weight"][0, 0] = float("nan")
    save_file(tensors, folder / "model.safetensors", {"format": "pt"})
    with pytest.raises(ModelError, match="not finite"):
        encoder(folder).embed_pictures(pictures())


def test_halves_of_different_length_are_refused(tmp_path: Path) -> None:
    folder = make_dual_encoder(tmp_path / "uneven", "siglip")
    config = checkpoint.find(str(folder)).config
    edit_json(folder / "config.json", text_config=config["text_config"] | {"projection_size": 48})
    with pytest.raises(ModelNotFound, match="pictures get 32 numbers, texts 48"):
        _ = encoder(folder).space


def test_pickled_weights_are_never_loaded(tmp_path: Path) -> None:
    folder = make_dual_encoder(tmp_path / "pickle", "siglip")
    tensors = load_file(folder / "model.safetensors")
    torch.save(tensors, folder / "pytorch_model.bin")
    (folder / "model.safetensors").unlink()
    with pytest.raises(ModelNotFound, match="has its weights as pickle files"):
        encoder(folder)


def test_what_is_no_picture_or_too_large_is_refused(folders: dict[str, Path]) -> None:
    mine = encoder(folders["siglip"])
    huge = np.lib.stride_tricks.as_strided(
        np.zeros(3, np.uint8), (MAX_PIXELS // 1000 + 1, 1000, 3), (0, 0, 1)
    )
    wrong: list[tuple[Any, str]] = [
        (np.zeros((4, 4), np.uint8), "is not a picture"),
        (np.zeros((0, 4, 3), np.uint8), "is not a picture"),
        (np.zeros((4, 4, 3), np.float32), "a picture of float32"),
        (huge, "is too large"),
    ]
    for picture, message in wrong:
        with pytest.raises(InputError, match=message):
            mine.embed_pictures([picture])


def test_a_model_that_is_not_here_comes_with_the_command_that_fetches_it() -> None:
    with pytest.raises(ModelNotFound, match="vidindex models pull google/siglip-base-patch16-224"):
        checkpoint.find("google/siglip-base-patch16-224")


def test_a_text_with_a_word_outside_of_the_vocabulary_is_known_as_such(
    folders: dict[str, Path], kind: str
) -> None:
    encoder = DualEncoder(checkpoint.find(str(folders[kind])))
    # CLIP's vocabulary goes down to letters.
    assert list(encoder.can_read(["a red car", "a red crane"])) == [True, kind == "clip"]
