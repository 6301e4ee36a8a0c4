"""Keep the old names of renamed public objects working, with a DeprecationWarning."""

import warnings
from collections.abc import Mapping


def current_name(owner: str, name: str, renamed: Mapping[str, str]) -> str:
    """The name that `name` has now, for use in a `__getattr__`; warns the caller of that.

    renamed: old names to new ones. Raises AttributeError for a name that is not among them.
    """
    if name not in renamed:
        raise AttributeError(f"{owner} has no attribute {name!r}")
    warnings.warn(
        f"{owner}: {name!r} is now called {renamed[name]!r}", DeprecationWarning, stacklevel=3
    )
    return renamed[name]
