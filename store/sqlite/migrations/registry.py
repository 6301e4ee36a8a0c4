"""The registry that every step of the schema is added to, in order of its name."""

from sqlite_utils import Migrations

migrations = Migrations("vidindex")
