"""Turn pictures and texts into vectors of one space with a dual encoder."""

from vidindex.adapters.embed_frames.checkpoint import BUNDLED, DualEncoderFiles
from vidindex.adapters.embed_frames.dual_encoder import DualEncoder

__all__ = ["BUNDLED", "DualEncoder", "DualEncoderFiles"]
