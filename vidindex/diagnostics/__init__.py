"""The first-run check: whether a model that nobody tested here can be relied on."""
