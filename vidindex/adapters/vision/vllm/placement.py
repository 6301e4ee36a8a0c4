"""Place a checkpoint on the GPUs at hand for vLLM, and build its command line.

Arithmetic over what the checkpoint and the cards say of themselves; starts nothing and
imports no vLLM. Flags are those of vLLM 0.31 and later.
"""

import json
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from vidindex.adapters.vision.checkpoints.catalog import Checkpoint
from vidindex.adapters.vision.qwen.limits import context_tokens
from vidindex.core.families import QWEN25_FAMILY, family_named
from vidindex.errors import ModelError, ModelTooLarge

HOST, FIRST_PORT = "127.0.0.1", 8000
# One call: 24,576 picture tokens at most, the question and the reply; then what may be had.
CONTEXTS = (32_768, 16_384, 8_192)
# Of a card's memory, as vLLM takes it by default; more only where nothing fits otherwise.
MEMORY_SHARES = (0.90, 0.95)
# Of each card, beside weights and caches: the pictures on their way, CUDA and its graphs.
# An estimate: vLLM measures it at its start and refuses where it is too little.
WORKING_BYTES = 3_000_000_000
TENSOR_PARALLEL = (1, 2, 4, 8)
# The same engine as in `grammar`, without free whitespace.
STRUCTURED_OUTPUTS = {"backend": "guidance", "disable_any_whitespace": True}
# vLLM reports usage to its makers and looks for updates of a model unless both are disabled.
QUIET = {"HF_HUB_OFFLINE": "1", "VLLM_NO_USAGE_STATS": "1", "DO_NOT_TRACK": "1"}


@dataclass(frozen=True, slots=True)
class Gpu:
    """One GPU."""

    name: str
    total_bytes: int


@dataclass(frozen=True, slots=True)
class ServedModel:
    """What of a checkpoint decides where it fits; sizes as in its config.json.

    num_layers: those that keep keys and values.

    group_size: of its quantisation; a layer is only split between groups. None without one.
    """

    name: str
    folder: str
    dtype: str
    weight_bytes: int
    context_tokens: int
    num_layers: int
    num_heads: int
    num_kv_heads: int
    head_size: int
    feed_forward_size: int
    group_size: int | None = None
    max_frames: int = QWEN25_FAMILY.max_frames

    @classmethod
    def of(cls, checkpoint: Checkpoint, config: dict[str, Any]) -> "ServedModel":
        """config: of its config.json, of either layout (see `limits.context_tokens`).

        Raises the ModelError of a checkpoint that cannot be used at all; whether it fits the
        GPUs is decided by `place`.
        """
        checkpoint.require_whole()
        if checkpoint.device.kind == "cpu":
            checkpoint.require_usable()
        text = config.get("text_config") or config
        if checkpoint.device.kind == "cpu" and "linear_num_key_heads" in text:
            raise ModelError(
                f"model {checkpoint.name}: on a CPU vLLM computes linear attention in bfloat16 "
                "only, which would give other answers",
                "run it with --backend transformers, or on a GPU",
            )
        heads = int(text["num_attention_heads"])
        quantisation = config.get("quantization_config") or {}
        return cls(
            name=checkpoint.name,
            folder=str(checkpoint.folder),
            dtype="auto" if checkpoint.quantised else checkpoint.device.dtype,
            weight_bytes=checkpoint.memory_bytes,
            context_tokens=context_tokens(config),
            num_layers=_layers_with_cache(text),
            num_heads=heads,
            num_kv_heads=int(text.get("num_key_value_heads") or heads),
            head_size=int(text.get("head_dim") or int(text["hidden_size"]) // heads),
            feed_forward_size=_feed_forward_size(text),
            group_size=quantisation.get("group_size"),
            max_frames=family_named(checkpoint.family).max_frames,
        )

    @property
    def kv_bytes_per_token(self) -> int:
        """Keys and values of one token in all layers, on all cards together."""
        bytes_per_number = 4 if self.dtype == "float32" else 2
        return 2 * self.num_layers * self.num_kv_heads * self.head_size * bytes_per_number

    def splits_over(self, num_cards: int) -> bool:
        """Whether vLLM can share its layers out evenly."""
        whole_groups = self.feed_forward_size % (num_cards * (self.group_size or 1)) == 0
        few, many = sorted((num_cards, self.num_kv_heads))
        return self.num_heads % num_cards == 0 and many % few == 0 and whole_groups


@dataclass(frozen=True, slots=True)
class Placement:
    """How one replica runs: on how many cards, with how much of each, for how long a call.

    num_cards is 0 on a machine without GPU.
    """

    num_cards: int
    context_tokens: int
    memory_share: float = MEMORY_SHARES[0]


def place(model: ServedModel, gpus: Sequence[Gpu]) -> Placement:
    """On as few cards as hold it with room for whole calls; raises ModelTooLarge."""
    if not gpus:
        return Placement(0, min(CONTEXTS[0], model.context_tokens))
    smallest = min(gpu.total_bytes for gpu in gpus)
    for share in MEMORY_SHARES:
        for context in CONTEXTS:
            for count in TENSOR_PARALLEL:
                placement = Placement(count, min(context, model.context_tokens), share)
                has_room = bytes_per_card(model, placement) <= share * smallest
                if count <= len(gpus) and model.splits_over(count) and has_room:
                    return placement
    raise ModelTooLarge(_too_large(model, gpus), "take a smaller size or an AWQ build")


def bytes_per_card(model: ServedModel, placement: Placement) -> float:
    """Weights, one call's keys and values, and what vLLM works in."""
    count = placement.num_cards
    kv_heads = max(model.num_kv_heads, count) / model.num_kv_heads
    kv_bytes = placement.context_tokens * model.kv_bytes_per_token * kv_heads
    return (model.weight_bytes + kv_bytes) / count + WORKING_BYTES


def serve_commands(model: ServedModel, gpus: Sequence[Gpu]) -> list[str]:
    """The shell command of each replica that these cards hold; raises ModelTooLarge."""
    placement = place(model, gpus)
    return [
        serve_command(model, placement, replica, len(gpus))
        for replica in range(max(1, len(gpus) // max(1, placement.num_cards)))
    ]


def endpoints(num_replicas: int) -> list[str]:
    """Where the replicas listen."""
    return [f"http://{HOST}:{FIRST_PORT + replica}/v1" for replica in range(num_replicas)]


def serve_command(model: ServedModel, placement: Placement, replica: int, num_cards: int) -> str:
    """One line for a shell, on the cards and the port of this replica."""
    environment = dict(QUIET)
    if placement.num_cards < num_cards:
        first = replica * placement.num_cards
        taken = range(first, first + placement.num_cards)
        environment["CUDA_VISIBLE_DEVICES"] = ",".join(map(str, taken))
    arguments = serve_arguments(model, placement, FIRST_PORT + replica)
    variables = [f"{name}={shlex.quote(value)}" for name, value in environment.items()]
    return " ".join([*variables, "vllm serve", shlex.join(arguments)])


def serve_arguments(model: ServedModel, placement: Placement, port: int) -> list[str]:
    """What follows `vllm serve`: the model, then flags with their values."""
    flags: dict[str, object] = {
        "served-model-name": model.name,
        "host": HOST,
        "port": port,
        "dtype": model.dtype,
        "max-model-len": placement.context_tokens,
        # One clip, or its frames as pictures with their times in words.
        "limit-mm-per-prompt": {"image": model.max_frames, "video": 1},
        # Without both of these the frame rate is not believed and frames after the 32nd are lost.
        "trust-request-mm-kwargs": None,
        "media-io-kwargs": {"video": {"num_frames": -1}},
        # Every clip is shown once: keeping what was made of it only fills memory.
        "mm-processor-cache-gb": 0,
        "structured-outputs-config": STRUCTURED_OUTPUTS,
    }
    if placement.num_cards:
        flags["tensor-parallel-size"] = placement.num_cards
        flags["gpu-memory-utilization"] = placement.memory_share
    else:
        flags["enforce-eager"] = None
    return [model.folder, *(part for flag in flags.items() for part in _spelled(*flag))]


def _layers_with_cache(text: dict[str, Any]) -> int:
    """Layers that keep keys and values of every token; those of linear attention keep none."""
    layers, kinds = int(text["num_hidden_layers"]), text.get("layer_types")
    if kinds is None and (interval := text.get("full_attention_interval")):
        return layers // int(interval)
    return sum(kind != "linear_attention" for kind in kinds) if kinds else layers


def _feed_forward_size(text: dict[str, Any]) -> int:
    """Of a layer, or of one expert where there are several."""
    return int(text.get("moe_intermediate_size") or text["intermediate_size"])


def _spelled(flag: str, value: object) -> list[str]:
    if value is None:
        return [f"--{flag}"]
    return [f"--{flag}", json.dumps(value) if isinstance(value, dict) else str(value)]


def _too_large(model: ServedModel, gpus: Sequence[Gpu]) -> str:
    counts = [n for n in TENSOR_PARALLEL if n <= len(gpus) and model.splits_over(n)]
    count = max(counts, default=1)
    least = Placement(count, min(CONTEXTS[-1], model.context_tokens))
    needed = bytes_per_card(model, least) / MEMORY_SHARES[-1]
    smallest = min(gpu.total_bytes for gpu in gpus)
    return (
        f"model {model.name} needs {needed / 1e9:.1f} GB on each of {count} "
        f"{'GPU' if count == 1 else 'GPUs'}; here are {len(gpus)} of {smallest / 1e9:.1f} GB"
    )
