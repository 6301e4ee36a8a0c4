"""People search on the page, see verdicts come, look, mark and take results away."""

import io
import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Page, Route, expect
from support.film_assets import clock
from support.page_browser import OpenTab, serving
from support.page_library import CLOCK_FILM, NAMES
from support.processes import VIDINDEX, started

from store import Library
from vidindex.adapters.media.probe import probe
from vidindex.adapters.ocr_rapid import RapidOcrReader, ReaderSettings
from vidindex.types import Frame

pytest_plugins = ["support.page_fixtures"]
pytestmark = pytest.mark.browser

FOUND = "/?q=a+blue+circle+moves+left"
ABSENT = "/?q=a+purple+triangle+blinks"

WRITE_DOWN_ANSWERS = """
window.answers = [];
new MutationObserver(() => {
  const now = [...document.querySelectorAll("#hits > .hit")].map((hit) => hit.dataset.answer);
  if (now.length) window.answers.push(now);
}).observe(document, {subtree: true, childList: true, attributeFilter: ["data-answer"]});
"""


def done(page: Page) -> Page:
    page.wait_for_selector("#hits[data-done]", state="attached")
    return page


def read_clock(page: Page, reader: RapidOcrReader) -> str:
    """The mm:ss that the picture in the player shows, read off a screenshot of it."""
    expect(page.locator("#still")).to_be_hidden()
    picture = np.asarray(Image.open(io.BytesIO(page.locator("#video").screenshot())).convert("RGB"))
    text = " ".join(reading.text for reading in reader.read(Frame(0.0, 0.0, picture)))
    found = re.search(r"\d\d:\d\d", text)
    assert found, text
    return found[0]


def test_hits_appear_unchecked_and_their_verdicts_follow(tab: OpenTab, served: str) -> None:
    page = tab()
    page.add_init_script(WRITE_DOWN_ANSWERS)
    page.goto(served)
    page.get_by_role("searchbox", name="Words to search for").fill("a blue circle moves left")
    page.get_by_role("button", name="Search").click()
    done(page)
    answers = page.evaluate("window.answers")
    assert set(answers[0]) == {"unchecked"}
    between = [now for now in answers if "unchecked" in now and set(now) != {"unchecked"}]
    assert between, "no verdict came before the others"
    assert answers[-1] == ["verified"]
    expect(page.locator("#coverage")).to_contain_text(re.compile(r"\d+ of \d+ candidates checked"))


def test_checked_hits_are_not_said_to_be_unchecked_where_there_is_no_model(
    tab: OpenTab, footage: Path
) -> None:
    said = "hits are not checked"
    with serving(footage / "library", "--model", "none") as address:
        page = tab("/", address=address)
        expect(page.locator("#coverage")).to_contain_text("only on-screen text is checked")
        expect(page.locator("body")).not_to_contain_text(said)
        page.fill("#words", "harbour reel 7")
        page.keyboard.press("Enter")
        done(page)
        expect(page.locator(".hit .answer").first).to_have_text("✓verified")
        expect(page.locator("#coverage")).to_contain_text("checked")
        expect(page.locator("#coverage")).not_to_contain_text("no model here")
        page.close()


def test_the_state_of_the_library_does_not_take_the_place_of_an_answer(
    tab: OpenTab, served: str
) -> None:
    page = tab("about:blank", address="")
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route("**/api/status", hold)
    page.goto(served)
    page.fill("#words", "00:07")
    page.keyboard.press("Enter")
    done(page)
    assert held
    for one in held:
        with page.expect_response("**/api/status"):
            one.continue_()
    page.evaluate("new Promise((then) => requestAnimationFrame(() => requestAnimationFrame(then)))")
    expect(page.locator("#coverage")).to_contain_text(re.compile(r"\d+ of \d+ candidates? checked"))


def test_a_click_stands_on_the_frame_that_shows_the_time_asked_for(tab: OpenTab) -> None:
    reader = RapidOcrReader(ReaderSettings(num_threads=1))
    page = tab("/")
    for asked, frame_before in (("00:07", "00:06"), ("00:23", "00:22")):
        page.fill("#words", asked)
        page.keyboard.press("Enter")
        done(page)
        page.locator(".hit .thumb").first.click()
        expect(page.locator("#film")).to_have_text(CLOCK_FILM)
        expect(page.locator("#now")).to_have_text(f"00:{asked}.000")
        assert read_clock(page, reader) == asked
        page.keyboard.press(",")
        expect(page.locator("#now")).to_have_text(f"00:{frame_before}.875")
        assert read_clock(page, reader) == frame_before
        page.keyboard.press(".")
        expect(page.locator("#now")).to_have_text(f"00:{asked}.000")
        assert read_clock(page, reader) == asked


def test_what_no_browser_plays_is_seen_at_once_and_played_as_a_copy(tab: OpenTab) -> None:
    page = tab("/?q=10:04")
    done(page).locator(".hit .thumb").first.click()
    expect(page.locator("#still")).to_be_hidden(timeout=20_000)
    expect(page.locator("#stage-note")).to_be_hidden()
    expect(page.locator("#now")).to_have_text("00:00:04.000")
    assert read_clock(page, RapidOcrReader(ReaderSettings(num_threads=1))) == "10:04"


def test_the_same_hit_again_plays_its_moment_and_stops_at_its_end(tab: OpenTab) -> None:
    page = tab("/?q=00:07")
    thumb = done(page).locator(".hit .thumb").first
    thumb.click()
    expect(page.locator("#now")).to_have_text("00:00:07.000")
    expect(page.locator("#still")).to_be_hidden()
    thumb.click()
    expect(page.locator("#play")).to_have_accessible_name("Pause")
    expect(page.locator("#play")).to_have_accessible_name("Play")
    expect(page.locator("#now")).to_have_text(re.compile(r"00:00:0(7\.875|8\.\d+)"))


def test_nothing_found_says_what_that_rests_on(tab: OpenTab) -> None:
    page = done(tab(ABSENT))
    expect(page.locator(".nothing")).to_contain_text("That rests on 4 files")
    expect(page.locator(".measured")).to_contain_text("was not measured")
    expect(page.locator(".nothing")).to_contain_text("harbour has no recording")
    page.locator(".turned-down summary").click()
    expect(page.locator(".turned-down .hit")).not_to_have_count(0)
    assert set(page.locator(".turned-down .hit .answer").all_inner_texts()) == {"✗rejected"}


def test_evidence_shows_the_frames_and_words_that_a_verdict_rests_on(tab: OpenTab) -> None:
    page = done(tab(FOUND))
    page.get_by_role("button", name="Evidence").click()
    expect(page.locator(".evidence")).to_contain_text("Does the video show the following")
    frames = page.locator(".frames li")
    assert frames.count() >= 8
    frames.nth(4).get_by_role("button").click()
    expect(page.locator("#film")).to_have_text(NAMES[0])


def test_filters_narrow_the_search_and_stand_in_the_address(tab: OpenTab) -> None:
    page = done(tab("/?q=a+circle&camera=harbour"))
    assert all("harbour" in place for place in page.locator(".place").all_inner_texts())
    page.locator("[data-menu=channel] summary").click()
    page.get_by_label("subtitles").check()
    page.wait_for_url(re.compile("channel=subtitle"))
    done(page)
    assert page.locator(".place .kind.caption").count() == 0
    page.go_back()
    page.wait_for_url(re.compile("q=a\\+circle&camera=harbour$"))
    page.wait_for_selector(".place .kind.caption")


def test_hours_and_a_part_of_each_file_narrow_and_stand_in_the_address(tab: OpenTab) -> None:
    page = done(tab("/?q=a+circle"))
    page.locator("[data-menu=hours] summary").click()
    hours = page.locator("[data-menu=hours]")
    hours.get_by_label("From").fill("2024-03-01T14:03")
    hours.get_by_role("button", name="Narrow").click()
    page.wait_for_url(re.compile("since=2024-03-01T14%3A03"))
    done(page)
    expect(hours.locator("summary")).to_have_text("Hours: from 2024-03-01 14:03")
    expect(hours.locator("summary")).to_be_focused()
    assert all(NAMES[1] in place for place in page.locator(".place").all_inner_texts())
    page.locator("[data-menu=part] summary").click()
    part = page.locator("[data-menu=part]")
    part.get_by_label("From").fill("0:10")
    part.get_by_label("Up to").fill("0:05")
    part.get_by_label("Up to").press("Enter")
    page.wait_for_url(re.compile("start=0%3A10&end=0%3A05"))
    expect(page.locator(".nothing")).to_contain_text("That rests on 0 files")
    page.get_by_role("button", name="Clear").click()
    page.wait_for_url(re.compile(r"\?q=a\+circle$"))
    done(page)


def test_a_clip_of_a_hit_is_saved(tab: OpenTab, tmp_path: Path) -> None:
    page = done(tab("/?q=00:07"))
    with page.expect_download() as download:
        page.locator(".hit").first.get_by_role("button", name="Clip").click()
    assert download.value.suggested_filename == "slate_00-00-07.000_00-00-08.000.mp4"
    saved = tmp_path / "clip.mp4"
    download.value.save_as(saved)
    assert probe(saved, "clip").duration_s == pytest.approx(1.0, abs=0.01)
    expect(page.locator(".hit").first.get_by_role("button", name="Clip")).to_be_enabled()


def test_an_address_holds_the_search_the_film_and_the_time(tab: OpenTab) -> None:
    page = done(tab("/?q=00:07"))
    page.locator(".hit .thumb").first.click()
    page.wait_for_url(re.compile("t=7$"))
    again = done(tab(page.url.partition("/?")[1] + page.url.partition("/?")[2]))
    expect(again.locator("#now")).to_have_text("00:00:07.000")
    expect(again.locator(".hit")).to_have_count(1)
    page.go_back()
    expect(page.locator("#viewer")).to_be_hidden()


def test_marks_stay_in_their_set_and_go_out_as_an_export(tab: OpenTab) -> None:
    page = done(tab(FOUND))
    page.locator("#set-box").fill("case 7")
    page.locator("#set-box").press("Enter")
    hit = page.locator(".hit").first
    hit.get_by_role("button", name="Keep").click()
    expect(hit).to_have_attribute("data-mark", "keep")
    hit.get_by_role("button", name="Note").click()
    hit.get_by_label("Note on this hit").fill("the one by the pier")
    page.keyboard.press("Enter")
    expect(hit.locator(".note")).to_have_text("“the one by the pier”")
    page.reload()
    done(page)
    expect(hit).to_have_attribute("data-mark", "keep")
    expect(page.locator("#set-box")).to_have_value("case 7")
    page.get_by_role("button", name="Marks").click()
    expect(page.locator(".hit .note")).to_have_text("“the one by the pier”")
    page.get_by_text("Export what was kept").click()
    with page.expect_download() as download:
        page.get_by_role("link", name="Table (CSV)").click()
    assert "the one by the pier" in Path(download.value.path()).read_text(encoding="utf-8")
    page.get_by_role("button", name="Remove").click()
    expect(page.locator(".nothing")).to_contain_text("Nothing is marked in this set yet")


def test_a_mark_that_is_said_twice_is_taken_back(tab: OpenTab) -> None:
    page = done(tab("/?q=00:11"))
    hit = page.locator(".hit").first
    for expected in ("reject", ""):
        hit.get_by_role("button", name="Reject").click()
        expect(hit).to_have_attribute("data-mark", expected)


def test_a_question_is_answered_in_sentences_that_go_to_what_they_rest_on(tab: OpenTab) -> None:
    page = tab("/")
    page.get_by_role("radio", name="Ask").check()
    page.fill("#words", "did a blue circle move left?")
    page.keyboard.press("Enter")
    expect(page.locator(".verdict")).to_have_text("Yes.")
    page.locator(".sentence .cite").first.click()
    expect(page.locator("#film")).to_have_text(NAMES[0])
    expect(page.locator("#now")).to_have_text("00:00:14.000")


def test_an_ingest_is_followed_and_what_it_brings_appears(tab: OpenTab, footage: Path) -> None:
    page = tab("/")
    expect(page.locator(".film")).to_have_count(4)
    new = footage / "new"
    new.mkdir()
    clock(new / "late.mp4", 10, starts_at_s=1200)
    words = ["ingest", new, "-q", "--model", "bundled", "--library", footage / "library"]
    with started([*VIDINDEX, *words]) as ingest:
        expect(page.locator("#ingest")).to_contain_text("indexing")
        assert ingest.wait() == 0
    expect(page.locator(".film")).to_have_count(5)
    expect(page.locator("#ingest")).to_be_hidden()


def test_a_folder_is_indexed_from_the_page_and_a_failure_is_told(
    tab: OpenTab, footage: Path, tmp_path: Path
) -> None:
    Library.open(tmp_path / "library", create=True).close()
    clock(tmp_path / "one.mp4", 4)
    options = ("--model", "none", "--ingest-root", str(tmp_path))
    with serving(tmp_path / "library", *options) as address:
        page = tab("/", address=address)
        expect(page.locator(".nothing")).to_contain_text("Nothing is indexed yet.")
        add = page.locator("[data-menu=add]")
        add.locator("summary").click()
        add.get_by_label("Below it").fill("one.mp4")
        add.get_by_role("button", name="Index").click()
        expect(page.locator("#ingest")).to_contain_text("indexing")
        expect(page.locator("#ingest")).to_be_hidden(timeout=60_000)
        expect(page.locator(".film")).to_have_count(1)
        with Library.open(tmp_path / "library", write=True):
            add.locator("summary").click()
            add.get_by_role("button", name="Index").click()
            expect(page.locator(".toast")).to_contain_text("another process writes")
        page.context.close()
