"""Log who searches a library and takes what out of it."""

import getpass

from store.audit_log import AuditLog
from vidindex.app.base import LibraryBase


class Auditing(LibraryBase):
    """The audit log of a library."""

    @property
    def audit_log(self) -> AuditLog:
        """The log; faces write to it, and `vidindex audit` reads it."""
        return AuditLog(self.library.path)


def user_name() -> str:
    """The user of this machine who runs this process; "" for one without a name."""
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):  # a container whose user has no name
        return ""
