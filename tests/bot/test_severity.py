from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from bot.severity import WORDS, severity

LANGUAGES = ("en", "de", "es", "fr", "zh")
KINDS = ["safety", "legal", "authority", "press", "chargeback", "insult"]
MESSAGES = Path(__file__).parents[1] / "nlu"


@pytest.mark.parametrize(
    ("language", "text", "kind"),
    [
        ("en", "You'll be hearing from my lawyers", "legal"),
        ("en", "I'm disputing this charge with my bank", "chargeback"),
        ("de", "Sonst gehe ich zur VERBRAUCHERZENTRALE!", "authority"),
        ("de", "Meine Anwältin meldet sich", "legal"),
        ("es", "mi hijo está HERIDO por su culpa", "safety"),
        ("es", "esto va a salir en los periodicos, se lo mando a los medios", "press"),
        ("fr", "On a fini aux urgences", "safety"),
        ("fr", "je fais un signalement à la dgccrf", "authority"),
        ("zh", "我要打１２３１５投诉你们", "authority"),
        ("zh", "充电器冒烟了", "safety"),
    ],
)
def test_threats_and_injuries_are_severe(language: str, text: str, kind: str) -> None:
    assert severity(text, language) == kind


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "I have had it with you"),
        ("en", "there is a pressing matter"),
        ("de", "Der Fernseher geht nicht"),
        ("de", "schlichte Bettwäsche"),
        ("es", "el domicilio fiscal está mal"),
        ("fr", "je suis pressé"),
        ("zh", "太让人失望了"),
        ("sw", "I will call my lawyer"),
        ("en", ""),
    ],
)
def test_anger_and_words_that_look_alike_are_not(language: str, text: str) -> None:
    assert severity(text, language) is None


@pytest.mark.parametrize(
    ("language", "one", "several"),
    [
        ("en", "what a bunch of idiots, idiots!", "idiots and crooks"),
        ("de", "so ein Saftladen", "Betrüger seid ihr, lauter Idioten"),
        ("es", "son unos ladrones", "ladrones y sinvergüenzas"),
        ("fr", "des voleurs", "voleurs, menteurs"),
        ("zh", "骗子", "骗子，不要脸"),
    ],
)
def test_one_insult_is_anger_and_two_different_ones_are_not(language: str, one: str, several: str) -> None:
    assert severity(one, language) is None
    assert severity(several, language) == "insult"


def test_the_gravest_counts() -> None:
    assert severity("my lawyer will hear that my son was injured, you idiots and liars", "en") == "safety"


def test_every_language_has_words_of_every_kind() -> None:
    content = yaml.safe_load(WORDS.read_text(encoding="utf-8"))
    assert set(content) == set(LANGUAGES)
    for language, kinds in content.items():
        assert list(kinds) == KINDS, language
        assert all(len(phrases) == len(set(phrases)) >= 5 for phrases in kinds.values()), language


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_customers_say_otherwise_is_hardly_ever_severe(language: str) -> None:
    lines = (MESSAGES / f"{language}.jsonl").read_text(encoding="utf-8").splitlines()
    texts = [message["text"] for message in map(json.loads, lines) if message["intent"] != "complain"]
    found = [text for text in texts if severity(text, language)]
    assert len(found) <= 0.005 * len(texts), found


@given(st.text(), st.sampled_from(LANGUAGES))
def test_any_text_can_be_looked_at(text: str, language: str) -> None:
    assert severity(text, language) in (None, *KINDS)
