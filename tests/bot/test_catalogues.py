from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po

from aftercare.languages import served_languages
from bot.localization import catalogue_file
from bot.messages import placeholders, sources, untranslated, update

ROOT = Path(__file__).parents[2]
DOMAIN = ROOT / "bot" / "domain.yml"
LOCALES = ROOT / "bot" / "locales"
LANGUAGES = served_languages(ROOT / "config.yml")

SMALL_DOMAIN = """\
responses:
  utter_greet:
  - text: "Hello, {name}!"
    buttons:
    - title: "Bye"
      payload: /goodbye
  utter_orders:
  - text: "{count} order"
    metadata:
      plural: "{count} orders"
"""


def read(language: str) -> Catalog:
    with catalogue_file(LOCALES, language).open("rb") as file:
        return read_po(file, locale=language, abort_invalid=True)


def forms(message: Message) -> tuple[str, ...]:
    """The translation: one text, or one for each plural form."""
    return (message.string,) if isinstance(message.string, str) else tuple(message.string or ())


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_message_is_translated(language: str) -> None:
    assert untranslated(LOCALES, language, DOMAIN) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_translation_has_the_placeholders_of_its_source(language: str) -> None:
    catalogue = read(language)
    different = []
    for source in sources(DOMAIN):
        message = catalogue.get(source.text, context=source.context)
        wanted = placeholders(source.text) | placeholders(source.plural)
        for form in forms(message) if message else ():
            if placeholders(form) != wanted:
                different.append(f"{source.context}: {form!r} has {placeholders(form)}, not {wanted}")
    assert different == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_is_translated_that_is_not_said_any_more(language: str) -> None:
    said = {(source.context, source.text, source.plural) for source in sources(DOMAIN)}
    catalogue = read(language)
    stale = []
    for message in catalogue:
        if message.id:
            text, plural = (message.id, "") if isinstance(message.id, str) else message.id
            if (message.context, text, plural) not in said:
                stale.append(f"{message.context}: {text}")
    assert stale == []


def test_there_are_messages_to_translate() -> None:
    found = sources(DOMAIN)
    assert len(found) > 50
    assert any(source.plural for source in found)
    assert any(source.context == "button" for source in found)


@pytest.fixture
def domain(tmp_path: Path) -> Path:
    path = tmp_path / "domain.yml"
    path.write_text(SMALL_DOMAIN, encoding="utf-8")
    return path


def test_sources_know_their_line_and_context(domain: Path) -> None:
    assert [(source.context, source.text, source.plural, source.line) for source in sources(domain)] == [
        ("utter_greet", "Hello, {name}!", "", 3),
        ("button", "Bye", "", 5),
        ("utter_orders", "{count} order", "{count} orders", 8),
    ]


def test_what_a_catalogue_lacks_is_listed(domain: Path, tmp_path: Path) -> None:
    everything = ["utter_greet: Hello, {name}!", "button: Bye", "utter_orders: {count} order"]
    assert untranslated(tmp_path, "de", domain) == everything

    assert update(tmp_path, "de", domain) == 3
    path = catalogue_file(tmp_path, "de")
    translated = (
        path.read_text(encoding="utf-8")
        .replace('msgid "Bye"\nmsgstr ""', 'msgid "Bye"\nmsgstr "Tschüss"')
        .replace('msgstr[0] ""', 'msgstr[0] "{count} Bestellung"')
    )
    path.write_text(translated, encoding="utf-8")
    assert untranslated(tmp_path, "de", domain) == [
        "utter_greet: Hello, {name}!",
        "utter_orders: {count} order",
    ]

    path.write_text(translated.replace('msgstr[1] ""', 'msgstr[1] "{count} Bestellungen"'), encoding="utf-8")
    assert untranslated(tmp_path, "de", domain) == ["utter_greet: Hello, {name}!"]


def test_a_fuzzy_translation_is_none(domain: Path, tmp_path: Path) -> None:
    assert update(tmp_path, "en", domain) == 0
    path = catalogue_file(tmp_path, "en")
    fuzzy = path.read_text(encoding="utf-8").replace('msgctxt "button"', '#, fuzzy\nmsgctxt "button"')
    path.write_text(fuzzy, encoding="utf-8")
    assert untranslated(tmp_path, "en", domain) == ["button: Bye"]


def test_an_update_keeps_what_is_translated_and_sets_aside_what_is_not_said_any_more(
    domain: Path, tmp_path: Path
) -> None:
    update(tmp_path, "en", domain)
    path = catalogue_file(tmp_path, "en")
    path.write_text(path.read_text(encoding="utf-8").replace('msgstr "Hello,', 'msgstr "Hi,'), encoding="utf-8")
    domain.write_text(SMALL_DOMAIN.replace("Bye", "See you"), encoding="utf-8")
    update(tmp_path, "en", domain)

    with path.open("rb") as file:
        catalogue = read_po(file, locale="en")
    assert {str(message.string) for message in catalogue if message.context in ("utter_greet", "button")} == {
        "Hi, {name}!",
        "See you",
    }


def test_english_is_complete_after_every_update(domain: Path, tmp_path: Path) -> None:
    update(tmp_path, "en", domain)
    domain.write_text(SMALL_DOMAIN.replace("Hello, {name}!", "Hello there, {name}!"), encoding="utf-8")
    assert update(tmp_path, "en", domain) == 0


def test_the_names_in_braces() -> None:
    assert placeholders("{count} of {total}, {count} {{not}}") == {"count", "total"}
    assert placeholders("nothing") == set()
