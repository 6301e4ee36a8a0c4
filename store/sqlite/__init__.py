"""The SQLite file: connection, migrations, locking, consistency."""
