"""Manage named tokens for other machines: kept as hashes, each shown once."""

import hashlib
import hmac
import json
import os
import secrets
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from vidindex.errors import InputError, LibraryError

NAME = "tokens.json"


@dataclass(frozen=True, slots=True)
class Token:
    """Who may come in. sha256: of the token, which is random, so no salt is needed."""

    name: str
    sha256: str
    made_at: str


class Tokens:
    """The tokens of one library; the file is read at every question, so removals hold at once."""

    def __init__(self, library: Path) -> None:
        self._path = library / NAME

    def all(self) -> list[Token]:
        """Every token, in the order they were made. Raises LibraryError for a broken file."""
        try:
            listed = json.loads(self._path.read_text(encoding="utf-8"))
            return [Token(**one) for one in listed]
        except FileNotFoundError:
            return []
        except (OSError, ValueError, TypeError) as error:
            raise LibraryError(
                f"{self._path}: {error}", "delete it, and add the tokens again"
            ) from error

    def add(self, name: str) -> str:
        """A new token for `name`; it cannot be shown again. Raises InputError for a taken name."""
        tokens = self.all()
        if not name.strip() or not name.isprintable():
            raise InputError(f"{name!r} is not a valid name", "name who or what will use the token")
        if name in {token.name for token in tokens}:
            raise InputError(f"there is a token {name!r}", f"vidindex tokens remove {name}")
        secret = secrets.token_urlsafe(32)
        made_at = datetime.now(UTC).isoformat(timespec="seconds")
        self._write([*tokens, Token(name, hash_of(secret), made_at)])
        return secret

    def remove(self, name: str) -> None:
        """Revoke a token. Raises InputError for an unknown name."""
        tokens = self.all()
        left = [token for token in tokens if token.name != name]
        if left == tokens:
            raise InputError(f"unknown token {name!r}", "see: vidindex tokens list")
        self._write(left)

    def owner(self, secret: str) -> str | None:
        """The owner of this token, or None. Takes as long for a near miss as for any other."""
        shown, found = hash_of(secret), None
        for token in self.all():
            if hmac.compare_digest(token.sha256, shown):
                found = token.name
        return found

    def _write(self, tokens: list[Token]) -> None:
        write_private(self._path, json.dumps([asdict(token) for token in tokens], indent=1))


def write_private(path: Path, text: str) -> None:
    """Replace the file by one that only its owner reads, whole or not at all."""
    beside = path.with_suffix(".tmp")
    beside.unlink(missing_ok=True)
    handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as stream:
        stream.write(text)
    beside.replace(path)


def hash_of(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
