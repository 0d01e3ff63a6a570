"""What is said, in every room and every language: all of it is translated, and nothing else."""

from pathlib import Path

import pytest

from aftercare.languages import served_languages
from aftercare.settings import Settings
from aftercare.translations import load_messages
from bot.localization import Catalogues
from bot.messages import Messages
from tests.catalogues import broken, different_placeholders, stale

SETTINGS = Settings(_env_file=None)  # type: ignore[call-arg]
SERVED = set(served_languages(SETTINGS.config_file))
BESIDES = {"widget": {"ar"}}
"""Languages in which a room speaks to people, though the bot does not."""

ROOMS = {messages.domain: messages for messages in load_messages(SETTINGS)}
CATALOGUES = [
    pytest.param(ROOMS[room], language, id=f"{room}-{language}")
    for room in ROOMS
    for language in sorted(SERVED | BESIDES.get(room, set()))
]
EVERY_ROOM = pytest.mark.parametrize("room", ROOMS)
EVERY_CATALOGUE = pytest.mark.parametrize(("messages", "language"), CATALOGUES)

LEAST = {
    "aftercare": 50,
    "help_centre": 40,
    "storefront": 50,
    "documents": 30,
    "mail": 60,
    "widget": 60,
    "messengers": 25,
    "desk": 400,
}
"""A room has more messages than that."""
NUMBERS = {"aftercare", "help_centre", "storefront", "mail", "widget", "desk"}
"""Rooms that speak of one thing and of several."""
BUTTONS = {"aftercare", "help_centre"}
"""Rooms in which there are messages for buttons alone."""
SUFFIXES = {
    "aftercare": {".yml"},
    "help_centre": {".html"},
    "storefront": {".html"},
    "documents": {".html", ".py"},
    "mail": {".jinja"},
    "widget": {".yml"},
    "messengers": {".yml"},
    "desk": {".yml"},
}
LINELESS = {"widget", "messengers", "desk"}
"""Rooms whose messages have keys instead of lines."""
NARROW = {"help_centre": "?", "storefront": "?", "documents": "?", "mail": ":", "widget": "?", "desk": "?"}
"""Rooms that set French as it is printed, and a mark that stands in each."""


@EVERY_ROOM
def test_a_room_has_catalogues_of_its_languages_and_no_others(room: str) -> None:
    messages = ROOMS[room]
    assert set(Catalogues(messages.locales, messages.domain).languages) == SERVED | BESIDES.get(room, set())


@EVERY_CATALOGUE
def test_every_message_is_translated(messages: Messages, language: str) -> None:
    """In all plural forms that the language has, and finally: a fuzzy translation is none."""
    assert broken(messages, language) == []
    assert messages.untranslated(language) == []


@EVERY_CATALOGUE
def test_a_translation_has_the_placeholders_of_its_source(messages: Messages, language: str) -> None:
    assert different_placeholders(messages, language) == []


@EVERY_CATALOGUE
def test_nothing_is_translated_that_is_not_said_any_more(messages: Messages, language: str) -> None:
    assert stale(messages, language) == []


@EVERY_ROOM
def test_there_are_messages_to_translate(room: str) -> None:
    sources = ROOMS[room].sources
    assert len(sources) > LEAST[room]
    assert any(source.plural for source in sources) == (room in NUMBERS)
    assert any(source.context == "button" for source in sources) == (room in BUTTONS)


@EVERY_ROOM
def test_messages_know_where_they_are_said(room: str) -> None:
    sources = ROOMS[room].sources
    assert {Path(source.file).suffix for source in sources} == SUFFIXES[room]
    assert all(source.line for source in sources) == (room not in LINELESS)


@EVERY_ROOM
def test_a_new_language_begins_with_everything_to_translate(room: str, tmp_path: Path) -> None:
    messages = Messages(tmp_path, room, ROOMS[room].sources)
    assert messages.update("it") == len(messages.sources)
    assert messages.update("en") == 0


@pytest.mark.parametrize("room", NARROW)
def test_french_keeps_its_marks_on_the_line(room: str) -> None:
    """Before `: ; ! ?` and inside « » stands a space at which no line breaks."""
    catalogue = ROOMS[room].catalogue("fr")
    assert catalogue is not None
    strings = [message.string or "" for message in catalogue if message.id]
    texts = [form for string in strings for form in ([string] if isinstance(string, str) else string)]
    assert [text for text in texts for mark in ":;!?»" if f" {mark}" in text or "« " in text] == []
    assert any(f"\u202f{NARROW[room]}" in text for text in texts)
