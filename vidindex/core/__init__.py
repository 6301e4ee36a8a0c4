"""The pure core: standard library and numpy only."""
