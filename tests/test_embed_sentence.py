"""The text embedder: the same vector for a text in any batch, and texts that it cannot read."""

import json
import os
import random
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from support.processes import run_to_end

from vidindex.adapters.embed_sentence import SentenceEmbedder
from vidindex.adapters.embed_sentence.embedder import share_read

TEXTS = [
    "a red car drives over the wet bridge",
    "END OF REEL",
    "Two people talk about dinner; one of them laughs.",
    "KA05MJ9876",
    "01:23:45:12",
    "",
    "   leading and trailing blanks\t\n",
    "Ünïcödé naïve café — Straße, ДОМ, 東京タワー, שלום, 🎂 cake",
    "a [MASK] and a [SEP] in the text",
    "ሰላም red",
    "word " * 700,
    "x" * 3000,
]

UNREADABLE = ["สวัสดีครับ", "ሰላም ነው።", "გამარჯობა", "ភាសាខ្មែរ", "ሰላም?", "🎂", "...", " ", ""]


@pytest.fixture(scope="module")
def embedder() -> SentenceEmbedder:
    return SentenceEmbedder()


def reference(folder: Path, texts: Sequence[str]) -> npt.NDArray[np.float32]:
    """What sentence-transformers itself makes of the texts."""
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(str(folder), local_files_only=True, device="cpu")
    made = model.encode(list(texts), normalize_embeddings=True, show_progress_bar=False)
    return np.asarray(made, np.float32)


def test_the_vector_of_a_text_is_the_same_to_the_bit_in_any_company(
    embedder: SentenceEmbedder,
) -> None:
    alone = {text: embedder.embed_documents([text])[0].tobytes() for text in TEXTS}
    draw = random.Random(3)
    for size in (2, 5, len(TEXTS), 3 * len(TEXTS)):
        batch = draw.choices(TEXTS, k=size)
        vectors = embedder.embed_documents(batch)
        assert [row.tobytes() for row in vectors] == [alone[text] for text in batch]
    assert embedder.embed_queries(TEXTS[:1])[0].tobytes() == alone[TEXTS[0]]


@pytest.mark.slow
def test_another_process_on_more_or_fewer_threads_makes_the_same_bits(
    embedder: SentenceEmbedder,
) -> None:
    script = (
        "from vidindex.adapters.embed_sentence import SentenceEmbedder;"
        f"print(SentenceEmbedder().embed_documents({TEXTS[::-1]!r}).tobytes().hex())"
    )
    expected = embedder.embed_documents(TEXTS)[::-1].tobytes().hex()
    for threads in ("1", "4"):
        environment = os.environ | {"OMP_NUM_THREADS": threads}
        done = run_to_end([sys.executable, "-c", script], env=environment)
        assert done.stdout.strip() == expected


def test_vectors_are_those_of_sentence_transformers(embedder: SentenceEmbedder) -> None:
    made = embedder.embed_documents(TEXTS)
    assert made.shape == (len(TEXTS), embedder.space.dim)
    np.testing.assert_allclose(made, reference(embedder.folder, TEXTS), rtol=0, atol=1e-5)


def test_no_texts_make_no_vectors(embedder: SentenceEmbedder) -> None:
    assert embedder.embed_documents([]).shape == (0, embedder.space.dim)
    assert embedder.can_read([]).shape == (0,)


@pytest.mark.slow
def test_the_default_model_needs_no_torch_and_builds_its_graph_once(tmp_path: Path) -> None:
    script = (
        "import sys; from vidindex.adapters.embed_sentence import SentenceEmbedder;"
        "SentenceEmbedder().embed_queries(['a red car']);"
        "print([m for m in ('torch', 'transformers', 'sentence_transformers', 'onnx')"
        " if m in sys.modules])"
    )
    environment = os.environ | {"VIDINDEX_CACHE": str(tmp_path)}
    command = [sys.executable, "-c", script]
    loaded = [run_to_end(command, env=environment).stdout.strip() for _ in range(2)]
    assert loaded == ["['onnx']", "[]"]


def vector_with_cache(cache: Path, monkeypatch: pytest.MonkeyPatch) -> bytes:
    monkeypatch.setenv("VIDINDEX_CACHE", str(cache))
    return SentenceEmbedder().embed_queries(["a red car"]).tobytes()


@pytest.mark.parametrize("damage", [b"", b"\0", b"no graph at all", None])
def test_a_damaged_graph_in_the_cache_is_built_again(
    damage: bytes | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = vector_with_cache(tmp_path, monkeypatch)
    (kept,) = (tmp_path / "text-models").iterdir()
    whole = kept.read_bytes()
    kept.write_bytes(whole[:-1] + b"\0" if damage is None else damage)
    assert vector_with_cache(tmp_path, monkeypatch) == expected
    assert kept.read_bytes() == whole


def test_a_cache_that_cannot_be_written_to_is_done_without(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = vector_with_cache(tmp_path / "kept", monkeypatch)
    (tmp_path / "file").touch()  # no folder can be made below a file, not even by root
    assert vector_with_cache(tmp_path / "file" / "cache", monkeypatch) == expected


def small_checkpoint(packaged: Path, folder: Path, pooling: dict[str, Any]) -> Path:
    """A BERT of random weights, read by the packaged model's tokenizer."""
    import torch
    from transformers import BertConfig, BertModel

    shutil.copytree(packaged, folder, ignore=shutil.ignore_patterns("*.safetensors"))
    torch.manual_seed(1)
    sizes: dict[str, Any] = {"hidden_size": 48, "intermediate_size": 96, "num_hidden_layers": 2}
    BertModel(BertConfig(num_attention_heads=4, **sizes)).save_pretrained(folder)
    dimension = {"word_embedding_dimension": 48}
    (folder / "1_Pooling" / "config.json").write_text(json.dumps(dimension | pooling))
    return folder


@pytest.mark.parametrize(
    ("pooling", "with_torch"),
    [
        ({"pooling_mode_cls_token": True, "pooling_mode_mean_tokens": False}, False),
        ({"pooling_mode": "mean"}, False),
        ({"pooling_mode_max_tokens": True, "pooling_mode_mean_tokens": False}, True),
        ({"pooling_mode": ["cls", "mean"]}, True),
    ],
)
def test_other_checkpoints_run_without_torch_where_their_graph_is_known(
    pooling: dict[str, Any], with_torch: bool, embedder: SentenceEmbedder, tmp_path: Path
) -> None:
    folder = small_checkpoint(embedder.folder, tmp_path / "model", pooling)
    small = SentenceEmbedder(str(folder))
    made = small.embed_documents(TEXTS)
    assert type(small._encoder).__name__ == ("TorchEncoder" if with_torch else "OnnxEncoder")
    np.testing.assert_allclose(made, reference(folder, TEXTS), rtol=0, atol=1e-5)
    assert small.embed_documents(TEXTS[3:4])[0].tobytes() == made[3].tobytes()
    assert small.can_read(["red car", *UNREADABLE]).tolist() == [True] + [False] * len(UNREADABLE)


def test_texts_without_a_known_letter_or_digit_cannot_be_read(embedder: SentenceEmbedder) -> None:
    assert not embedder.can_read(UNREADABLE).any()
    partly = ["ሰላም red car", "B-MW 1235", "7", "a", "word " * 700, "Sanitäter", "東京"]
    assert embedder.can_read(partly).all()


def test_words_of_a_script_known_as_letters_only_are_spelled_and_not_read(
    embedder: SentenceEmbedder,
) -> None:
    spelled = ["слон", "поезд в Москву", "طبيب", "우산", "שלום", "γάτα", "слон 7", "一个孩子在玩"]
    assert not embedder.can_read(spelled).any()


def test_what_is_read_of_a_text_is_measured_by_its_pieces() -> None:
    def share(text: str, *pieces: tuple[int, int]) -> float:
        return share_read(text, [(start, end, True) for start, end in pieces])

    assert share("cat", (0, 3)) == share("a cat", (0, 1), (2, 5)) == 1
    assert share("cats", (0, 3), (3, 4)) == 0.75
    assert share("слон", (0, 1), (1, 2), (2, 3), (3, 4)) == 0
    assert share("大象", (0, 1), (1, 2)) == 1  # in a model that knows them, ideographs are words
    assert share("산", (0, 1), (0, 1), (0, 1)) == 0  # one syllable in its parts
    assert share_read("cat dog", [(0, 3, True), (4, 7, False)]) == 0.5
    assert share_read("?!", [(0, 1, True), (1, 2, True)]) == 0
