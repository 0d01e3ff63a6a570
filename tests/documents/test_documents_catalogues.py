from pathlib import Path

import pytest

from documents.messages import documents_messages
from tests.catalogues import broken, different_placeholders, stale
from tests.documents.reading import LANGUAGES, LOCALES

DOCUMENTS = documents_messages(LOCALES)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_message_is_translated(language: str) -> None:
    assert broken(DOCUMENTS, language) == []
    assert DOCUMENTS.untranslated(language) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_translation_has_the_placeholders_of_its_source(language: str) -> None:
    assert different_placeholders(DOCUMENTS, language) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_is_translated_that_is_not_said_any_more(language: str) -> None:
    assert stale(DOCUMENTS, language) == []


def test_messages_come_from_the_code_and_from_the_page(tmp_path: Path) -> None:
    assert {source.file for source in DOCUMENTS.sources} == {"invoices.py", "labels.py", "notice.html"}
    assert documents_messages(tmp_path).update("it") == len(DOCUMENTS.sources)
