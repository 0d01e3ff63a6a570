"""The XML of webhooks: what is read, and what is refused."""

from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.wechat.xml import MAX_BYTES, MAX_DEPTH, BadXml, read_xml, write_xml

BOMB = """<?xml version="1.0"?><!DOCTYPE xml [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">
<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;">]><xml><Content>&c;</Content></xml>"""
OUTSIDE = '<!DOCTYPE xml [<!ENTITY a SYSTEM "file:///etc/passwd">]><xml><Content>&a;</Content></xml>'


def test_fields_within_fields_and_lists() -> None:
    read = read_xml(b"<xml><A>1</A><B><C>x</C></B><L>1</L><L>2</L><L>3</L><E/></xml>")
    assert read == {"A": "1", "B": {"C": "x"}, "L": ["1", "2", "3"], "E": ""}


def test_characters_that_xml_has_no_place_for_are_left_out() -> None:
    assert read_xml(b"<xml><Content><![CDATA[a\x00b\x08c\x1fd\n\te]]></Content></xml>") == {"Content": "abcd\n\te"}


@pytest.mark.parametrize(
    "document",
    [
        b"",
        b"hello",
        b"<xml>",
        b"<xml><Content>\xff\xfe</Content></xml>",
        b"<xml><A>1</A>",
        b"<xml></xml>",
        b'<?xml version="1.0" encoding="martian"?><xml><A>1</A></xml>',
        BOMB.encode(),
        OUTSIDE.encode(),
        b"<!DOCTYPE xml><xml><A>1</A></xml>",
        b"<xml><A>&nothing;</A></xml>",
        b"<xml>" + b"<a>" * (MAX_DEPTH + 1) + b"</a>" * (MAX_DEPTH + 1) + b"</xml>",
        b"<xml>" + b"<a/>" * 10_000 + b"</xml>",
        b"<xml><A>" + b"x" * MAX_BYTES + b"</A></xml>",
        b"<a>" * 50_000,
    ],
    ids=lambda document: repr(document[:24]),
)
def test_what_is_no_message_is_refused(document: bytes) -> None:
    with pytest.raises(BadXml):
        read_xml(document)


@given(st.binary(max_size=300))
def test_anything_else_is_refused_in_the_same_way(data: bytes) -> None:
    try:
        read_xml(b"<xml>" + data + b"</xml>")
    except BadXml:
        return


TEXT = st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=100)


@given(TEXT, TEXT)
def test_what_is_written_is_read_by_others(one: str, other: str) -> None:
    written = write_xml({"A": one + "]]>" + other, "N": 5, "B": {"C": other}})
    root = ElementTree.fromstring(written)
    kept = (one + "]]>" + other).replace("\ufffe", "").replace("\uffff", "")
    assert root.findtext("A") == kept
    assert (root.findtext("N"), root.findtext("B/C")) == ("5", other.replace("\ufffe", "").replace("\uffff", ""))


def test_what_cannot_be_written_is_left_out() -> None:
    assert write_xml({"A": "a\x00\ud800\ufffeb\x0b"}) == "<xml><A><![CDATA[ab]]></A></xml>"
