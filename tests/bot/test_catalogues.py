from pathlib import Path

import pytest

from bot.localization import DOMAIN, catalogue_file
from bot.messages import Messages, Source, bot_messages, placeholders
from tests.catalogues import broken, different_placeholders, stale

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


@pytest.fixture
def domain(tmp_path: Path) -> Path:
    path = tmp_path / "domain.yml"
    path.write_text(SMALL_DOMAIN, encoding="utf-8")
    return path


@pytest.fixture
def messages(domain: Path) -> Messages:
    return bot_messages(domain.parent, domain)


def test_sources_know_their_line_and_context(messages: Messages) -> None:
    assert [(source.context, source.text, source.plural, source.line) for source in messages.sources] == [
        ("utter_greet", "Hello, {name}!", "", 3),
        ("button", "Bye", "", 5),
        ("utter_orders", "{count} order", "{count} orders", 8),
    ]


def test_what_a_catalogue_lacks_is_listed(messages: Messages, tmp_path: Path) -> None:
    everything = ["utter_greet: Hello, {name}!", "button: Bye", "utter_orders: {count} order"]
    assert messages.untranslated("de") == everything

    assert messages.update("de") == 3
    path = catalogue_file(tmp_path, "de")
    translated = (
        path.read_text(encoding="utf-8")
        .replace('msgid "Bye"\nmsgstr ""', 'msgid "Bye"\nmsgstr "Tschüss"')
        .replace('msgstr[0] ""', 'msgstr[0] "{count} Bestellung"')
    )
    path.write_text(translated, encoding="utf-8")
    assert messages.untranslated("de") == [
        "utter_greet: Hello, {name}!",
        "utter_orders: {count} order",
    ]

    path.write_text(translated.replace('msgstr[1] ""', 'msgstr[1] "{count} Bestellungen"'), encoding="utf-8")
    assert messages.untranslated("de") == ["utter_greet: Hello, {name}!"]


def test_a_fuzzy_translation_is_none(messages: Messages, tmp_path: Path) -> None:
    assert messages.update("en") == 0
    path = catalogue_file(tmp_path, "en")
    fuzzy = path.read_text(encoding="utf-8").replace('msgctxt "button"', '#, fuzzy\nmsgctxt "button"')
    path.write_text(fuzzy, encoding="utf-8")
    assert messages.untranslated("en") == ["button: Bye"]


def test_an_update_keeps_what_is_translated_and_sets_aside_what_is_not_said_any_more(
    domain: Path, tmp_path: Path
) -> None:
    bot_messages(tmp_path, domain).update("en")
    path = catalogue_file(tmp_path, "en")
    path.write_text(path.read_text(encoding="utf-8").replace('msgstr "Hello,', 'msgstr "Hi,'), encoding="utf-8")
    domain.write_text(SMALL_DOMAIN.replace("Bye", "See you"), encoding="utf-8")
    updated = bot_messages(tmp_path, domain)
    updated.update("en")

    catalogue = updated.catalogue("en") or ()
    assert {str(message.string) for message in catalogue if message.context in ("utter_greet", "button")} == {
        "Hi, {name}!",
        "See you",
    }


def test_english_is_complete_after_every_update(domain: Path, tmp_path: Path) -> None:
    bot_messages(tmp_path, domain).update("en")
    domain.write_text(SMALL_DOMAIN.replace("Hello, {name}!", "Hello there, {name}!"), encoding="utf-8")
    assert bot_messages(tmp_path, domain).update("en") == 0


def test_catalogues_of_several_domains_lie_beside_each_other(domain: Path, tmp_path: Path) -> None:
    other = Messages(tmp_path, "pages", [Source("", "Search %(shop)s", "", "page.html", 7)])
    bot_messages(tmp_path, domain).update("de")
    other.update("de")

    assert other.untranslated("de") == ["Search %(shop)s"]
    assert catalogue_file(tmp_path, "de", "pages").exists()
    assert len(bot_messages(tmp_path, domain).untranslated("de")) == 3


def test_broken_translations_are_found(tmp_path: Path) -> None:
    messages = Messages(tmp_path, DOMAIN, [Source("button", "Bye, {name}", "", "domain.yml", 7)])
    assert broken(messages, "de") == ["de"]
    messages.update("de")
    path = catalogue_file(tmp_path, "de")
    path.write_text(path.read_text(encoding="utf-8").replace('msgstr ""', 'msgstr "Bis bald, {nom}"'), encoding="utf-8")
    assert len(different_placeholders(messages, "de")) == 1
    assert stale(Messages(tmp_path, DOMAIN, []), "de") == ["Bye, {name}"]


def test_the_names_that_are_left_open() -> None:
    assert placeholders("{count} of {total}, {count} {{not}}") == {"count", "total"}
    assert placeholders("%(count)s of %(total)s, 100 %") == {"count", "total"}
    assert placeholders("nothing") == set()
