"""Fill HTML templates with escaped data, without scripts or external resources.

Questions, captions and file names are escaped, and characters that hide or reorder text
are shown as `escaping.escape` writes them.
"""

import base64
from collections.abc import Mapping
from functools import cache
from typing import Any, TextIO

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from vidindex.core.formatting.escaping import escape
from vidindex.core.formatting.time_format import format_time


def render(template: str, values: Mapping[str, Any], stream: TextIO) -> None:
    """Write the filled-in template, piece by piece."""
    for part in _environment().get_template(template).generate(values):
        stream.write(part)


def data_url(jpeg: bytes) -> Markup:
    """A JPEG file as a URL that holds it."""
    return Markup(f"data:image/jpeg;base64,{base64.b64encode(jpeg).decode('ascii')}")


@cache
def _environment() -> Environment:
    made = Environment(
        loader=PackageLoader("vidindex.adapters.reports"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_shown,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["time"] = format_time
    return made


def _shown(value: Any) -> Any:
    return value if isinstance(value, Markup) else escape(str(value))
