"""Serialize an XML document: declared, indented, with hidden characters escaped.

XML 1.0 has no place for most control characters, not even as references. They are written
as `escaping.escape` writes them, here for every text and attribute, and `escaping.unescape`
undoes it.
"""

from typing import TextIO
from xml.etree import ElementTree as ET

from vidindex.core.formatting.escaping import escape


def write_document(root: ET.Element, stream: TextIO) -> None:
    """Write the document with its declaration and the name of its type."""
    for element in root.iter():
        element.text = escape(element.text) if element.text else None
        element.attrib = {name: escape(value) for name, value in element.attrib.items()}
    ET.indent(root)
    stream.write(f'<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE {root.tag}>\n')
    stream.write(ET.tostring(root, encoding="unicode") + "\n")
