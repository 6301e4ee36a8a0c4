"""Find the kept result of a model's check on this machine, and what it came to."""

import hashlib
import json
from pathlib import Path
from typing import Final, Literal, get_args

from vidindex.config import state_folder

Verdict = Literal["passed", "failed", "blind"]
"""blind: its answers did not follow the video, and it is not used."""

# Goes up when other clips or questions make old figures and new ones incomparable.
CHECK_VERSION: Final = 2


def check_path(model: str, profile: str) -> Path:
    """The file of a model's identity with these prompts, whether it exists or not."""
    key = hashlib.sha256(f"{model}\n{profile}\n{CHECK_VERSION}".encode()).hexdigest()[:24]
    return state_folder() / "checkups" / f"{key}.json"


def verdict_of(model: str, profile: str) -> Verdict | None:
    """What the last check came to; None for a model that was never checked here."""
    try:
        found = json.loads(check_path(model, profile).read_text(encoding="utf-8"))["verdict"]
    except (OSError, ValueError, TypeError, KeyError):
        # A file that is gone or broken: treated as never checked, and a new check replaces it.
        return None
    return found if found in get_args(Verdict) else None
