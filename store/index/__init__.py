"""Full-text and vector indexes, derived from SQLite."""
