"""Check at first run whether an untested model can be relied on."""
