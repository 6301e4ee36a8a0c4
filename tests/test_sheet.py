"""The printable sheet: everything an answer rests on, in one file that nothing can escape from."""

import hashlib
import io
import os
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import pytest
from support import answer_assets as assets
from support.page_assets import HOSTILE, Page

from pipelines.hit_pictures import MAX_STRIP
from pipelines.progress import Quiet
from vidindex.adapters.media.stills import jpeg
from vidindex.adapters.reports import answer_text as words
from vidindex.adapters.reports import write
from vidindex.app import App, open_library
from vidindex.core.formatting.escaping import escape
from vidindex.core.formatting.time_format import format_time
from vidindex.core.retrieval.conclusion import conclude
from vidindex.errors import InputError
from vidindex.types import (
    Coverage,
    Event,
    Evidence,
    Filters,
    Frame,
    Gap,
    Hit,
    Looks,
    Moment,
    Opinion,
    Query,
    SearchResult,
    Span,
    Standard,
    Verdict,
)
from vidindex.types.search import Answer
from vidindex.types.sheet import HashedFile, Outline, Pictured, Sheet

GATE = Query("a gate")


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    library = assets.copied(tmp_path_factory)
    with open_library(library, assets.BUNDLED) as opened:
        yield opened


@pytest.fixture(scope="module")
def found(app: App, tmp_path_factory: pytest.TempPathFactory) -> Page:
    place = tmp_path_factory.mktemp("sheets") / "found.html"
    return page_of(app, app.search(assets.ASKED), place)


def page_of(app: App, result: SearchResult, place: Path) -> Page:
    return Page(app.report(result, place, box=True).read_text(encoding="utf-8"))


def moment(text: str = "a gate opens", path: str = "film.mp4") -> Moment:
    span = Span(1.0, 3.0)
    evidence = Evidence((1.1, 1.6), "Is it so?", "model@1", "P(yes) 0.9", (112, 84), "[]")
    verdict = Verdict("verified", 0.9, span, evidence, also=(Span(5.0, 6.0),))
    event = Event("a" * 32, span, text, "caption", "model@1")
    return Moment("a" * 32, path, span, text, 1.0, (Hit(event, 1.0, ("words",)),), verdict)


def sheet(*shown: Pictured, query: Query = GATE) -> Sheet:
    coverage = Coverage(num_files=3, duration_s=7200.0, candidates=9, checked=4)
    result = SearchResult(query, tuple(one.moment for one in shown), (), coverage)
    made_at = datetime(2026, 3, 1, 12, 30, tzinfo=UTC)
    return Sheet(result, made_at, "0.1.0", "model@1", shown, (), ())


def written(made: Sheet) -> str:
    stream = io.StringIO()
    write(made, jpeg, stream)
    return stream.getvalue()


def test_a_found_sheet_says_what_was_asked_and_what_was_found(found: Page) -> None:
    for said in (
        "Found",
        assets.ASKED,
        "Looked for a blue circle moves left",
        "1 moment verified against fresh frames",
        "2 files, 40.0 s",
        "30.0 s not read for on-screen text",
        "a rule of thumb, never measured",
        "✓ Verified shapes-1.mp4",
        "Does the video show the following: 'a blue circle moves left'? Answer Yes or No.",
        "P(yes) ",
    ):
        assert said in found.text


def test_the_model_is_named_with_its_revision(app: App, found: Page) -> None:
    assert app.services.model
    identity = app.services.model.limits.identity
    assert "sha256:" in identity
    assert found.text.count(identity) >= 2


def test_every_frame_that_was_shown_is_told_and_pictured(app: App, found: Page) -> None:
    result = app.search(assets.ASKED)
    judged = [one.verdict.evidence for one in (*result.moments, *result.rejected)]
    looks = [evidence.frame_times_s for evidence in judged if evidence]
    assert len(looks) >= 2
    for time_s in (time_s for look in looks for time_s in look):
        assert format_time(time_s, 2) in found.text
    assert len(found.pictures) == 1 + sum(min(MAX_STRIP, len(look)) for look in looks)
    assert {image.size for image in found.pictures} == {(320, 240), (224, 168)}


def test_the_files_of_the_candidates_are_hashed_whole(
    app: App, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    page = page_of(app, app.search("00:07"), tmp_path / "one.html")
    footage = assets.footage(tmp_path_factory)
    shapes, slate = (footage / name for name in ("shapes-1.mp4", "slate.mp4"))
    assert hashlib.sha256(slate.read_bytes()).hexdigest() in page.text
    assert f"{slate.stat().st_size:,}" in page.text
    assert hashlib.sha256(shapes.read_bytes()).hexdigest() not in page.text


def test_a_sheet_of_what_was_not_seen_shows_what_was_rejected_and_hashes_all_that_was_searched(
    app: App, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    result = app.search("a purple triangle blinks")
    page = page_of(app, result, tmp_path / "absent.html")
    assert "Not there" in page.text
    assert f"All {result.conclusion.looks.stretches} stretches" in page.text
    assert "does not prove that it never happened" in page.text
    assert page.text.count("✗ Rejected") == len(result.rejected) >= 1
    for name in ("shapes-1.mp4", "slate.mp4"):
        content = (assets.footage(tmp_path_factory) / name).read_bytes()
        assert hashlib.sha256(content).hexdigest() in page.text


def test_the_sheet_is_one_file_that_fetches_and_runs_nothing(app: App, tmp_path: Path) -> None:
    html = app.report(app.search(assets.ASKED), tmp_path / "one.html").read_text(encoding="utf-8")
    page = Page(html)
    assert not {"script", "link", "iframe", "object"} & set(page.tags)
    sources = [value for name, value in page.attributes if name in ("src", "href")]
    assert all(source.startswith("data:image/jpeg;base64,") for source in sources)
    assert not re.search(r"url\(|@import|https?://", html)
    assert [path.name for path in tmp_path.iterdir()] == ["one.html"]


def test_progress_counts_every_byte_that_is_hashed(app: App, tmp_path: Path) -> None:
    class Counted(Quiet):
        stage, total, done = "", 0.0, 0.0

        def start(self, stage: str, total: float, unit: str) -> None:
            self.stage, self.total, self.done = stage, total, 0.0

        def advance(self, amount: float, name: str) -> None:
            self.done += amount

    counted = Counted()
    app.report(app.search("00:07"), tmp_path / "one.html", progress=counted)
    assert counted.stage == "hash"
    assert counted.done == pytest.approx(counted.total)
    assert counted.total > 0.01


def test_a_file_that_vanished_is_told_and_costs_no_sheet(app: App, tmp_path: Path) -> None:
    result = app.search("00:07")
    place = app.library.videos.present_location(result.moments[0].video_id)
    assert place
    away = place.path.rename(tmp_path / "away.mp4")
    try:
        page = page_of(app, result, tmp_path / "one.html")
    finally:
        away.rename(place.path)
    assert "no picture: slate.mp4" in page.text
    assert "not hashed No such file or directory" in page.text
    assert page.pictures == []


def test_a_file_that_was_changed_since_it_was_indexed_is_told(app: App, tmp_path: Path) -> None:
    result = app.search("00:07")
    place = app.library.videos.present_location(result.moments[0].video_id)
    assert place
    os.utime(place.path, ns=(place.mtime_ns, place.mtime_ns + 1_000_000_000))
    try:
        page = page_of(app, result, tmp_path / "one.html")
    finally:
        os.utime(place.path, ns=(place.mtime_ns, place.mtime_ns))
    assert "not what it was when it was indexed" in page.text
    assert "not what it was" not in page_of(app, result, tmp_path / "one.html").text


def test_files_that_failed_and_that_are_missing_are_named(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    library = assets.copied(tmp_path_factory)
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(b"no film")
    with open_library(library, replace(assets.BUNDLED, model="none")) as app:
        app.ingest(broken)
    with closing(sqlite3.connect(library / "library.db")) as db, db:
        db.execute("UPDATE locations SET status = 'missing' WHERE path LIKE '%slate.mp4'")
    with open_library(library, assets.BUNDLED, write=False) as app:
        page = page_of(app, app.search("a purple triangle blinks"), tmp_path / "one.html")
    assert f"{broken} : " in page.text
    assert re.search(r"Missing \S+slate.mp4", page.text)


def test_a_sheet_cannot_be_written_where_no_folder_is(app: App, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no folder"):
        app.report(app.search("00:07"), tmp_path / "nowhere" / "one.html")


def full(text: str) -> Sheet:
    """A sheet that says `text` wherever a sheet can say something."""
    picture = Frame(2.0, 2.0, np.zeros((30, 40, 3), np.uint8))
    evidence = Evidence((1.0,), text, text, text, None, text)
    second = Opinion("unsure", text, text, 0.4)
    verdict = Verdict("verified", 0.9, Span(1.0, 2.0), evidence, second=second)
    outline = Outline((0.1, 0.1, 0.5, 0.5), text)
    one = Pictured(
        replace(moment(text, text), verdict=verdict), picture, (outline,), (picture,), (text,)
    )
    made = replace(
        sheet(one, query=Query(text, Filters(globs=(text,), cameras=(text,)))),
        model=text,
        version=text,
        files=(HashedFile(text, Path(f"/{text}"), 1, "", text, (Path(f"/{text}"),)),),
        failures=((text, text),),
        missing=(text,),
    )
    gap = Gap(text, datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 2, tzinfo=UTC))
    coverage = replace(made.result.coverage, gaps=(gap,))
    standard = Standard(max_false_alarms=0.05, measured=text)
    result = replace(made.result, coverage=coverage, notes=(text,), standard=standard)
    return replace(made, result=result)


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_stays_text(text: str) -> None:
    html = written(full(text))
    page, harmless = Page(html), Page(written(full("harmless")))
    assert page.tags == harmless.tags
    assert [name for name, _ in page.attributes] == [name for name, _ in harmless.attributes]
    assert "".join(page.texts).count(escape(text)) == "".join(harmless.texts).count("harmless")
    assert not re.search("[\u202e\x00\x1b]", html)


def test_the_title_claims_no_more_than_was_checked() -> None:
    def titled(*answers: Answer, looked: bool = False) -> str:
        moments = tuple(
            replace(moment(), verdict=replace(moment().verdict, answer=answer))
            for answer in answers
        )
        looks = Looks(3, 3, 60.0) if looked else Looks()
        concluded = conclude("x", answers, looks)
        return words.title(
            SearchResult(Query("x"), moments, (), Coverage(1, 1.0), conclusion=concluded)
        )

    assert titled("verified", "unsure") == "Found"
    assert titled("unsure", "unchecked") == "Unsure"
    assert titled("unchecked") == "Unsure"
    assert titled(looked=True) == "Not there"
    assert titled() == "Not looked at"


def test_what_a_calibration_says_is_printed() -> None:
    one = moment()
    calibrated = replace(one, verdict=replace(one.verdict, probability=0.93))
    made = sheet(Pictured(calibrated))
    standard = Standard(0.71, 0.2, 0.05, "2 of 60 on films it had not seen")
    page = Page(written(replace(made, result=replace(made.result, standard=standard))))
    assert "0.90 (right with a probability of 93%)" in page.text
    assert "at most 5.0% of searches for what is absent show a hit" in page.text
    assert "2 of 60 on films it had not seen" in page.text


def test_everything_that_a_moment_knows_is_printed() -> None:
    one = replace(moment(), starts_at=datetime(2026, 2, 28, 23, 59, 58, tzinfo=UTC))
    second = Opinion("rejected", "thinker@2", "The gate stays shut.", 0.2)
    one = replace(one, verdict=replace(one.verdict, second=second))
    page = Page(written(sheet(Pictured(one, notes=("no picture: gone",)))))
    for said in (
        "00:00:01.00 – 00:00:03.00; 00:00:05.00 – 00:00:06.00",
        "2026-02-28 23:59:58+00:00",
        "✗ Rejected, right with a probability of 20 %, by thinker@2",
        "The gate stays shut.",
        "no picture: gone",
        "2 frames of 112 × 84 pixels, 0 of them pictured",
    ):
        assert said in page.text


def test_filters_gaps_and_what_is_beyond_the_sheet_are_told() -> None:
    filters = Filters(globs=("cam3/*",), days=(date(2026, 2, 28),), start_s=90.0)
    made = sheet(Pictured(moment()), query=Query("a gate", filters))
    gap = Gap("cam3", datetime(2026, 2, 28, 3, tzinfo=UTC), datetime(2026, 2, 28, 4, tzinfo=UTC))
    coverage = replace(made.result.coverage, gaps=(gap,), not_heard_s=3600.0, undated=1)
    page = Page(written(replace(made, result=replace(made.result, coverage=coverage))))
    for said in (
        "Files cam3/*",
        "Days 2026-02-28",
        "From media time 00:01:30.0",
        "cam3 : 2026-02-28 03:00:00+00:00 – 04:00:00+00:00",
        "1.0 h with sound that has no transcript and no subtitles",
        "1 file recorded at an unknown time",
        "9 retrieved, 4 checked against frames, 5 not (--thorough checks more)",
        "3 checked ones are beyond this sheet",
    ):
        assert said in page.text
