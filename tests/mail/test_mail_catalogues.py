from pathlib import Path

import pytest

from mail import mail_messages
from tests.catalogues import broken, different_placeholders, stale
from tests.mail.samples import LANGUAGES, LOCALES

LETTERS = mail_messages(LOCALES)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_message_is_translated(language: str) -> None:
    assert broken(LETTERS, language) == []
    assert LETTERS.untranslated(language) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_translation_has_the_placeholders_of_its_source(language: str) -> None:
    assert different_placeholders(LETTERS, language) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_is_translated_that_is_not_said_any_more(language: str) -> None:
    assert stale(LETTERS, language) == []


def test_there_are_messages_to_translate() -> None:
    assert len(LETTERS.sources) > 60
    assert any(source.plural for source in LETTERS.sources)
    assert {source.file.partition("/")[0] for source in LETTERS.sources} == {"common.jinja", "letters", "text"}


def test_a_new_language_begins_with_everything_to_translate(tmp_path: Path) -> None:
    messages = mail_messages(tmp_path)
    assert messages.update("it") == len(LETTERS.sources)
    assert messages.update("en") == 0


def test_french_keeps_its_marks_on_the_line() -> None:
    """Before `: ; ! ?` stands a space at which no line breaks."""
    catalogue = LETTERS.catalogue("fr")
    assert catalogue is not None
    texts = [str(message.string) for message in catalogue if message.id]
    assert [text for text in texts for mark in ":;!?»" if f" {mark}" in text or "« " in text] == []
    assert any("\u202f:" in text for text in texts)


def test_after_the_german_greeting_the_sentence_goes_on() -> None:
    """It ends with a comma, after which only nouns and the polite pronouns begin with a capital."""
    catalogue = LETTERS.catalogue("de")
    assert catalogue is not None
    for source in ("Enter this code in the chat:", "For your order %(order)s, we are sending you a replacement:"):
        message = catalogue.get(source)
        assert message is not None
        assert str(message.string)[0].islower()
