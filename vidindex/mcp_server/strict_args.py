"""Refuse arguments that a tool does not take, in one sentence that says what it takes.

A misspelt filter is an error: a search without it would answer another question.
"""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from mcp.server.mcpserver.exceptions import ToolError
from mcp.server.mcpserver.tools import Tool
from mcp.types import ToolAnnotations
from pydantic import ValidationError, create_model

from vidindex.core.formatting.terminal import one_line, truncate

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

SHOWN_COLUMNS = 60
"""Of a wrong value: enough to know it again."""


class StrictTool(Tool):
    """A tool that reports wrong arguments of a call to its client."""

    async def run(
        self, arguments: dict[str, Any], context: Any, convert_result: bool = False
    ) -> Any:
        """Run it. Raises ToolError, with one sentence, for arguments that are not its own."""
        try:
            self.fn_metadata.validate_arguments(arguments)
        except ValidationError as error:
            known = list(self.fn_metadata.arg_model.model_fields)
            raise ToolError(f"{self.name}: {_sentence(error.errors(), known)}") from None
        return await super().run(arguments, context, convert_result)


def strict_tool(function: Callable[..., Any], description: str, hints: ToolAnnotations) -> Tool:
    """The function as a tool; the SDK's own argument model would drop what it does not know."""
    tool = StrictTool.from_function(function, description=description, annotations=hints)
    known = tool.fn_metadata.arg_model
    strict = create_model(known.__name__, __base__=known, __cls_kwargs__={"extra": "forbid"})
    tool.fn_metadata.arg_model = strict
    tool.parameters = strict.model_json_schema(by_alias=True)
    return tool


def _sentence(errors: "Sequence[ErrorDetails]", known: Sequence[str]) -> str:
    """What is wrong with the first argument, and how many others are."""
    first = errors[0]
    name = ".".join(str(part) for part in first["loc"])
    more = len({error["loc"] for error in errors}) - 1
    others = f" (and {more} more wrong)" if more else ""
    if first["type"] == "extra_forbidden":
        return f"there is no argument {_shown(name)}; there are: {', '.join(known)}{others}"
    if first["type"] == "missing":
        return f"the argument {name!r} is missing{others}"
    wants = first["msg"][:1].lower() + first["msg"][1:]
    return f"the argument {name!r} is {_shown(first['input'])}: {wants}{others}"


def _shown(value: object) -> str:
    return truncate(one_line(repr(value)), SHOWN_COLUMNS)
