"""On the page what is said stands beside the film: it follows, leads to words, is corrected."""

from pathlib import Path

import pytest
from playwright.sync_api import expect
from support.page_browser import OpenTab, serving
from support.page_library import make_library

from vidindex.app import Settings, open_library
from vidindex.types import Event, Span
from vidindex.types.speech import Word

pytest_plugins = ["support.page_fixtures"]
pytestmark = pytest.mark.browser

SAID = "The ferry leaves the harbor at dawn."


@pytest.fixture
def spoken(tmp_path: Path) -> tuple[Path, str]:
    """A library with a film in which two lines are said, and the film's id."""
    make_library(tmp_path, 1, 12.0, hostile=False)
    words = [Word(1 + 0.4 * i, 1.4 + 0.4 * i, f" {word}") for i, word in enumerate(SAID.split())]
    with open_library(tmp_path / "library", Settings(model="none")) as app:
        (video_id,) = app.find(["harbour_20240301_140000.mp4"])
        events = [
            Event(video_id, Span(1.0, 3.8), SAID, "speech", "w:en"),
            Event(video_id, Span(5.0, 7.0), "Nobody has seen the keeper.", "speech", "w:en"),
        ]
        first, _ = app.library.events.replace(video_id, "speech", events)
        app.library.transcripts.put_words(first, words)
    return tmp_path / "library", video_id


def test_a_word_leads_to_its_time_and_a_corrected_line_stays(
    spoken: tuple[Path, str], tab: OpenTab
) -> None:
    library, video_id = spoken
    with serving(library) as address:
        page = tab(f"/?v={video_id}", address=address)
        page.click("#lines .word:text-is('harbor')")
        expect(page.locator(".word.heard")).to_have_text("harbor")
        expect(page.locator(".line[aria-current]")).to_contain_text("The ferry")
        first = page.locator("#lines .line").first
        first.hover()
        first.locator(".edit").click()
        page.fill("#lines input", SAID.replace("harbor", "harbour"))
        page.keyboard.press("Enter")
        expect(first).to_contain_text("corrected")
        expect(first.locator(".word").nth(4)).to_have_text("harbour")
        page.close()  # before the server, whose end it would report
    with open_library(library, Settings(model="none"), write=False) as app:
        line = app.transcript(video_id)[0]
        assert (line.text, line.corrected) == ("The ferry leaves the harbour at dawn.", True)
