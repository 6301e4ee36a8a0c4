"""`python -m vidindex` is the same as `vidindex`."""

from vidindex.cli import main

main()
