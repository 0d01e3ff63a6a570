"""What messengers say fits, and is put together, in every served language."""

from pathlib import Path

import pytest
import yaml

from bot.localization import Catalogues
from bot.messages import placeholders
from connectors.rendering import DOMAIN, Phrases
from connectors.rendering.phrases import FILE
from connectors.rendering.pieces import pieces
from tests.rendering.phrasing import CATALOGUES, ENGLISH

LANGUAGES = ["de", "en", "es", "fr", "zh"]
ENGLISH_TEXTS = yaml.safe_load(FILE.read_text(encoding="utf-8"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_button_of_a_list_fits(language: str) -> None:
    assert 0 < len(Phrases(CATALOGUES, language).text("choose")) <= 20


@pytest.mark.parametrize("language", LANGUAGES)
def test_ratings_fit_into_a_row_and_differ(language: str) -> None:
    ratings = [Phrases(CATALOGUES, language).text(f"rating_{stars}") for stars in range(1, 6)]
    assert len(set(ratings)) == 5
    assert all(len(rating) <= 72 for rating in ratings)


def test_translations_differ_from_the_english_ones() -> None:
    for language in ("de", "es", "fr", "zh"):
        phrases = Phrases(CATALOGUES, language)
        assert [key for key, text in ENGLISH_TEXTS.items() if phrases.text(key) == text] == []


def test_a_language_without_a_catalogue_is_served_in_english() -> None:
    assert Phrases(CATALOGUES, "sw").text("one_moment") == ENGLISH.text("one_moment") == "One moment, please."


def test_an_unknown_phrase_is_an_error() -> None:
    with pytest.raises(KeyError):
        ENGLISH.text("no_such_phrase")


def test_values_are_put_where_a_phrase_leaves_them_open(tmp_path: Path) -> None:
    catalogue = tmp_path / "de" / "LC_MESSAGES" / f"{DOMAIN}.po"
    catalogue.parent.mkdir(parents=True)
    text = ENGLISH_TEXTS["welcome"]
    catalogue.write_text(
        f'msgid ""\nmsgstr "Content-Type: text/plain; charset=utf-8\\n"\n\n'
        f'msgctxt "welcome"\nmsgid "{text}"\nmsgstr "Willkommen bei {{shop}}!"\n',
        encoding="utf-8",
    )
    phrases = Phrases(Catalogues(tmp_path, DOMAIN), "de")
    assert phrases.text("welcome", shop="Halden") == "Willkommen bei Halden!"
    with pytest.raises(KeyError):
        phrases.text("welcome", other="Halden")


def test_phrases_that_are_said_without_values_leave_nothing_open() -> None:
    # `connectors/messenger.py` and the channels pass none.
    open_ = {key: placeholders(text) for key, text in ENGLISH_TEXTS.items() if placeholders(text)}
    named = {key: {"name"} for key in ("event_joined", "event_left", "event_closed")}
    assert open_ == {"continue_text": {"code"}, **named}


def test_customers_are_told_who_joins_and_leaves() -> None:
    said = [
        pieces({"event": event, "name": "Mei"}, Phrases(CATALOGUES, "de")) for event in ("joined", "left", "closed")
    ]
    assert all(len(each) == 1 and each[0].text.startswith("Mei ") for each in said)
    assert pieces({"event": "continued", "name": "WhatsApp"}, ENGLISH) == []
