"""Read what a checkpoint's chat template puts before a reply: where thinking begins or is off.

Hybrid models think first unless their template is told not to; then it writes an empty thought.
Templates are rendered in Jinja's sandbox, as transformers does.
"""

import json
from pathlib import Path
from typing import Any, NoReturn

from jinja2 import TemplateError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from vidindex.core.families import Family
from vidindex.errors import ModelNotFound

EMPTY_THOUGHT = "<think>\n\n</think>\n\n"
_REPLY = "<|im_start|>assistant\n"


def reply_prefix(folder: Path, family: Family) -> str:
    """What follows "assistant" before the model's own words, with thinking off; mostly "".

    Raises ModelNotFound where thinking cannot be switched off, or the template is broken.
    """
    template = _template(folder)
    if template is None:
        return EMPTY_THOUGHT if family.is_hybrid else ""
    prefix = _render(template, folder)
    if "<think>" in prefix and "</think>" not in prefix:
        raise ModelNotFound(
            "it always thinks before it answers, and its chat template cannot switch that off: "
            "Yes and No could not be read off its first word",
            "take the Instruct checkpoint of its size",
        )
    return prefix


def _render(template: str, folder: Path) -> str:
    environment = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True)
    environment.globals["raise_exception"] = _refuse
    try:
        text = environment.from_string(template).render(
            messages=[{"role": "user", "content": "Hello"}],
            add_generation_prompt=True,
            enable_thinking=False,
        )
    except (TemplateError, TypeError) as error:
        raise ModelNotFound(f"{folder}: its chat template cannot be used: {error}") from error
    _, found, prefix = text.rpartition(_REPLY)
    if not found:
        raise ModelNotFound(f"{folder}: its chat template begins no reply ({_REPLY!r})")
    return prefix


def _template(folder: Path) -> str | None:
    """As transformers looks for it: a file of its own, else in one of two JSON files."""
    own = folder / "chat_template.jinja"
    if own.is_file():
        return own.read_text(encoding="utf-8")
    for name in ("chat_template.json", "tokenizer_config.json"):
        found = _in_json(folder / name)
        if found:
            return found
    return None


def _in_json(path: Path) -> str | None:
    try:
        stated: Any = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    found = stated.get("chat_template") if isinstance(stated, dict) else None
    return found if isinstance(found, str) else None


def _refuse(message: str) -> NoReturn:
    raise TemplateError(message)
