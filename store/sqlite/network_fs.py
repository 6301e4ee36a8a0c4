"""Detect network file systems."""

from pathlib import Path

_MOUNTS = Path("/proc/mounts")
_NETWORK = {
    "9p", "afs", "ceph", "cifs", "davfs", "fuse.gcsfuse", "fuse.glusterfs", "fuse.rclone",
    "fuse.s3fs", "fuse.sshfs", "lustre", "ncpfs", "nfs", "nfs4", "smb3", "smbfs",
}  # fmt: skip


def network_type(path: Path, mounts: str | None = None) -> str | None:
    """The type of network file system of `path` (which need not exist yet), or None.

    mounts: the mount table as the Linux kernel prints it (man 5 fstab); read where not given.
    Systems without /proc/mounts cannot be asked and give None.
    """
    if mounts is None:
        mounts = _MOUNTS.read_text(errors="surrogateescape") if _MOUNTS.exists() else ""
    resolved = path.resolve()
    types = {Path(_unescaped(line.split()[1])): line.split()[2] for line in mounts.splitlines()}
    nearest = max((p for p in types if resolved.is_relative_to(p)), key=_depth, default=None)
    kind = None if nearest is None else types[nearest]
    return kind if kind in _NETWORK else None


def _depth(path: Path) -> int:
    return len(path.parts)


def _unescaped(text: str) -> str:
    """Spaces, tabs, newlines and backslashes are octal escapes in the table."""
    for code in (" ", "\t", "\n", "\\"):
        text = text.replace(f"\\{ord(code):03o}", code)
    return text
