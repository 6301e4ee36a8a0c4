"""Fetch checkpoints from the Hugging Face hub: the only downloads of models there are."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import huggingface_hub
from huggingface_hub import constants
from huggingface_hub.errors import (  # type: ignore[attr-defined]
    HFValidationError,
    HTTPError,
    RepositoryNotFoundError,
)

from vidindex.adapters.checkpoints.licences import licence_of
from vidindex.errors import InputError, ModelError, ModelNotFound

PULLED_FILES = ["*.json", "*.jinja", "*.safetensors", "*.txt", "LICENSE*", "README.md"]


def model_config(name: str) -> dict[str, Any]:
    """What the hub says of the configuration of a repository; raises as `fetch`."""
    with _explained(name):
        return huggingface_hub.HfApi().model_info(name, timeout=10).config or {}


def fetch(name: str, say: Callable[[str], None], require: Callable[[dict[str, Any]], None]) -> Path:
    """Download repository `name` into the cache, or finish a broken download; its folder.

    say: gets the licence before the first byte. require: raises where the configuration is not
    of a model that can be used. Raises ModelNotFound where the hub has no such repository,
    ModelError where it cannot be reached.
    """
    with _explained(name):
        info = huggingface_hub.HfApi().model_info(name, timeout=10)
        require(info.config or {})
        say(f"{name}: licence {licence_of(name, info.card_data)}")
        return Path(huggingface_hub.snapshot_download(name, allow_patterns=PULLED_FILES))


@contextmanager
def _explained(name: str) -> Iterator[None]:
    try:
        yield
    except HFValidationError as error:
        raise InputError(f"{name!r} is not a repository id", "write it as OWNER/NAME") from error
    except RepositoryNotFoundError as error:
        raise ModelNotFound(f"the hub has no repository {name!r}", "check the spelling") from error
    # HTTPError: of the HTTP client that the hub's client is built on, connections refused.
    except (HTTPError, OSError) as error:
        raise ModelError(
            f"{name} could not be fetched from {constants.ENDPOINT}: {error}",
            "check the connection and run it again: it goes on where it stopped",
        ) from error
