"""Refuse unknown arguments of tools, so that a misspelt filter is an error."""

from collections.abc import Callable
from typing import Any

from mcp.server.mcpserver.tools import Tool
from mcp.types import ToolAnnotations
from pydantic import create_model


def strict_tool(function: Callable[..., Any], description: str, hints: ToolAnnotations) -> Tool:
    """The function as a tool; the SDK's own argument model would drop what it does not know."""
    tool = Tool.from_function(function, description=description, annotations=hints)
    known = tool.fn_metadata.arg_model
    strict = create_model(known.__name__, __base__=known, __cls_kwargs__={"extra": "forbid"})
    tool.fn_metadata.arg_model = strict
    tool.parameters = strict.model_json_schema(by_alias=True)
    return tool
