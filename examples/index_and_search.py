"""Index a folder and search it: `python examples/index_and_search.py FOLDER WORDS...`."""

import sys

from vidindex import open_library


def main(folder: str, words: str) -> None:
    with open_library("example.library") as library:
        report = library.ingest(folder)
        print(f"{report.files} files, {len(report.failures)} failures")
        result = library.search(words)
        for moment in result.moments:
            span = moment.verdict.span
            print(f"{moment.path}  {span.start_s:.1f}-{span.end_s:.1f} s  {moment.verdict.answer}")
        if not result.moments:
            print(f"nothing found; {result.coverage.checked} candidates checked")


if __name__ == "__main__":
    main(sys.argv[1], " ".join(sys.argv[2:]))
