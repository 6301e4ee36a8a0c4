"""Hidden characters written so that they are seen."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vidindex.core.formatting.escaping import escape, unescape

ANY = st.text(st.characters(exclude_categories=()))


@given(ANY)
def test_protected_text_reads_back_equal_and_can_be_stored(text: str) -> None:
    shown = escape(text)
    assert unescape(shown) == text
    assert shown.encode().decode() == shown
    assert unescape(escape(shown)) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\u202eb", "a\\u202eb"),
        ("\x1b[31mred", "\\u001b[31mred"),
        ("\x00\r\ud800", "\\u0000\\u000d\\ud800"),
        ("literally \\u202e", "literally \\u005cu202e"),
        ("C:\\users\\new", "C:\\users\\new"),
        ("two\nlines\tand a tab", "two\nlines\tand a tab"),
        ("👩\u200d🚒 می\u200cخواهم é", "👩\u200d🚒 می\u200cخواهم é"),
    ],
)
def test_only_what_hides_or_commands_is_rewritten(text: str, shown: str) -> None:
    assert escape(text) == shown
    assert unescape(shown) == text
