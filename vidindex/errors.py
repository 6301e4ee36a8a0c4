"""Define the tree of exceptions.

VidindexError                 message (what, the value seen) and hint (what to do)
├── InputError                the caller asked for something invalid
├── MediaError                a file that cannot be used; the run continues without it
│   ├── ProbeError            it cannot be opened, or holds no usable video
│   ├── DecodeError           its pictures or their times cannot be obtained
│   └── UnsupportedMedia      this decoder would give wrong times or pictures; another may not
├── ModelError                a checkpoint, an endpoint or a reader cannot do what is asked
│   ├── ModelNotFound         it is not on this machine, or not what its name says
│   ├── ModelTooLarge         it does not fit the memory at hand, or the chunk its context
│   └── MissingPackage        an optional dependency is not installed
└── LibraryError              the library directory cannot be used as it is
    ├── LibraryLocked         another process writes to it
    ├── LibraryCorrupt        its files contradict each other or cannot be read
    └── LibraryMismatch       it was made by a newer vidindex or with another embedder
"""


class VidindexError(Exception):
    """Base of every error a user may meet: what happened, and what to do about it."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message}; {self.hint}" if self.hint else self.message


class InputError(VidindexError):
    """An argument, option or query that cannot be understood."""


class MediaError(VidindexError):
    """A file that cannot be used; it is counted and the run continues."""


class ProbeError(MediaError):
    """The file cannot be opened, or holds no usable video stream."""


class DecodeError(MediaError):
    """The pictures, or their times, cannot be read from this file."""


class UnsupportedMedia(MediaError):
    """This decoder would give wrong times or pictures for this file and refuses it."""


class ModelError(VidindexError):
    """A model, reader or endpoint cannot do what is asked."""


class ModelNotFound(ModelError):
    """The checkpoint is not on this machine, incomplete, or of another architecture."""


class ModelTooLarge(ModelError):
    """The checkpoint does not fit the memory, or the chunk does not fit the context."""


class MissingPackage(ModelError):
    """An optional dependency is not installed; the hint names the extra."""


class LibraryError(VidindexError):
    """The library directory cannot be used as it is."""


class LibraryLocked(LibraryError):
    """Another process is writing to this library."""


class LibraryCorrupt(LibraryError):
    """The files of the library cannot be read or contradict each other."""


class LibraryMismatch(LibraryError):
    """The library was made by a newer vidindex, or with another embedder."""
