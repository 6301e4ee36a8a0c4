"""Prompt a reasoning model, and read its conclusion.

VL-Rethinker is Qwen2.5-VL trained to reason: its answer is in `\\boxed{}` at the end
of a long text, so the first token says nothing (VL-Rethinker, model card and paper).
"""

import re
from typing import Final, Literal

REASONING_PROFILE: Final = "vl-rethinker/1"
REASONING_TOKENS: Final = 2048
"""Room to think; a reply that is cut before its conclusion is no opinion."""

REASONING_YES_NO: Final = (
    "Does the video show the following: '{query}'? Answer Yes or No.\n\n"
    "Please reason step by step, and put your final answer within \\boxed{{}}."
)

_BOXED: Final = re.compile(r"\\boxed\s*\{\s*((?:\\[a-z]+\s*\{[^{}]*\}|[^{}])*)\}", re.IGNORECASE)
_COMMAND: Final = re.compile(r"\\[a-z]+\s*|[{}$*.!\"'`\s]", re.IGNORECASE)


def read_conclusion(reply: str) -> Literal["Yes", "No"] | None:
    """The content of the last box; None without one, or where it says something else."""
    boxes = _BOXED.findall(reply)
    if not boxes:
        return None
    conclusion = _COMMAND.sub("", boxes[-1]).casefold()
    if conclusion.startswith("yes"):
        return "Yes"
    return "No" if conclusion == "no" or conclusion.startswith("no,") else None
