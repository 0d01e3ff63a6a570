"""Every letter in every language: both parts are there, and tell the same."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from bs4 import BeautifulSoup

from bot.letters import Letter
from bot.localization import plain
from mail.templates import letter_names
from tests.mail.samples import ADDRESS, LANGUAGES, LETTERHEAD, LINK, SAMPLES, composer

COMPOSER = composer()
DOCUMENT = Path(__file__).parent.parent.parent / "docs" / "mail.md"

each_letter = pytest.mark.parametrize(
    ("name", "values"), SAMPLES, ids=[f"{number}-{name}" for number, (name, _) in enumerate(SAMPLES)]
)
each_language = pytest.mark.parametrize("language", LANGUAGES)


def parts(name: str, language: str, values: dict[str, Any]) -> tuple[str, str, BeautifulSoup]:
    """The subject, the plain text and the HTML of a letter to Anna Lindner."""
    message = COMPOSER.compose(Letter(name, ADDRESS, language, {"customer": "Anna Lindner", **values}))
    text, html = message.get_body(("plain",)), message.get_body(("html",))
    assert text is not None and html is not None
    return message["Subject"], text.get_content(), BeautifulSoup(html.get_content(), "html.parser")


def words(text: str) -> str:
    """The text without its spaces and line breaks."""
    return re.sub(r"\s+", "", text)


def facts(value: Any, language: str) -> Iterator[str]:
    """All values as the language writes them, without those that choose a sentence."""
    if isinstance(value, dict) and "kind" in value:
        yield plain(value, language)
    elif isinstance(value, dict):
        for entry in value.values():
            yield from facts(entry, language)
    elif isinstance(value, list):
        for entry in value:
            yield from facts(entry, language)
    elif value is not None:
        yield str(value)


def test_every_letter_has_a_sample() -> None:
    assert {name for name, _ in SAMPLES} == set(letter_names())


def test_every_letter_is_documented_with_its_values() -> None:
    rows = dict(re.findall(r"^\| `(\w+)` \| (.*) \|$", DOCUMENT.read_text(encoding="utf-8"), re.MULTILINE))
    assert set(letter_names()) <= set(rows)
    for name, values in SAMPLES:
        assert [value for value in values if f"`{value}`" not in rows[name]] == []


@each_letter
@each_language
def test_both_parts_tell_every_value(name: str, values: dict[str, Any], language: str) -> None:
    choices = {"resolution", "way_back", "way", "kept"}
    unsaid = {"amount"} if values.get("resolution") == "exchange" else set()
    if values.get("method") == "store_credit":
        unsaid.add("method")
    _, text, page = parts(name, language, values)
    shown = words(page.get_text() + " ".join(link["href"] for link in page.find_all("a")))
    for key, value in values.items():
        if key not in choices | unsaid:
            for fact in facts(value, language):
                assert words(fact) in words(text), key
                assert words(fact) in shown, key


@each_letter
@each_language
def test_both_parts_say_the_same_sentences(name: str, values: dict[str, Any], language: str) -> None:
    _, text, page = parts(name, language, values)
    assert page.body is not None
    # The plain text has the heading as its subject, and marks lists and facts in its own way.
    blocks = page.body.find_all(["h2", "p", "li", "th", "td", "a"])
    said = [block for block in blocks if not block.find(["table", "p"])]
    assert len(said) > 5
    for block in said:
        for piece in block.stripped_strings:
            assert words(piece) in words(text), piece
    remaining = words(text)
    for piece in sorted({words(piece) for block in said for piece in block.stripped_strings}, key=len, reverse=True):
        remaining = remaining.replace(piece, "")
    for link in page.find_all("a"):
        remaining = remaining.replace(words(link["href"]), "")
    assert re.sub(r"[-:：]", "", remaining) == ""


@each_letter
@each_language
def test_the_page_is_accessible(name: str, values: dict[str, Any], language: str) -> None:
    subject, _, page = parts(name, language, values)
    assert page.html is not None and page.html["lang"] == language
    assert [heading.get_text(strip=True) for heading in page.find_all("h1")] == [subject]
    assert page.title is not None and page.title.get_text() == subject
    for table in page.find_all("table"):
        assert table.get("role") == "presentation" or table.find("th", scope="row")
    for link in page.find_all("a"):
        assert link.get_text(strip=True)
        assert link["href"].startswith(("https://", "mailto:", "tel:"))
    assert page.find_all(["script", "img", "link"]) == []


@each_letter
@pytest.mark.parametrize("language", [language for language in LANGUAGES if language != "en"])
def test_no_sentence_is_left_in_english(name: str, values: dict[str, Any], language: str) -> None:
    _, text, _ = parts(name, language, values)
    _, english, _ = parts(name, "en", values)
    contact = {LETTERHEAD.name, LETTERHEAD.email, LETTERHEAD.phone, LINK, "--"}
    own = {word for value in values.values() for word in facts(value, "en")}
    same = {line.strip() for line in text.splitlines()} & {line.strip() for line in english.splitlines()}
    assert {line for line in same - contact - own if line and not line.startswith("- ")} == set()


@each_language
def test_the_customer_is_greeted_by_name_where_it_is_known(language: str) -> None:
    _, text, _ = parts("test", language, {})
    assert "Anna Lindner" in text.splitlines()[0]
    _, text, _ = parts("test", language, {"customer": None})
    assert "None" not in text
    assert text.splitlines()[0].rstrip(",:：，") in ("Hello", "Guten Tag", "Hola", "Bonjour", "您好")


def test_numbers_and_dates_are_written_for_the_language() -> None:
    values = next(values for name, values in SAMPLES if name == "refund_started")
    expected = {"en": "€1,249.50", "de": "1.249,50", "zh": "2026年12月4日"}
    for language, written in expected.items():
        assert written in parts("refund_started", language, values)[1]
    assert "1 minute." in parts("code", "en", {"code": "1", "minutes": 1})[1]


def test_an_address_of_a_link_stands_on_a_line_of_its_own() -> None:
    for language in LANGUAGES:
        assert LINK in parts("invoice", language, {"order_number": "AC-1", "url": LINK})[1].splitlines()
