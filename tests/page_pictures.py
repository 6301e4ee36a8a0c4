"""Makes the pictures of the page in docs/, on generated films: `make pictures`."""

import io
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page
from support.page_browser import chromium, serving
from support.page_library import make_library

WIDE, PHONE = (1360, 850), (390, 844)
SHARP = 1.5
QUALITY = 82


def marked(page: Page) -> None:
    """Hits with their verdicts, one kept, one rejected, the player on the first."""
    _search(page, "a circle moves left")
    page.locator(".hit").nth(2).get_by_role("button", name="Reject").click()
    page.locator(".hit").first.get_by_role("button", name="Keep").click()
    _look(page)


def looked(page: Page) -> None:
    """The player on the first hit."""
    _search(page, "a circle moves left")
    _look(page)


def evidence(page: Page) -> None:
    """What one verdict rests on."""
    _search(page, "a blue circle moves left")
    _look(page)
    page.get_by_role("button", name="Evidence").first.click()


def _search(page: Page, words: str) -> None:
    page.fill("#words", words)
    page.keyboard.press("Enter")
    page.wait_for_selector("#hits[data-done]")


def _look(page: Page) -> None:
    page.locator(".hit .thumb").first.click()
    page.wait_for_selector(".events li")
    page.locator("#still").wait_for(state="hidden")


def picture(
    browser: Browser, address: str, size: tuple[int, int], dark: bool, show: Callable[[Page], None]
) -> Image.Image:
    """The page as `show` leaves it."""
    context = browser.new_context(
        viewport={"width": size[0], "height": size[1]},
        color_scheme="dark" if dark else "light",
        device_scale_factor=SHARP,
    )
    page = context.new_page()
    page.goto(address)
    page.wait_for_selector(".film")
    show(page)
    page.mouse.move(0, 0)
    page.wait_for_timeout(1500)  # thumbnails fade in
    taken = page.screenshot()
    context.close()
    return Image.open(io.BytesIO(taken))


def main(folder: Path) -> None:
    with tempfile.TemporaryDirectory() as work, chromium() as browser:
        library = make_library(Path(work), num_films=4, film_s=60.0, hostile=False)
        with serving(library) as address:
            for name, size, dark, show in (
                ("page-light.webp", WIDE, False, marked),
                ("page-dark.webp", WIDE, True, evidence),
                ("page-phone.webp", PHONE, False, looked),
            ):
                taken = picture(browser, address, size, dark, show)
                taken.save(folder / name, quality=QUALITY, method=6)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
