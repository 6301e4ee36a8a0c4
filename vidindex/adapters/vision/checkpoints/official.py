"""Name the official checkpoints of the families, with licence, size and published standing.

Standing is mIoU of moment retrieval on QVHighlights with cleaned labels (TimeLens-Bench), the
one benchmark that compares families; most checkpoints have no published figure on it.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from huggingface_hub import constants

from vidindex.adapters.checkpoints.licences import licence_of
from vidindex.core.families import QWEN3_FAMILY, QWEN25_FAMILY, QWEN35_FAMILY

BENCHMARK: Final = "mIoU on QVHighlights, cleaned labels"


@dataclass(frozen=True, slots=True)
class Official:
    """One published checkpoint. billions: of weights. published: see BENCHMARK; None without."""

    name: str
    family: str
    billions: float
    published: float | None = None

    @property
    def licence(self) -> str:
        return licence_of(self.name, None)

    @property
    def gigabytes(self) -> float:
        """Of its weights in bfloat16."""
        return 2 * self.billions

    @property
    def standing(self) -> str:
        """What is published of it, in words."""
        if self.published is None:
            return "no published figure that compares families"
        return f"{self.published:g} {BENCHMARK} (published)"


def _of(family: str, pattern: str, *sizes: str) -> list[Official]:
    return [Official(pattern.format(size), family, float(size.partition("B")[0])) for size in sizes]


# "auto" takes the first that is here and fits: those with a published figure by it, then those
# without by family and size. Qwen2.5-VL-3B is for research use only, and comes last.
OFFICIAL: Final = (
    Official("Qwen/Qwen3-VL-8B-Instruct", QWEN3_FAMILY.name, 8.8, 59.4),
    Official("Qwen/Qwen2.5-VL-7B-Instruct", QWEN25_FAMILY.name, 8.3, 31.6),
    *_of(QWEN3_FAMILY.name, "Qwen/Qwen3-VL-{}-Instruct", "32B", "30B-A3B", "4B", "2B"),
    *_of(QWEN3_FAMILY.name, "Qwen/Qwen3-VL-{}-Instruct", "235B-A22B"),
    *_of(QWEN35_FAMILY.name, "Qwen/Qwen3.5-{}", "27B", "9B", "35B-A3B", "4B"),
    *_of(QWEN35_FAMILY.name, "Qwen/Qwen3.5-{}", "122B-A10B", "397B-A17B"),
    *_of(QWEN35_FAMILY.name, "Qwen/Qwen3.6-{}", "27B", "35B-A3B"),
    *_of(QWEN35_FAMILY.name, "Qwen/Qwen3.8-{}", "27B"),
    *_of(QWEN25_FAMILY.name, "Qwen/Qwen2.5-VL-{}-Instruct", "32B", "72B", "3B"),
)
AUTO_ORDER: Final = tuple(one.name for one in OFFICIAL)


def cached_official() -> list[str]:
    """Those that have a folder in the Hugging Face cache, whole or not, best first.

    Opens no file, so it is known at once that there is nothing to choose from.
    """
    cache = Path(constants.HF_HUB_CACHE)
    return [name for name in AUTO_ORDER if (cache / f"models--{name.replace('/', '--')}").is_dir()]
