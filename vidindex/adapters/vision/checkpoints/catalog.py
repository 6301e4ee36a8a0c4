"""List the checkpoints of known families on this machine, with licence and memory fit.

Looks at folders and headers; loads no model. Nothing here touches the network
except `pull`, which is the only place in vidindex that downloads a checkpoint.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import huggingface_hub
from huggingface_hub import constants
from huggingface_hub.errors import CacheNotFound

from vidindex.adapters.checkpoints.cache import locate
from vidindex.adapters.checkpoints.device import Device, this_device
from vidindex.adapters.checkpoints.hub import fetch
from vidindex.adapters.checkpoints.licences import licence_of, read_card_data
from vidindex.adapters.checkpoints.safetensors import Weights, read_weights
from vidindex.adapters.vision.checkpoints.chat_template import reply_prefix
from vidindex.adapters.vision.checkpoints.official import AUTO_ORDER
from vidindex.core.families import QWEN25_FAMILY, Family, family_of_type
from vidindex.errors import ModelError, ModelNotFound, ModelTooLarge

BUNDLED = "bundled"
BUNDLED_FOLDER = Path(__file__).parents[3] / "bundled" / "model"
# Weights alone do not answer: caches and activations of one chunk need room beside them.
HEADROOM = 1.2
NO_MODEL_REMEDIES = (
    f"fetch a checkpoint with `vidindex models pull {AUTO_ORDER[0]}` (about 18 GB); "
    "or name one that you have: `--model FOLDER`; "
    "or take the tiny model that comes with vidindex, `--model bundled`: it knows coloured "
    "shapes only and shows that the machinery works"
)


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """One checkpoint folder: what it is and whether it can be used here.

    name: repository id, "bundled", or the folder's name. revision: commit hash, "" for a
    plain folder. family: see `core.families`. memory_bytes: its weights once loaded on
    `device`. problem: why it cannot be used, "" where it can; remedy: what to do about it, ""
    for the usual.
    """

    name: str
    folder: Path
    revision: str
    licence: str
    device: Device
    quantised: str = ""
    memory_bytes: int = 0
    problem: str = ""
    remedy: str = ""
    family: str = QWEN25_FAMILY.name

    @property
    def fits(self) -> bool:
        return self.memory_bytes * HEADROOM <= self.device.free_bytes

    def require_whole(self) -> None:
        """Raise ModelNotFound where it is incomplete or of another kind."""
        if self.problem:
            raise ModelNotFound(
                f"model {self.name}: {self.problem}", self.remedy or _mend(self.name)
            )

    def require_usable(self) -> None:
        """Raise the ModelError that says why it cannot be used here, and what to do."""
        self.require_whole()
        if not self.fits:
            raise ModelTooLarge(
                f"model {self.name} needs {self.memory_bytes * HEADROOM / 1e9:.1f} GB "
                f"as {self.device.dtype}, {self.device}",
                "take a smaller size or an AWQ build, or free memory",
            )
        if self.quantised and self.device.kind == "cpu":
            raise ModelError(
                f"model {self.name} is quantised ({self.quantised}), which needs a GPU",
                "take the checkpoint that is not quantised",
            )


def installed(device: Device | None = None) -> list[Checkpoint]:
    """Every checkpoint of a known family: the bundled one, then those of the cache, by name."""
    here = device or this_device()
    bundled = [_inspect(BUNDLED, BUNDLED_FOLDER, "", here)] if BUNDLED_FOLDER.is_dir() else []
    cached = [_inspect(*found, here) for found in _cached()]
    return [*bundled, *sorted(cached, key=lambda checkpoint: checkpoint.name)]


def resolve(name: str, device: Device | None = None) -> Checkpoint | None:
    """The usable checkpoint of that name: "bundled", a folder, or a cached repository.

    "auto" is the best official one that is cached and fits (`auto_choice`), None if there is no
    such one (NO_MODEL_REMEDIES says what to do); the bundled model is never picked by itself.
    Raises ModelNotFound, ModelTooLarge or ModelError for a name that cannot be used.
    """
    checkpoint = find(name, device)
    if checkpoint:
        checkpoint.require_usable()
    return checkpoint


def find(name: str, device: Device | None = None) -> Checkpoint | None:
    """As `resolve`, for those who judge by themselves whether a whole checkpoint fits."""
    here = device or this_device()
    if name == "auto":
        from vidindex.adapters.vision.checkpoints.auto_choice import choose

        return choose(here).checkpoint
    checkpoint = _inspect(name, *_locate(name), here)
    checkpoint.require_whole()
    return checkpoint


def pull(name: str, say: Callable[[str], None], device: Device | None = None) -> Checkpoint:
    """Download repository `name` into the Hugging Face cache, or finish a broken download.

    `say` gets the licence before the first byte. Raises ModelNotFound where the hub has no
    such repository, ModelError where it cannot be reached.
    """
    folder = fetch(name, say, lambda config: _require_pullable(config, name))
    fetched = _inspect(name, folder, folder.name, device or this_device())
    if fetched.problem:
        # Without a connection the hub client is content with what is there already.
        raise ModelError(
            f"{name} is still incomplete: {fetched.problem}", fetched.remedy or _mend(name)
        )
    return fetched


def read_config(folder: Path) -> dict[str, Any]:
    """config.json of a checkpoint folder; raises ModelNotFound where it is missing or broken."""
    path = folder / "config.json"
    try:
        config = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ModelNotFound(
            f"{path} cannot be read: {error}", "name a checkpoint folder"
        ) from error
    return config if isinstance(config, dict) else {}


def _locate(name: str) -> tuple[Path, str]:
    if name == BUNDLED:
        return BUNDLED_FOLDER, ""
    found = locate(name)
    if found is None:
        raise ModelNotFound(f"model {name!r} is neither a folder nor in the cache", _mend(name))
    return found


def _cached() -> Iterator[tuple[str, Path, str]]:
    try:
        repositories = huggingface_hub.scan_cache_dir(constants.HF_HUB_CACHE).repos
    except CacheNotFound:
        return
    for repository in repositories:
        revision = repository.refs.get("main") or max(
            repository.revisions, key=lambda one: one.last_modified, default=None
        )
        if repository.repo_type == "model" and revision is not None:
            folder = revision.snapshot_path
            if _has_family(folder):
                yield repository.repo_id, folder, revision.commit_hash


def _inspect(name: str, folder: Path, revision: str, device: Device) -> Checkpoint:
    shown = name if name == BUNDLED or revision else folder.name
    licence = licence_of(shown, read_card_data(folder))
    checkpoint = Checkpoint(shown, folder, revision, licence, device)
    try:
        config = read_config(folder)
        family = _require_family(config)
        _require_tokenizer(folder)
        weights = read_weights(folder)
        reply_prefix(folder, family)
    except ModelNotFound as error:
        return replace(checkpoint, problem=error.message, remedy=error.hint or "")
    quantised = str((config.get("quantization_config") or {}).get("quant_method", ""))
    memory = _memory_bytes(weights, quantised, device)
    return replace(checkpoint, quantised=quantised, memory_bytes=memory, family=family.name)


def _memory_bytes(weights: Weights, quantised: str, device: Device) -> int:
    return weights.stored_bytes if quantised else weights.num_weights * device.bytes_per_weight


def _require_family(config: dict[str, Any]) -> Family:
    """The family of a config.json; ModelNotFound for code, and for what contradicts the family."""
    if "auto_map" in config:
        raise ModelNotFound(
            "it comes with code of its own (auto_map), which is never run here",
            "serve it elsewhere and name the server: --endpoint URL",
        )
    family = family_of_type(config.get("model_type"))
    vision = config.get("vision_config") or {}
    for key, expected in (
        ("patch_size", family.patch_px),
        ("spatial_merge_size", family.merge),
        ("temporal_patch_size", family.frames_per_group),
    ):
        if vision.get(key, expected) != expected:
            raise ModelNotFound(
                f"its config.json says {key} {vision[key]} where {family.name} has {expected}",
                "fetch the checkpoint again",
            )
    return family


def _require_pullable(config: dict[str, Any], name: str) -> None:
    try:
        _require_family(config)
    except ModelNotFound as error:
        raise ModelNotFound(f"model {name}: {error.message}", error.hint) from error


def _require_tokenizer(folder: Path) -> None:
    whole = (folder / "tokenizer.json").is_file()
    if not whole and not all((folder / part).is_file() for part in ("vocab.json", "merges.txt")):
        raise ModelNotFound(f"{folder} has no tokenizer (tokenizer.json)")


def _has_family(folder: Path) -> bool:
    try:
        family_of_type(read_config(folder).get("model_type"))
    except ModelNotFound:
        return False
    return True


def _mend(name: str) -> str:
    is_repository = name.count("/") == 1 and not name.startswith((".", "/", "~"))
    if is_repository:
        return f"fetch it, or what is missing of it, with `vidindex models pull {name}`"
    return "name a whole checkpoint folder; `vidindex models` shows those on this machine"
