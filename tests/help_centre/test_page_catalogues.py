from pathlib import Path

import pytest

from help_centre import help_centre_messages
from knowledge_base.articles import CATEGORIES
from tests.catalogues import broken, different_placeholders, stale
from tests.help_centre.pages import LANGUAGES, LOCALES, Served

PAGES = help_centre_messages(LOCALES)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_message_is_translated(language: str) -> None:
    assert broken(PAGES, language) == []
    assert PAGES.untranslated(language) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_translation_has_the_placeholders_of_its_source(language: str) -> None:
    assert different_placeholders(PAGES, language) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_is_translated_that_is_not_said_any_more(language: str) -> None:
    assert stale(PAGES, language) == []


def test_there_are_messages_to_translate() -> None:
    assert len(PAGES.sources) > 40
    assert any(source.plural for source in PAGES.sources)
    assert any(source.context == "button" for source in PAGES.sources)
    assert all(source.file.endswith(".html") and source.line for source in PAGES.sources)


def test_a_new_language_begins_with_everything_to_translate(tmp_path: Path) -> None:
    messages = help_centre_messages(tmp_path)
    assert messages.update("it") == len(PAGES.sources)
    assert messages.update("en") == 0


def test_french_keeps_its_marks_on_the_line() -> None:
    """Before `: ; ! ?` and inside « » stands a space at which no line breaks."""
    catalogue = PAGES.catalogue("fr")
    assert catalogue is not None
    texts = [str(message.string) for message in catalogue if message.id]
    assert [text for text in texts for mark in ":;!?»" if f" {mark}" in text or "« " in text] == []
    assert any("\u202f?" in text for text in texts)


@pytest.mark.parametrize("language", LANGUAGES)
async def test_every_category_has_a_name_and_an_icon(shop: Served, language: str) -> None:
    names = set()
    for category in CATEGORIES:
        page = await shop.page(f"/help/{language}/categories/{category}")
        names.add(page.text("h1"))
        assert page.find("svg", class_="icon")
    assert len(names) == len(CATEGORIES)
