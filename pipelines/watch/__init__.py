"""Watch folders, index what is new, run standing queries."""
