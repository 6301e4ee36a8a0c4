"""Serve agents over the Model Context Protocol (MCP), on top of `app`."""
