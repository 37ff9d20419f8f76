"""Answers over HTTP: the page on which a question is typed, JSON, streams and MCP."""
