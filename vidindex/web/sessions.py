"""Keep sessions of browsers that logged in, as hashes, bounded in time and number."""

import json
import secrets
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from filelock import FileLock

from vidindex.errors import LibraryError
from vidindex.web.tokens import Tokens, hash_of, write_private

NAME, LOCK = "sessions.json", "sessions.lock"
SESSION_S = 7 * 86_400
MAX_OF_TOKEN = 50


@dataclass(frozen=True, slots=True)
class Session:
    """One browser. sha256: of its id; token_sha256: of the token that it logged in with."""

    sha256: str
    token_sha256: str
    ends_s: float


class Sessions:
    """The sessions of one library; several servers may share the file."""

    def __init__(self, library: Path) -> None:
        self._path = library / NAME
        self._lock = FileLock(library / LOCK, timeout=5.0, mode=0o600)
        self._tokens = Tokens(library)

    def begin(self, token: str) -> str:
        """Begin a session for the holder of this token; its id, which is not stored."""
        session_id, token_sha256 = secrets.token_urlsafe(32), hash_of(token)
        new = Session(hash_of(session_id), token_sha256, time.time() + SESSION_S)
        with self._lock:
            mine = [one for one in self._all() if one.token_sha256 == token_sha256]
            others = [one for one in self._all() if one.token_sha256 != token_sha256]
            self._write([*others, *mine[1 - MAX_OF_TOKEN :], new])
        return session_id

    def owner(self, session_id: str) -> str | None:
        """Whose session this is; None where it has ended, or its token was removed."""
        shown = hash_of(session_id)
        found = next((one for one in self._all() if one.sha256 == shown), None)
        if found is None:
            return None
        tokens = self._tokens.all()
        return next((one.name for one in tokens if one.sha256 == found.token_sha256), None)

    def end(self, session_id: str) -> None:
        """Log out; an unknown session is ignored."""
        ended = hash_of(session_id)
        with self._lock:
            self._write([one for one in self._all() if one.sha256 != ended])

    def _all(self) -> list[Session]:
        """Those that have not ended by now."""
        try:
            listed = json.loads(self._path.read_text(encoding="utf-8"))
            sessions = [Session(**fields) for fields in listed]
        except FileNotFoundError:
            return []
        except (OSError, ValueError, TypeError) as error:
            raise LibraryError(f"{self._path}: {error}", "delete it, and log in again") from error
        return [one for one in sessions if one.ends_s > time.time()]

    def _write(self, sessions: Sequence[Session]) -> None:
        write_private(self._path, json.dumps([asdict(one) for one in sessions]))
