"""A served library, a real browser, and a watch on what a page must never do."""

import os
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Dialog, Page, Request, sync_playwright

from support.processes import PIPE, VIDINDEX, started

ARGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

SERVES_S = 1200.0
"""How long a server may run, for all the tests of a file."""

OpenTab = Callable[..., Page]
"""tab("/?q=words", width=390, scheme="dark"): a new tab of the page."""


@contextmanager
def serving(library: Path, *options: str) -> Iterator[str]:
    """A `vidindex serve` process on a free port; its address."""
    words = ["serve", "--library", library, "--model", "bundled", "--port", "0", *options]
    with started([*VIDINDEX, *words], bound_s=SERVES_S, stdout=PIPE) as process:
        assert process.stdout
        told = re.search(r"http://\S+", process.stdout.readline())
        assert told, "vidindex serve did not say where it listens"
        yield told[0].rstrip("/")


@contextmanager
def chromium() -> Iterator[Browser]:
    """A headless Chromium of this machine; skips where there is none."""
    path = os.environ.get("VIDINDEX_CHROMIUM") or shutil.which("chromium")
    if not path:
        pytest.skip("no chromium on this machine: apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGS)
        yield browser
        browser.close()


def watch(page: Page, address: str, wrong: list[str]) -> None:
    """Write down what a page must never do."""

    def said(message: ConsoleMessage) -> None:
        if message.type == "error":
            wrong.append(message.text)

    def opened(dialog: Dialog) -> None:
        wrong.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def asked(request: Request) -> None:
        if not request.url.startswith((address, "data:", "blob:")):
            wrong.append(f"asked for {request.url}")

    page.on("console", said)
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("dialog", opened)
    page.on("request", asked)
