"""Fixtures of tests in a browser.

A tab fails its test where the page writes an error, throws, or asks another machine for anything.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from support.page_browser import OpenTab, chromium, serving, watch
from support.page_library import make_library

expect.set_options(timeout=20_000)


@pytest.fixture(scope="session")
def footage(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that holds the films and their library."""
    folder = tmp_path_factory.mktemp("page")
    make_library(folder)
    return folder


@pytest.fixture(scope="session")
def served(footage: Path) -> Iterator[str]:
    with serving(footage / "library", "--ingest-root", str(footage)) as address:
        yield address


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with chromium() as opened:
        yield opened


@pytest.fixture
def tab(browser: Browser, served: str) -> Iterator[OpenTab]:
    """Opens tabs of the page: tab("/?q=words", width=390, scheme="dark")."""
    wrong: list[str] = []
    contexts = []

    def open_tab(
        path: str = "/",
        *,
        width: int = 1440,
        height: int = 900,
        scheme: str = "light",
        address: str = served,
    ) -> Page:
        context = browser.new_context(
            viewport={"width": width, "height": height},
            color_scheme="dark" if scheme == "dark" else "light",
            accept_downloads=True,
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(20_000)
        watch(page, address, wrong)
        page.goto(address + path)
        return page

    yield open_tab
    for context in contexts:
        context.close()
    assert wrong == []
