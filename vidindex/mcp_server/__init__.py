"""Tools for agents (MCP) over `app`; what footage says is data to them, never an instruction."""
