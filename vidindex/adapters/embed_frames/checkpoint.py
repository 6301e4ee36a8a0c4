"""Find dual encoders on this machine and check that both halves are there.

SigLIP, SigLIP 2 of a fixed resolution (it has SigLIP's architecture) and CLIP. Looks at folders
and headers; loads no model and touches no network.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import huggingface_hub
from huggingface_hub import constants

from vidindex.adapters.checkpoints.cache import locate
from vidindex.adapters.checkpoints.device import this_device
from vidindex.adapters.checkpoints.hub import fetch
from vidindex.adapters.checkpoints.licences import licence_of, read_card_data
from vidindex.adapters.checkpoints.safetensors import Weights, fingerprint, read_weights
from vidindex.errors import ModelNotFound

ON_CPU, ON_GPU = "google/siglip2-base-patch32-256", "google/siglip2-base-patch16-224"
"""What "auto" takes without and with a GPU; where only the other one is here, that."""

DOWNLOAD_BYTES = {ON_CPU: 1_512_000_000, ON_GPU: 1_501_000_000}
"""Of the published files: mostly the table of 256,000 words, which runs for queries only."""

BUNDLED = "bundled"
BUNDLED_FOLDER = Path(__file__).parents[2] / "bundled" / "dual_encoder"
FAMILIES = ("siglip", "clip")
_HALVES = {f"{family}_{half}_model": half for family in FAMILIES for half in ("vision", "text")}
_NAMED = "vidindex models pull"


@dataclass(frozen=True)
class DualEncoderFiles:
    """One checkpoint folder. name: repository id, "bundled", or the folder's name.

    commit: of the repository, "" for a plain folder. problem: why it cannot be used, "" where
    it can.
    """

    name: str
    folder: Path
    commit: str
    licence: str
    config: dict[str, Any]
    weights: Weights | None = None
    problem: str = ""

    @property
    def family(self) -> str:
        """ "siglip" (SigLIP 2 too) or "clip"."""
        return str(self.config.get("model_type"))

    @property
    def stored_bytes(self) -> int:
        """Bytes of the files of weights; 0 where they cannot be read."""
        return self.weights.stored_bytes if self.weights else 0

    @cached_property
    def revision(self) -> str:
        """The commit, or the hash of configuration and weights."""
        if self.commit:
            return self.commit
        return fingerprint(self.folder, self.weights)[:16] if self.weights else ""

    @property
    def usable(self) -> "DualEncoderFiles":
        """Itself; raises ModelNotFound where it is incomplete or of another kind."""
        if self.problem:
            raise ModelNotFound(f"picture model {self.name}: {self.problem}", remedy(self.name))
        return self

    def read(self, name: str) -> dict[str, Any]:
        """A JSON file of the folder; an empty object for a missing file."""
        path = self.folder / name
        if not path.is_file():
            return {}
        try:
            read = json.loads(path.read_text(encoding="utf-8"))
        except ValueError as error:
            raise ModelNotFound(f"{path} cannot be read: {error}", remedy(self.name)) from error
        return read if isinstance(read, dict) else {}


def find(name: str) -> DualEncoderFiles:
    """The whole dual encoder of that name: "bundled", a folder, or a cached repository.

    Raises ModelNotFound where it is not on this machine, incomplete, or another kind of model.
    """
    return _inspect(name, *_locate(name)).usable


def cached_official() -> list[str]:
    """The official ones that have a folder in the cache, whole or not; opens no file."""
    cache = Path(constants.HF_HUB_CACHE)
    return [
        name for name in (ON_CPU, ON_GPU) if (cache / f"models--{name.replace('/', '--')}").is_dir()
    ]


def auto(has_gpu: bool) -> DualEncoderFiles | None:
    """The official one that "auto" takes on such a machine; None where none is here whole."""
    wanted = (ON_GPU, ON_CPU) if has_gpu else (ON_CPU, ON_GPU)
    here = [_inspect(name, *_locate(name)) for name in wanted if name in cached_official()]
    return next((one for one in here if not one.problem), None)


def choose(name: str, stored: str | None) -> DualEncoderFiles | None:
    """The dual encoder of that name; for "auto" the one named `stored`, else an official one.

    None where "auto" finds none here.
    """
    if name != "auto":
        return find(name)
    if stored is not None:
        with suppress(ModelNotFound):
            return find(stored)
        return None
    if not cached_official():
        return None
    return auto(has_gpu=this_device().kind == "cuda")


def installed() -> list[DualEncoderFiles]:
    """Every dual encoder here: the bundled one, then those of the cache by name."""
    bundled = [_inspect(BUNDLED, BUNDLED_FOLDER, "")] if BUNDLED_FOLDER.is_dir() else []
    return [*bundled, *sorted(_cached(), key=lambda one: one.name)]


def pull(name: str, say: Callable[[str], None]) -> DualEncoderFiles:
    """Download repository `name`; see `checkpoints.hub.fetch`. ModelNotFound where it is no use."""
    folder = fetch(name, say, lambda _: None)
    return _inspect(name, folder, folder.name).usable


def remedy(name: str) -> str:
    """What to do about a dual encoder that is missing or broken."""
    is_repository = name.count("/") == 1 and not name.startswith((".", "/", "~"))
    wanted = name if is_repository else ON_CPU
    return f"fetch one with: {_NAMED} {wanted}, or name a whole folder"


def is_dual_encoder(config: dict[str, Any]) -> bool:
    """Whether a checkpoint of this configuration is one that can be loaded here."""
    return config.get("model_type") in FAMILIES


def _cached() -> Iterator[DualEncoderFiles]:
    try:
        repositories = huggingface_hub.scan_cache_dir(constants.HF_HUB_CACHE).repos
    except (huggingface_hub.errors.CacheNotFound, ValueError):
        return
    for repository in repositories:
        revision = repository.refs.get("main") or max(
            repository.revisions, key=lambda one: one.last_modified, default=None
        )
        if repository.repo_type == "model" and revision is not None:
            found = _inspect(repository.repo_id, revision.snapshot_path, revision.commit_hash)
            if is_dual_encoder(found.config):
                yield found


def _locate(name: str) -> tuple[Path, str]:
    if name == BUNDLED:
        return BUNDLED_FOLDER, ""
    found = locate(name)
    if found is None:
        raise ModelNotFound(
            f"picture model {name!r} is neither a folder nor in the cache", remedy(name)
        )
    return found


def _inspect(name: str, folder: Path, commit: str) -> DualEncoderFiles:
    shown = name if name == BUNDLED or commit else folder.name
    licence = licence_of(shown, read_card_data(folder))
    found = DualEncoderFiles(shown, folder, commit, licence, {})
    try:
        config = found.read("config.json")
        weights = read_weights(folder)
    except ModelNotFound as error:
        return DualEncoderFiles(shown, folder, commit, licence, {}, problem=error.message)
    problem = _kind_problem(config) or _halves_problem(weights) or _tokenizer_problem(folder)
    return DualEncoderFiles(shown, folder, commit, licence, config, weights, problem)


def _kind_problem(config: dict[str, Any]) -> str:
    kind = str(config.get("model_type"))
    if kind in _HALVES:
        return f"it is only the {_HALVES[kind]} half of a dual encoder"
    if kind == "siglip2":
        return "SigLIP 2 of variable resolution (naflex) cannot be loaded; take a fixed one"
    if kind not in FAMILIES:
        return f"it is a {kind!r} model, not a dual encoder ({', '.join(FAMILIES)})"
    return ""


def _halves_problem(weights: Weights) -> str:
    for half in ("vision", "text"):
        if not any(name.startswith(f"{half}_model.") for name in weights.names):
            return f"its weights have no {half} half"
    return ""


def _tokenizer_problem(folder: Path) -> str:
    whole = (folder / "tokenizer.json").is_file()
    parts = all((folder / part).is_file() for part in ("vocab.json", "merges.txt"))
    return "" if whole or parts else "it has no tokenizer (tokenizer.json)"
