"""Print results, tables, progress and reports to a terminal."""
