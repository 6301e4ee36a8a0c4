"""Share memory between a parent and its child as a ring buffer.

It has no name that could outlive its processes: on Windows the system counts its users,
elsewhere it is an open file without a directory entry.
"""

import mmap
import os
import sys
import tempfile
import threading
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from pickle import PickleBuffer

Place = tuple[int, int]
"""The position of one buffer: (offset, length) in bytes."""


@dataclass(frozen=True, slots=True)
class SharedMemory:
    """The shared bytes; `handle` opens them in the child, which inherits `fd` if there is one."""

    memory: mmap.mmap
    handle: str
    fd: int | None

    @classmethod
    def make(cls, num_bytes: int) -> "SharedMemory":
        """New shared bytes; pages that are never touched cost nothing."""
        if sys.platform == "win32":
            name = f"vidindex-{uuid.uuid4().hex}"
            return cls(mmap.mmap(-1, num_bytes, tagname=name), name, None)
        fd = _nameless_file()
        os.ftruncate(fd, num_bytes)
        return cls(mmap.mmap(fd, num_bytes), str(fd), fd)

    @classmethod
    def open(cls, handle: str, num_bytes: int) -> "SharedMemory":
        """The bytes that the parent made."""
        if sys.platform == "win32":
            return cls(mmap.mmap(-1, num_bytes, tagname=handle), handle, None)
        return cls(mmap.mmap(int(handle), num_bytes), handle, int(handle))

    def copy(self, place: Place) -> bytearray:
        """Copy the bytes out of shared memory."""
        begin, length = place
        return bytearray(memoryview(self.memory)[begin : begin + length])

    def close(self) -> None:
        self.memory.close()
        if self.fd is not None:
            os.close(self.fd)


class Ring:
    """Hands out room in an arena, in order; room comes back in the same order."""

    def __init__(self, shared: SharedMemory) -> None:
        self._shared = shared
        self._head = 0
        self._used = 0
        self._came_back = threading.Condition()

    def put(self, buffers: Sequence[PickleBuffer]) -> tuple[list[Place], int]:
        """Copy them side by side; their places, and how much room that took.

        Waits until enough has come back. Empty, with no room taken, where they never fit.
        """
        views = [buffer.raw() for buffer in buffers]
        length = sum(view.nbytes for view in views)
        room = len(self._shared.memory)
        if length > room:
            return [], 0
        skipped = room - self._head if self._head + length > room else 0
        with self._came_back:
            self._came_back.wait_for(
                lambda: self._used == 0 or self._used + skipped + length <= room
            )
            if self._used == 0:
                self._head = skipped = 0
            self._used += skipped + length
        begin = 0 if skipped else self._head
        self._head = begin + length
        return self._copy_in(views, begin), skipped + length

    def _copy_in(self, views: Sequence[memoryview], begin: int) -> list[Place]:
        places = []
        for view in views:
            self._shared.memory[begin : begin + view.nbytes] = view
            places.append((begin, view.nbytes))
            begin += view.nbytes
        return places

    def come_back(self, length: int) -> None:
        """The reader needs the oldest `length` bytes no more."""
        with self._came_back:
            self._used -= length
            self._came_back.notify()


def _nameless_file() -> int:
    if hasattr(os, "memfd_create"):  # Linux: memory whatever the folder of temporary files is on
        return os.memfd_create("vidindex")
    with tempfile.TemporaryFile() as file:
        return os.dup(file.fileno())
