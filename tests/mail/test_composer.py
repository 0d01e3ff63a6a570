"""Messages: their headers, what is refused, and that nobody writes headers or markup by a value."""

from __future__ import annotations

from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from hypothesis import example, given
from hypothesis import strategies as st

from bot.letters import Letter
from bot.localization import CatalogueError
from mail import Composer, LetterError, parse_address
from tests.mail.samples import ADDRESS, LETTERHEAD, NOON, RETURN, code_letter, composer

COMPOSER = composer()
HEADERS = [
    "From",
    "To",
    "Subject",
    "Date",
    "Message-ID",
    "Auto-Submitted",
    "MIME-Version",
    "Content-Type",
    "Content-Language",
]

any_text = st.text() | st.sampled_from(
    ["x\r\nBcc: eve@mail.example", "=?utf-8?q?x=0D=0ABcc:_eve@mail.example?=", "a\u2028b", "\x00", "\ud800", "<b>&amp;"]
)


def sent(letter: Letter) -> EmailMessage:
    """The message of a letter, as whoever gets it reads it."""
    message = message_from_bytes(COMPOSER.compose(letter).as_bytes(), policy=SMTP)
    assert isinstance(message, EmailMessage)
    return message


def test_headers() -> None:
    message = sent(code_letter())
    assert sorted(message.keys()) == sorted(HEADERS)
    assert message["From"] == "Halden <no-reply@halden.example>"
    assert message["To"] == ADDRESS
    assert message["Subject"] == "Your code is 123456"
    assert message["Date"].datetime == NOON
    assert message["Message-ID"].endswith("@halden.example>")
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Content-Language"] == "en"
    assert message.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in message.iter_parts()] == ["text/plain", "text/html"]


def test_every_message_has_an_id_of_its_own() -> None:
    assert sent(code_letter())["Message-ID"] != sent(code_letter())["Message-ID"]


def test_a_message_is_ascii_with_short_lines() -> None:
    message = COMPOSER.compose(
        Letter(
            "return_confirmation",
            ADDRESS,
            "zh",
            RETURN | {"resolution": "exchange", "way_back": "pickup", "pickup_day": "周五"},
        )
    )
    content = message.as_bytes()
    assert content.isascii()
    assert max(map(len, content.split(b"\r\n"))) < 998


@given(any_text, any_text)
@example("=?utf-8?q?x=0D=0ABcc:_eve@mail.example?=", "")
def test_no_value_becomes_a_header_or_markup(code: str, customer: str) -> None:
    message = sent(Letter("code", ADDRESS, "en", {"code": code, "minutes": 10, "customer": customer}))
    assert sorted(message.keys()) == sorted(HEADERS)
    assert message["To"] == ADDRESS
    text, html = message.get_body(("plain",)), message.get_body(("html",))
    assert text is not None and html is not None
    tags = [tag.name for tag in BeautifulSoup(html.get_content(), "html.parser").find_all(True)]
    plain_tags = [tag.name for tag in BeautifulSoup(sent_html("x"), "html.parser").find_all(True)]
    assert tags == plain_tags
    # A name is one line, whatever is in it.
    assert "Enter this code in the chat:" in text.get_content().splitlines()[2]


def sent_html(code: str) -> str:
    body = sent(code_letter(code=code)).get_body(("html",))
    assert body is not None
    return str(body.get_content())


@given(st.text() | st.emails() | any_text.map(lambda text: f"{text}@mail.example"))
@example("eve@mail.example, anna@mail.example")
@example("=?utf-8?q?x=0ABcc:y?=@mail.example")
@example('"a\r\nBcc: b"@mail.example')
@example("undisclosed-recipients:;")
@example("Anna <anna@mail.example>")
def test_a_recipient_is_one_address_or_refused(to: str) -> None:
    try:
        message = COMPOSER.compose(code_letter(to))
    except ValueError:
        return
    read = message_from_bytes(message.as_bytes(), policy=SMTP)
    assert sorted(read.keys()) == sorted(HEADERS)
    assert len(read["To"].addresses) == 1
    assert read["To"].addresses[0].addr_spec.split("@")[0] in to


@pytest.mark.parametrize(
    "text",
    [
        "",
        "anna",
        "anna@",
        "@mail.example",
        "a@b.example, c@d.example",
        "ännä@mail.example",
        "a@b..example",
        "a b@c.example",
    ],
)
def test_what_is_no_address_is_refused_without_being_repeated(text: str) -> None:
    with pytest.raises(ValueError, match=r"e-mail address") as caught:
        parse_address(text)
    assert not text or text not in str(caught.value)


def test_a_sender_has_a_name_and_a_domain_in_ascii() -> None:
    address = parse_address("Schöne Häuser <care@häuser.example>")
    assert (address.display_name, address.addr_spec) == ("Schöne Häuser", "care@xn--huser-gra.example")
    assert str(parse_address("care@halden.example")) == "care@halden.example"


def test_an_unknown_letter_is_an_error() -> None:
    for name in ("nonsense", "../html/layout", "layout"):
        with pytest.raises(LetterError, match="there is no letter"):
            COMPOSER.compose(Letter(name, ADDRESS, "en"))


@pytest.mark.parametrize(
    "values",
    [{}, RETURN | {"resolution": "refund", "way_back": "label"}, RETURN | {"resolution": "magic", "way_back": "label"}],
)
def test_a_missing_or_unknown_value_is_an_error(values: dict[str, object]) -> None:
    with pytest.raises(LetterError, match="return_confirmation"):
        COMPOSER.compose(Letter("return_confirmation", ADDRESS, "en", values))


def test_a_language_without_a_catalogue_is_written_in_english() -> None:
    assert sent(Letter("code", ADDRESS, "it", {"code": "1", "minutes": 1}))["Subject"] == "Your code is 1"


def test_a_broken_catalogue_is_an_error(tmp_path: Path) -> None:
    folder = tmp_path / "en" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    (folder / "mail.po").write_text('msgid "x\n', encoding="utf-8")
    with pytest.raises(CatalogueError, match="mail.po"):
        Composer(tmp_path, LETTERHEAD)
