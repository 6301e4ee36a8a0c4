"""Read text files from users: UTF-8, or an error that says why not."""

from pathlib import Path

from vidindex.errors import InputError


def read_text(path: Path) -> str:
    """The whole file. Raises InputError where it cannot be read or is not UTF-8."""
    try:
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror}", "check the path") from error
    except UnicodeDecodeError as error:
        raise InputError(
            f"{path} is not UTF-8 text (byte {error.start})", "save it as UTF-8"
        ) from error
