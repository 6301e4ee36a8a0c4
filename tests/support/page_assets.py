"""Pages as a browser reads them, and text that must stay text in them."""

import base64
import io
from html.parser import HTMLParser

from PIL import Image

HOSTILE = [
    "<script>alert(1)</script>",
    "\"><img src=x onerror='alert(1)'>",
    "{{ 7 * 7 }} {% include 'x' %}",
    "user\u202egpj.mp4",
    "</style></title><b>",
    "&lt;b&gt; &amp; ]]>",
    "\x1b[31m\x00",
]


class Page(HTMLParser):
    """A page as a browser reads it: its tags, its text, and where its pictures come from."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.texts: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]

    def handle_data(self, data: str) -> None:
        self.texts.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.texts).split())

    @property
    def pictures(self) -> list[Image.Image]:
        sources = [value for name, value in self.attributes if name == "src"]
        return [Image.open(io.BytesIO(base64.b64decode(s.partition(",")[2]))) for s in sources]
