"""The XML of webhooks: read with suspicion, and written."""

from __future__ import annotations

import re
from collections.abc import Mapping
from io import BytesIO
from typing import Any
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import iterparse

MAX_BYTES = 256 * 2**10
"""The longest text is 2048 bytes; what is encrypted, and events with lists in them, are far from this."""

MAX_ELEMENTS = 500
MAX_DEPTH = 8

UNPRINTABLE = bytes(code for code in range(32) if code not in b"\t\n\r")
"""What may not be in XML at all, and comes all the same when customers send it."""

UNWRITABLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""The characters that XML 1.0 has no place for."""

Fields = dict[str, Any]
"""The elements by their names: texts, or again fields; of several with the same name, a list."""


class BadXml(ValueError):
    """What is not XML, or not such XML as the platform sends; says why."""


def read_xml(data: bytes) -> Fields:
    """The fields of a message.

    Document type declarations, and with them entities of one's own, are refused, as are documents that are larger or
    deeper than any message.

    Raises:
        BadXml: for everything else.
    """
    if len(data) > MAX_BYTES:
        raise BadXml(f"there are more than {MAX_BYTES} bytes")
    depth = count = 0
    root = None
    try:
        for event, element in iterparse(
            BytesIO(data.translate(None, UNPRINTABLE)), events=("start", "end"), forbid_dtd=True
        ):
            if event == "end":
                depth -= 1
                continue
            root = element if root is None else root
            depth, count = depth + 1, count + 1
            if depth > MAX_DEPTH or count > MAX_ELEMENTS:
                raise BadXml("it is larger than any message")
    except (ParseError, DefusedXmlException, ValueError, LookupError) as error:
        raise BadXml(f"it cannot be read: {type(error).__name__}") from error
    fields = _fields(root) if root is not None else ""
    if not isinstance(fields, dict):
        raise BadXml("there is nothing in it")
    return fields


def write_xml(fields: Mapping[str, Any]) -> str:
    """A document `<xml>` with these fields: numbers as they are, texts as CDATA, fields within fields."""
    return f"<xml>{_written(fields)}</xml>"


def _fields(element: Element) -> Fields | str:
    if not len(element):
        return element.text or ""
    found: Fields = {}
    for child in element:
        value = _fields(child)
        if child.tag in found:
            earlier = found[child.tag]
            found[child.tag] = [*(earlier if isinstance(earlier, list) else [earlier]), value]
        else:
            found[child.tag] = value
    return found


def _written(value: Any) -> str:
    match value:
        case Mapping():
            return "".join(f"<{name}>{_written(inner)}</{name}>" for name, inner in value.items())
        case int():
            return str(value)
    said = UNWRITABLE.sub("", str(value))
    # The end of a CDATA section is spread over two of them.
    return "<![CDATA[" + said.replace("]]>", "]]]]><![CDATA[>") + "]]>"
