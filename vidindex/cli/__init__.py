"""Parse the command line, call `app` and print.

One module per command, imported when it is called, so that `--help` is quick.
Results go to stdout, progress and messages to stderr.
"""

from vidindex.cli.main import main

__all__ = ["main"]
