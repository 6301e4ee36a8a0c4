"""Log what is searched and taken out of a library in the shell."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from vidindex.app.auditing import user_name
from vidindex.cli.output.echo import echo
from vidindex.core.formatting.to_json import jsonable
from vidindex.errors import LibraryError

if TYPE_CHECKING:
    from vidindex.app import App


def log(app: "App", what: str, **details: object) -> None:
    """Add a line; where that cannot be done, a note says so.

    It is not refused, as the server does: who runs a command can read the library's files.
    """
    try:
        app.audit_log.write(user_name(), what, by="shell", **jsonable(details))
    except LibraryError as error:
        echo(f"note: this is not in the audit log: {error}", err=True)


def log_hits(app: "App", format_name: str, words: Sequence[str]) -> None:
    """Log that these hits are taken out, by the ids of their videos and by their times."""
    hits = [{"which": hit.video_id, "span": hit.span} for hit in app.hits(words)]
    log(app, "export", format=format_name, of="hits", hits=hits)
