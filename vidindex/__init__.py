"""vidindex: index folders of long video and search them for verified timestamps.

    from vidindex import open_library

    with open_library("my.library") as library:
        library.ingest("footage")
        for moment in library.search("01:23").moments:
            print(moment.path, moment.verdict.span.start_s)
        library.export("timeline.json")

Names of `vidindex.app` are found here too; they are imported when first used, so that
`import vidindex` costs nothing.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from vidindex.app import App as App
    from vidindex.app import Settings as Settings
    from vidindex.app import open_library as open_library

__all__ = ["App", "Settings", "open_library"]


def __getattr__(name: str) -> Any:
    if name in __all__:
        from vidindex import app

        return getattr(app, name)
    raise AttributeError(f"module 'vidindex' has no attribute {name!r}")
