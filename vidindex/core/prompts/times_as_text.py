"""Show frames as pictures with their times as text, for models without a frame rate.

A way of asking of its own, beside the wording of `profile`: its name is part of a model's
identity, since the same words about the same frames get other replies. Endpoints that take
pictures only need it, and later grounding models write times this way.
"""

from typing import Final

TIMES_AS_TEXT: Final = "times-as-text/1"


def time_before(time_s: float) -> str:
    """The text before the picture of that time, in seconds from the beginning of the clip."""
    return f"<{time_s:.1f} seconds>"
