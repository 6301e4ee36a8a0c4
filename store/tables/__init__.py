"""One module per table, and the SQL of search filters."""
