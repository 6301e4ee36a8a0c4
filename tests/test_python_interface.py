"""The Python interface does the main job in five typed lines."""

from pathlib import Path

from support import film_assets as films

from vidindex import Settings, open_library


def test_open_ingest_search_export(tmp_path: Path) -> None:
    films.clock(tmp_path / "clock.mp4", 8, 80)
    with open_library(tmp_path / "library", Settings(model="none")) as library:
        library.ingest(tmp_path / "clock.mp4")
        (moment,) = library.search("01:23").moments
        library.export(tmp_path / "timeline.json")
    assert (moment.path, round(moment.verdict.span.start_s)) == ("clock.mp4", 3)
    assert (tmp_path / "timeline.json").stat().st_size > 0
