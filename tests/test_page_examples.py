"""People search by pictures on the page: of a hit, of a box in a frame, of a file of their own."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Page, expect
from support import colour_frames as colours
from support.page_browser import OpenTab
from support.web_assets import served as serving

from vidindex.synthetic.clips import COLOURS
from vidindex.web.state import ServerOptions

pytest_plugins = ["support.page_fixtures"]
pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return colours.make_library(tmp_path_factory.mktemp("examples"))


@pytest.fixture(scope="module")
def served(library: Path) -> Iterator[str]:
    with colours.as_picture_model(), serving(ServerOptions(library, colours.SETTINGS)) as client:
        yield str(client.base_url).rstrip("/")


def done(page: Page) -> Page:
    page.wait_for_selector("#hits[data-done]", state="attached")
    return page


def first_file(page: Page) -> str:
    return page.locator("#hits > .hit .file").first.inner_text()


def test_more_like_a_hit_finds_the_same_in_another_film(tab: OpenTab, served: str) -> None:
    page = done(tab("/?q=a+red+circle"))
    expect(page.locator("#hits > .hit .kind.frame").first).to_have_text("frames")
    page.get_by_role("button", name="More like this").first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("like one.mp4@00:00:0")
    done(page)
    assert first_file(page) == "one.mp4"
    assert "like=" in page.url
    page.get_by_role("button", name="Without the example").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("a red circle")


def test_words_beside_an_example_are_searched_with_it(tab: OpenTab, library: Path) -> None:
    with colours.opened(library) as app:
        one = colours.video_id(app, "one.mp4")
    page = done(tab(f"/?like={one}@1.0"))
    page.get_by_role("searchbox", name="Words to search for").fill("green")
    page.get_by_role("button", name="Search", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("one.mp4@00:00:01.0, green")
    assert first_file(done(page)) == "two.mp4"


def test_a_box_that_is_dragged_on_the_paused_frame_is_searched_by(
    tab: OpenTab, library: Path, tmp_path: Path
) -> None:
    with colours.opened(library) as app:
        two = colours.video_id(app, "two.mp4")
    page = tab(f"/?v={two}&t=6.000")
    stage = page.locator("#stage")
    expect(page.locator("#now")).to_contain_text("00:00:06")
    edge = stage.bounding_box()
    assert edge
    middle_x, middle_y = edge["x"] + edge["width"] / 2, edge["y"] + edge["height"] / 2
    page.mouse.move(middle_x - 25, middle_y - 25)
    page.mouse.down()
    page.mouse.move(middle_x + 25, middle_y + 25, steps=5)
    page.mouse.up()
    expect(page.locator("#frame-box")).to_be_visible()
    page.screenshot(path=tmp_path / "box.png")
    assert page.evaluate("document.querySelector('#video').paused")
    page.get_by_role("button", name="More like this box").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("two.mp4@00:00:06.0 (a part)")
    assert first_file(done(page)) == "two.mp4"


def test_a_picture_of_ones_own_is_searched_by(tab: OpenTab, tmp_path: Path) -> None:
    Image.fromarray(np.full((60, 80, 3), COLOURS["green"], np.uint8)).save(tmp_path / "mine.png")
    page = tab("/")
    with page.expect_file_chooser() as chosen:
        page.get_by_role("button", name="Search by a picture").click()
    chosen.value.set_files(tmp_path / "mine.png")
    expect(page.get_by_role("heading", level=1)).to_contain_text("like picture ")
    assert first_file(done(page)) == "two.mp4"
    expect(page.get_by_text("no model looked at them").first).to_be_visible()


def test_a_picture_that_is_dropped_on_the_search_field_is_searched_by(
    tab: OpenTab, tmp_path: Path
) -> None:
    page = tab("/")
    page.evaluate("""async () => {
      const canvas = new OffscreenCanvas(40, 40);
      const pen = canvas.getContext("2d");
      pen.fillStyle = "rgb(220, 35, 35)";
      pen.fillRect(0, 0, 40, 40);
      const data = new DataTransfer();
      data.items.add(new File([await canvas.convertToBlob()], "red.png", { type: "image/png" }));
      document.querySelector("#form").dispatchEvent(
        new DragEvent("drop", { dataTransfer: data, bubbles: true, cancelable: true }));
    }""")
    expect(page.get_by_role("heading", level=1)).to_contain_text("like picture ")
    assert first_file(done(page)) == "one.mp4"


def test_where_pictures_cannot_be_searched_by_the_page_does_not_offer_it(
    library: Path, tab: OpenTab
) -> None:
    options = ServerOptions(library, colours.SETTINGS, by_example=False)
    with colours.as_picture_model(), serving(options) as client:
        address = str(client.base_url).rstrip("/")
        page = done(tab("/?q=a+red+circle", address=address))
        expect(page.get_by_role("button", name="More like this")).to_have_count(0)
        page.close()
