"""Search a library and export the hits as an edit: `... LIBRARY OUTPUT.fcpxml WORDS...`."""

import sys

from vidindex import open_library


def main(library_folder: str, output: str, words: str) -> None:
    with open_library(library_folder, write=False) as library:
        result = library.search(words)
        for path in library.export_hits(result, output):
            print(f"wrote {path}: {len(result.moments)} hits")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], " ".join(sys.argv[3:]))
