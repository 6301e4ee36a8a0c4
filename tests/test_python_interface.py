"""The Python interface does the main job in five typed lines."""

import re
from pathlib import Path

from support import film_assets as films

from vidindex import Settings, open_library
from vidindex.app import App


def test_open_ingest_search_export(tmp_path: Path) -> None:
    films.clock(tmp_path / "clock.mp4", 8, 80)
    with open_library(tmp_path / "library", Settings(model="none")) as library:
        library.ingest(tmp_path / "clock.mp4")
        (moment,) = library.search("01:23").moments
        library.export(tmp_path / "timeline.json")
    assert (moment.path, round(moment.verdict.span.start_s)) == ("clock.mp4", 3)
    assert (tmp_path / "timeline.json").stat().st_size > 0


def test_the_page_of_the_interface_names_every_method_of_a_library() -> None:
    page = Path(__file__).parent.parent / "docs" / "python.md"
    rows = [line for line in page.read_text("utf-8").splitlines() if line.startswith("| [")]
    named = re.findall(r"`(\w+)`", " ".join(rows))
    methods = {name for name in dir(App) if not name.startswith("_")}
    assert sorted(named) == sorted(methods)
