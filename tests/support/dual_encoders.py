"""Make small dual encoders with random weights: SigLIP, SigLIP 2 of a fixed size, and CLIP."""

import json
from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors
from transformers import (
    CLIPConfig,
    CLIPModel,
    PreTrainedTokenizerFast,
    SiglipConfig,
    SiglipModel,
)

WORDS = ["a", "red", "car", "dog", "enters", "the", "yard", "at", "night", "cafe", "left"]
TOWER = {
    "hidden_size": 32,
    "intermediate_size": 64,
    "num_attention_heads": 2,
    "num_hidden_layers": 2,
}
SIZES = {"siglip": 32, "siglip2": 64, "clip": 32}
KINDS = tuple(SIZES)


def make_dual_encoder(folder: Path, kind: str, seed: int = 0, dim: int = 32) -> Path:
    """A checkpoint folder as `save_pretrained` of that family writes it."""
    torch.manual_seed(seed)
    tower = TOWER | {"hidden_size": dim}
    vision = tower | {"image_size": SIZES[kind], "patch_size": 16}
    tokenizer = make_tokenizer(kind)
    text = tower | {"vocab_size": len(tokenizer), "max_position_embeddings": 64}
    text |= {"eos_token_id": tokenizer.eos_token_id, "pad_token_id": tokenizer.pad_token_id}
    text |= {"bos_token_id": tokenizer.bos_token_id}
    if kind == "clip":
        model: Any = CLIPModel(
            CLIPConfig(vision_config=vision, text_config=text, projection_dim=dim)
        )
    else:
        model = SiglipModel(SiglipConfig(vision_config=vision, text_config=text))
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    write_json(folder / "preprocessor_config.json", preprocessing(kind))
    name = {"siglip": "SiglipTokenizer", "clip": "CLIPTokenizer"}.get(kind)
    if name:
        edit_json(folder / "tokenizer_config.json", tokenizer_class=name)
    return folder


def make_tokenizer(kind: str) -> PreTrainedTokenizerFast:
    """One token a word; CLIP's puts a token before and behind, SigLIP's one behind."""
    special = ["<pad>", "<eos>", "<bos>", "<unk>"]
    pieces = WORDS if kind != "clip" else [f"{word}</w>" for word in WORDS]
    vocab = {word: i for i, word in enumerate([*special, *pieces])}
    core = Tokenizer(models.WordLevel(vocab, unk_token="<unk>"))
    if kind == "clip":
        letters = sorted({letter for word in WORDS for letter in word})
        every = [*special, *letters, *(f"{letter}</w>" for letter in letters)]
        core = Tokenizer(
            models.BPE(
                {piece: i for i, piece in enumerate(every)},
                [],
                unk_token="<unk>",
                end_of_word_suffix="</w>",
            )
        )
        core.normalizer = normalizers.Lowercase()
    core.pre_tokenizer = pre_tokenizers.Whitespace()
    core.decoder = decoders.BPEDecoder()
    first = "<bos> " if kind == "clip" else ""
    ids = [(one, core.token_to_id(one)) for one in ("<bos>", "<eos>")]
    core.post_processor = processors.TemplateProcessing(
        single=f"{first}$A <eos>", special_tokens=ids
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=core,
        pad_token="<pad>",
        eos_token="<eos>",
        bos_token="<bos>",
        unk_token="<unk>",
        model_max_length=64,
    )


def preprocessing(kind: str) -> dict[str, Any]:
    """preprocessor_config.json as the published checkpoints of the family have it."""
    size = SIZES[kind]
    box = {"height": size, "width": size}
    if kind == "clip":
        return {
            "image_processor_type": "CLIPImageProcessor",
            "do_center_crop": True,
            "crop_size": box,
            "size": {"shortest_edge": size},
            "resample": 3,
            "image_mean": [0.48145466, 0.4578275, 0.40821073],
            "image_std": [0.26862954, 0.26130258, 0.27577711],
        }
    return {
        "image_processor_type": "SiglipImageProcessor",
        "do_convert_rgb": None,
        "resample": 2 if kind == "siglip2" else 3,
        "size": box,
        "image_mean": [0.5, 0.5, 0.5],
        "image_std": [0.5, 0.5, 0.5],
        "rescale_factor": 1 / 255,
    }


def write_json(path: Path, value: dict[str, Any]) -> None:
    path.write_text(json.dumps(value))


def edit_json(path: Path, **changes: Any) -> None:
    write_json(path, json.loads(path.read_text()) | changes)
