"""Read settings from a TOML file and default places.

Precedence is flag > environment (VIDINDEX_*) > config file > default; the
command line holds it, this module only reads the file.
"""

import os
import tomllib
from pathlib import Path
from typing import Any

import platformdirs

from vidindex.errors import InputError


def config_path() -> Path:
    """VIDINDEX_CONFIG, else the platform's config folder."""
    named = os.environ.get("VIDINDEX_CONFIG")
    return Path(named) if named else platformdirs.user_config_path("vidindex") / "config.toml"


def default_library() -> Path:
    """The library that is used where none is named: in the platform's data folder."""
    return platformdirs.user_data_path("vidindex") / "library"


def state_folder() -> Path:
    """VIDINDEX_STATE, else the platform's state folder: what was learned about this machine."""
    named = os.environ.get("VIDINDEX_STATE")
    return Path(named) if named else platformdirs.user_state_path("vidindex")


def cache_folder() -> Path:
    """VIDINDEX_CACHE, else the platform's cache folder: files that are built again when gone."""
    named = os.environ.get("VIDINDEX_CACHE")
    return Path(named) if named else platformdirs.user_cache_path("vidindex")


def read_config() -> dict[str, Any]:
    """Option names (as on the command line, `_` for `-`) to values; empty without a file.

    Raises InputError where the file is no TOML.
    """
    path = config_path()
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        raise InputError(f"{path}: {error}", "correct the file, or set VIDINDEX_CONFIG") from error
    return {name.replace("-", "_"): value for name, value in values.items()}
