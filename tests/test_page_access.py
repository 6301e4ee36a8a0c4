"""Everybody can use the page: by keys, on a phone, in both themes; and data stays data."""

import re
import shutil
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect
from support.page_browser import OpenTab, serving
from support.page_library import CLOCK_FILM, CLOCK_S, HOSTILE_WORDS, add_many_events

from vidindex.web.tokens import Tokens

pytest_plugins = ["support.page_fixtures"]
pytestmark = pytest.mark.browser

NUM_EVENTS = 100_000
PHONE = {"width": 390, "height": 844}


def done(page: Page) -> Page:
    page.wait_for_selector("#hits[data-done]", state="attached")
    return page


def violations(page: Page) -> list[str]:
    """What axe finds serious or critical, with the elements."""
    page.wait_for_timeout(400)  # what moves in has come to rest, so that contrast can be measured
    found = Axe().run(page).response["violations"]
    return [
        f"{one['id']}: {node['target']} {node['failureSummary']}"
        for one in found
        if one["impact"] in ("serious", "critical")
        for node in one["nodes"]
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_part_of_the_page_bars_anyone(tab: OpenTab, scheme: str) -> None:
    page = tab("/", scheme=scheme)
    page.wait_for_selector(".film")
    page.locator("[data-menu=add] summary").click()
    assert violations(page) == []
    page.locator("[data-menu=hours] summary").click()
    assert violations(page) == []
    page.keyboard.press("Escape")
    page.fill("#words", "a blue circle")
    page.keyboard.press("Enter")
    done(page).locator(".hit .thumb").first.click()
    page.get_by_role("button", name="Evidence").first.click()
    page.get_by_role("button", name="Reject").last.click()
    page.wait_for_selector(".events li")
    page.locator(".turned-down summary").click()
    assert violations(page) == []
    page.get_by_role("button", name="Reject").last.click()
    page.locator("[data-menu=camera] summary").click()
    assert violations(page) == []
    page.keyboard.press("?")
    assert violations(page) == []
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Marks").click()
    page.wait_for_selector(".sets")
    assert violations(page) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_answer_on_a_phone_bars_anyone(tab: OpenTab, scheme: str) -> None:
    page = tab("/?mode=ask&q=did+a+blue+circle+move+left", scheme=scheme, **PHONE)
    page.locator(".sentence .cite").first.click()
    page.wait_for_selector(".events li")
    assert violations(page) == []


def test_keys_alone_do_all_of_it(tab: OpenTab) -> None:
    page = tab("/")
    page.wait_for_selector(".film")
    press = page.keyboard.press
    press("/")
    page.keyboard.type("a blue circle")
    press("Enter")
    done(page)
    press("Escape")
    press("j")
    press("j")
    press("k")
    first = page.locator(".hit").first
    expect(first.locator(".thumb")).to_be_focused()
    press("Enter")
    expect(page.locator("#now")).to_have_text("00:00:14.000")
    expect(page.locator("#still")).to_be_hidden()
    press("m")
    expect(first).to_have_attribute("data-mark", "keep")
    press("m")
    expect(first).to_have_attribute("data-mark", "")
    press("e")
    expect(first.locator(".evidence")).to_be_visible()
    press("ArrowRight")
    expect(page.locator("#now")).to_have_text("00:00:15.000")
    press(" ")
    expect(page.locator("#play")).to_have_accessible_name("Pause")
    press(" ")
    expect(page.locator("#play")).to_have_accessible_name("Play")
    press("Escape")
    expect(page.locator("#viewer")).to_be_hidden()


def test_single_keys_can_be_switched_off(tab: OpenTab) -> None:
    page = tab("/")
    page.get_by_role("button", name="Keys and help").click()
    page.get_by_label("Single keys work on this page").uncheck()
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    expect(page.locator("#help-dialog")).to_be_hidden()
    expect(page.locator("#words")).not_to_be_focused()


def test_the_strip_is_a_slider_for_those_who_cannot_see_it(tab: OpenTab) -> None:
    page = tab("/")
    page.get_by_role("button", name=re.compile(CLOCK_FILM)).click()
    page.wait_for_selector(".events li")
    slider = page.get_by_role("slider", name="Place in the video")
    slider.press("ArrowRight")
    slider.press("ArrowRight")
    expect(slider).to_have_attribute("aria-valuetext", "00:00:02.0")
    slider.press("End")
    expect(slider).to_have_attribute("aria-valuenow", re.compile(r"(29\.9|30\.0)"))


@pytest.mark.parametrize(
    "path", ["/", "/?q=a+blue+circle", "/?q=did+it+move&mode=ask", "/?view=marks"]
)
def test_a_phone_never_scrolls_sideways(tab: OpenTab, path: str) -> None:
    page = tab(path, **PHONE)
    thumb = page.locator("#finds [data-main], #finds .nothing, #finds .verdict").first
    thumb.wait_for()
    if thumb.get_attribute("data-main") is not None:
        thumb.click()
        page.wait_for_selector(".events li")
    page.get_by_role("button", name="Filters").click()
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


def test_on_a_phone_the_picture_stays_in_sight_over_the_hits(tab: OpenTab) -> None:
    page = done(tab("/?q=a+blue+circle", **PHONE))
    page.locator(".hit .thumb").first.click()
    page.wait_for_selector(".events li")
    page.locator(".turned-down summary").scroll_into_view_if_needed()
    box = page.locator("#stage").bounding_box()
    assert box
    assert box["y"] == 0
    expect(page.locator("#stage")).to_be_in_viewport()


def test_hostile_texts_stay_texts(tab: OpenTab) -> None:
    page = done(tab("/?q=said+the+keeper"))
    expect(page.locator(".hit .text").first).to_have_text(HOSTILE_WORDS)
    page.locator(".hit .thumb").first.click()
    lines = page.locator(".events .text")
    expect(lines.filter(has_text="alert(1)")).to_have_count(3)
    shown = " ".join(lines.all_inner_texts())
    for text in ("<script>alert(1)</script>", "{{ 7 * 7 }}", r"user\u202egpj.mp4", "&lt;b&gt;"):
        assert text in shown
    assert r"\u001b[31m" in shown
    assert page.locator("#finds img[src=x], .events img, #desk script").count() == 0


def test_a_hundred_thousand_events_are_thinned_and_zoom_brings_them_all(
    tab: OpenTab, footage: Path, tmp_path: Path
) -> None:
    library = tmp_path / "library"
    shutil.copytree(footage / "library", library)
    video_id = add_many_events(library, CLOCK_FILM, NUM_EVENTS, CLOCK_S)
    with serving(library) as address:
        page = tab(f"/?v={video_id}", address=address)
        strip = page.locator("#strip")
        expect(strip).to_have_attribute("data-total", re.compile(r"100\d{3}"))
        expect(page.locator("#thinned")).to_contain_text("zoom in for all of them")
        drawn = int(page.locator("#canvas").get_attribute("data-drawn") or 0)
        assert 100 < drawn < 6000
        expect(page.locator(".events li")).to_have_count(200)
        for _ in range(6):
            page.keyboard.press("+")
        expect(page.locator("#thinned")).to_have_text("")
        assert 500 < int(strip.get_attribute("data-total") or 0) < 4000
        page.locator("#canvas").click(position={"x": 500, "y": 30})
        expect(page.locator("#now")).not_to_have_text("00:00:00.000")
        page.context.close()


def test_the_page_asks_which_shipped_queries_occur_and_says_how_far_it_is(tab: OpenTab) -> None:
    page = tab("/")
    page.get_by_role("button", name="Keys and help").click()
    page.get_by_role("button", name="Calibrate").click()
    dialog = page.get_by_role("dialog", name="How often is a search wrong?")
    expect(dialog.get_by_text("Not calibrated yet.")).to_be_visible()
    assert violations(page) == []
    boxes = dialog.get_by_role("checkbox")
    for box in boxes.all()[1:]:
        box.evaluate("box => { box.checked = true; }")
    dialog.get_by_role("button", name="Calibrate").click()
    expect(dialog.get_by_role("status")).to_contain_text("too few to calibrate with")
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()


def test_a_browser_with_a_session_can_log_out(browser: Browser, footage: Path) -> None:
    token = Tokens(footage / "library").add("anna")
    with serving(footage / "library", "--host", "127.0.0.2") as address:
        context = browser.new_context()
        page = context.new_page()
        page.goto(address)
        page.fill("#token", token)
        page.get_by_role("button", name="Open").click()
        page.get_by_role("button", name="Log out").click()
        expect(page.get_by_role("heading", name="This library asks for a token")).to_be_visible()
        expect(page.get_by_role("button", name="Log out")).to_be_hidden()
        context.close()
