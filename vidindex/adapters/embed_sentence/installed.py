"""Find the text model that a library uses, or the best one, on this machine; no download."""

from vidindex.adapters.embed_sentence.checkpoint import DEFAULT_MODEL, find_checkpoint
from vidindex.errors import ModelNotFound

AUTO = "auto"
MULTILINGUAL = (
    "intfloat/multilingual-e5-large",
    "intfloat/multilingual-e5-base",
    "intfloat/multilingual-e5-small",
    "BAAI/bge-m3",
    "Qwen/Qwen3-Embedding-0.6B",
    "sentence-transformers/paraphrase-multilingual-MiniLM-L12-v2",
    "sentence-transformers/LaBSE",
)
"""Models of many languages, best first."""


def find_text_model(used: str | None) -> str:
    """The name of the model that a library uses; without one, of a multilingual model here.

    used: the last part of its name. Raises ModelNotFound where that model is not on this machine.
    """
    if used is None:
        return next((name for name in MULTILINGUAL if _is_here(name)), DEFAULT_MODEL)
    if used == DEFAULT_MODEL.rsplit("/", 1)[-1]:
        return DEFAULT_MODEL
    names = [name for name in (*MULTILINGUAL, *_cached()) if name.rsplit("/", 1)[-1] == used]
    found = next(filter(_is_here, names), None)
    if found is None:
        raise ModelNotFound(
            f"the texts of this library were embedded with {used}, which is not on this machine",
            "name its folder (--embedder) or where it is served (--embedder-endpoint), or change "
            "to another model: vidindex ingest FOLDER --embedder NAME --re-embed",
        )
    return found


def _is_here(name: str) -> bool:
    try:
        return bool(find_checkpoint(name, allow_download=False).weights)
    except ModelNotFound:
        return False


def _cached() -> list[str]:
    """The names of all models in the local Hugging Face cache."""
    from huggingface_hub import scan_cache_dir
    from huggingface_hub.errors import CacheNotFound

    try:
        return sorted(repo.repo_id for repo in scan_cache_dir().repos if repo.repo_type == "model")
    except CacheNotFound:
        return []
