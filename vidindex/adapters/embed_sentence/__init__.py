"""Turn texts into vectors with a sentence-transformers checkpoint, preferably without torch."""

from vidindex.adapters.embed_sentence.checkpoint import DEFAULT_MODEL
from vidindex.adapters.embed_sentence.embedder import SentenceEmbedder

__all__ = ["DEFAULT_MODEL", "SentenceEmbedder"]
