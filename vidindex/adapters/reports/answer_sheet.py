"""Render a `Sheet` as one HTML file, pictures inside."""

from collections.abc import Sequence
from typing import TextIO

from markupsafe import Markup

from vidindex.adapters.reports import answer_text as words
from vidindex.adapters.reports.templating import data_url, render
from vidindex.core.retrieval.query_rewrite import as_caption
from vidindex.types import Frame
from vidindex.types.sheet import Encode, Outline, Sheet


def write(sheet: Sheet, encode: Encode, stream: TextIO) -> None:
    """Write the sheet; the pictures make most of its size, some 20 to 200 kB each."""

    def picture(frame: Frame, outlines: Sequence[Outline] = ()) -> Markup:
        return data_url(encode(frame.picture, outlines))

    caption = sheet.looked_for or as_caption(sheet.result.query.text)
    render(
        "sheet.html",
        {"sheet": sheet, "caption": caption, "words": words, "picture": picture},
        stream,
    )
