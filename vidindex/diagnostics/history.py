"""Keep the last check of each model on this machine, as small JSON files.

In the user's state folder and not in a library: a check is of a model, with its precision,
on this machine, and holds for every library that it fills. One file for each identity and
prompt profile, so other weights, another precision or other words count as never checked.
"""

import json
import os
from datetime import datetime
from pathlib import Path
from typing import Any

from vidindex.adapters.checkpoints.check_files import check_path
from vidindex.core.formatting.to_json import jsonable
from vidindex.diagnostics.results import AtRate, Checkup, Speed
from vidindex.errors import ModelError


def keep(checkup: Checkup) -> Path:
    """Write it in place of the last one; the file's path."""
    path = check_path(checkup.model, checkup.profile)
    path.parent.mkdir(parents=True, exist_ok=True)
    half = path.with_suffix(f".{os.getpid()}.part")
    kept = jsonable(checkup) | {"verdict": checkup.verdict}
    half.write_text(json.dumps(kept, indent=2), encoding="utf-8")
    half.replace(path)
    return path


def last(model: str, profile: str) -> Checkup | None:
    """The last check of this model identity with these prompts, or None."""
    try:
        return _read(json.loads(check_path(model, profile).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError, KeyError):
        # A file that is gone or broken: treated as never checked, and a new check replaces it.
        return None


def advice(model: str, profile: str, named: str, *, hint: bool) -> list[str]:
    """What to say before this model is relied on: where it failed.

    named: the options that name it to `vidindex doctor`. hint: say, too, where it was never
    checked.
    """
    found, again = last(model, profile), f"vidindex doctor {named}"
    if found is None:
        never = f"{model} was never checked on this machine: `{again}` plays known clips to it"
        return [never] if hint else []
    return [f"{model} failed its check: {fault}; check again: `{again}`" for fault in found.faults]


def require_sighted(model: str, profile: str, named: str) -> None:
    """Raise ModelError for a model whose answers, when last checked, did not follow the video.

    named: as in `advice`.
    """
    found = last(model, profile)
    if found and found.refusals:
        raise ModelError(
            f"model {model} is not used: in its check its {found.refusals[0]}",
            f"check it again: vidindex doctor {named}; or index text only: --model none",
        )


def _read(values: dict[str, Any]) -> Checkup:
    values = {name: value for name, value in values.items() if name != "verdict"}
    speed = Speed(**values["speed"])
    rates = tuple(AtRate(**rate) for rate in values["rates"])
    checked_at = datetime.fromisoformat(values["checked_at"])
    return Checkup(**{**values, "speed": speed, "rates": rates, "checked_at": checked_at})
