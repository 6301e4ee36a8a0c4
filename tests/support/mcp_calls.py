"""Call tools of an MCP server in this process, and read what comes back."""

from pathlib import Path
from typing import Any

import anyio
from mcp import Client
from mcp.server.mcpserver import MCPServer
from mcp.types import CallToolResult

from vidindex.app import Settings, open_library
from vidindex.mcp_server.server import Log, build_server


def structured(result: CallToolResult) -> dict[str, Any]:
    assert not result.is_error, result.content
    content = result.structured_content
    assert isinstance(content, dict)
    return content


def complaint(result: CallToolResult) -> str:
    assert result.is_error
    return " ".join(getattr(block, "text", "") for block in result.content)


def called(
    library: Path,
    tool: str,
    arguments: dict[str, object],
    log: Log = lambda what, **_: None,
    clips: Path | None = None,
) -> CallToolResult:
    """One call of a server in this process."""

    async def ask(server: MCPServer[Any]) -> CallToolResult:
        async with Client(server) as client:
            return await client.call_tool(tool, arguments)

    with open_library(library, Settings(model="none"), write=False) as app:
        return anyio.run(ask, build_server(app, log, clips))
