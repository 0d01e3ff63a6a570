from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from bot.engine import import_rasa

if TYPE_CHECKING:
    from bot.nlu.language import LanguageIdentifier

ROOT = Path(__file__).parents[2]
SERVED = ["de", "en", "es", "fr", "zh"]
ARABIC = "ضصثقف غعهخ"
"""Letters typed at random."""


@pytest.fixture(scope="module")
def identifier(tmp_path_factory: pytest.TempPathFactory) -> LanguageIdentifier:
    """Trained on the project's examples, which takes about four seconds."""
    import_rasa()
    from bot.nlu.importer import MultilingualImporter
    from bot.nlu.language import LanguageIdentifier
    from tests.bot.components import untrained

    identifier = untrained(LanguageIdentifier, tmp_path_factory.mktemp("model"))
    identifier.train(MultilingualImporter(str(ROOT / "config.yml")).get_nlu_data())
    result: LanguageIdentifier = identifier
    return result


def named(identifier: LanguageIdentifier, text: str, conversation: str | None = None, hint: str | None = None) -> str:
    language, confidence = identifier.identify(text, conversation, hint)
    assert 0 <= confidence <= 1.001
    return language


SENTENCES = {
    "de": ["wo ist mein Paket", "ich möchte die Hose zurückgeben", "die lampe ist kaputt angekommen"],
    "en": ["where is my parcel", "I want to return the trousers", "the lamp arrived broken"],
    "es": ["¿dónde está mi paquete?", "quiero devolver los pantalones", "la lámpara llegó rota"],
    "fr": ["où est mon colis ?", "je veux renvoyer le pantalon", "la lampe est arrivée cassée"],
    "zh": ["我的包裹到哪了", "我想退這條褲子", "灯到的时候是坏的"],
}


@pytest.mark.parametrize(("language", "text"), [(name, text) for name in SERVED for text in SENTENCES[name]])
def test_a_sentence_in_a_served_language_is_in_it_whatever_was_before(
    identifier: LanguageIdentifier, language: str, text: str
) -> None:
    assert named(identifier, text) == language
    assert named(identifier, text.upper()) == language
    for before in SERVED:
        assert named(identifier, text, before) == language
        assert named(identifier, text, hint=before) == language


@pytest.mark.parametrize("language", SERVED)
@pytest.mark.parametrize(
    "text",
    ["AC-104233", "１０４２３３", "lucia.fernandez@correo.example", "+49 170 1234567", "👍", "...", "", "12"],
)
def test_what_has_no_language_changes_nothing(identifier: LanguageIdentifier, language: str, text: str) -> None:
    assert identifier.identify(text, language) == (language, 1.0)
    assert identifier.identify(text, None, f"{language}-XX") == (language, 1.0)
    assert identifier.identify(text, None, None, language) == (language, 0.5)


@pytest.mark.parametrize("language", ["de", "en", "es", "fr"])
def test_ok_changes_nothing(identifier: LanguageIdentifier, language: str) -> None:
    assert named(identifier, "ok", language) == language
    assert named(identifier, "OK!", language) == language


def test_ok_changes_nothing_in_chinese(identifier: LanguageIdentifier) -> None:
    assert named(identifier, "ok", "zh") == "zh"


@pytest.mark.parametrize("language", ["de", "es", "zh"])
def test_okay_changes_nothing(identifier: LanguageIdentifier, language: str) -> None:
    assert named(identifier, "okay", language) == language


def test_where_nothing_is_known_it_is_the_default(identifier: LanguageIdentifier) -> None:
    assert identifier.identify("104233") == ("en", 0.5)
    assert identifier.identify("104233", "it", "pt-BR") == ("en", 0.5)


def test_a_payload_has_no_language(identifier: LanguageIdentifier) -> None:
    assert identifier.identify('/ask_faq{"article": "return-policy"}', "de") == ("de", 1.0)
    assert identifier.identify("/greet") == ("en", 0.5)


@pytest.mark.parametrize("hint", ["de", "de-AT", "de_CH", "DE"])
def test_a_hint_is_a_locale(identifier: LanguageIdentifier, hint: str) -> None:
    assert identifier.identify("104233", None, hint) == ("de", 1.0)


def test_the_conversation_counts_before_the_hint(identifier: LanguageIdentifier) -> None:
    assert identifier.identify("104233", "fr", "de-AT") == ("fr", 1.0)
    # One that is not served says nothing.
    assert identifier.identify("104233", "it", "de-AT") == ("de", 1.0)


@pytest.mark.parametrize(("text", "languages"), [("no", ["es", "en"]), ("si", ["es", "fr"]), ("email", ["fr", "de"])])
def test_the_conversation_decides_on_words_of_several_languages(
    identifier: LanguageIdentifier, text: str, languages: list[str]
) -> None:
    for language in languages:
        assert named(identifier, text, language) == language


def test_the_hint_is_evidence_too_and_weaker(identifier: LanguageIdentifier) -> None:
    evidence = identifier._config
    assert 0 < evidence["hint_evidence"] < evidence["conversation_evidence"]
    for text in ("no", "si", "email", "gracias", "ja", "parcel"):
        for language in SERVED:
            if named(identifier, text, hint=language) == language:
                assert named(identifier, text, conversation=language) == language


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("wo ist mein package", "de"),
        ("refund bitte", "de"),
        ("ich hab noch kein tracking bekommen", "de"),
        ("quiero un refund de mi order", "es"),
        ("je veux un refund pour mon order", "fr"),
        ("mon tracking ne marche pas", "fr"),
        ("i want to return the Schuhe please", "en"),
        ("我的order到哪了", "zh"),
        ("我要refund", "zh"),
        ("iPhone 壳到了吗", "zh"),
    ],
)
def test_borrowed_words_make_no_other_language(identifier: LanguageIdentifier, text: str, language: str) -> None:
    assert named(identifier, text) == language
    assert named(identifier, text, language) == language


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("dov'è il mio pacco?", "it"),
        ("waar is mijn pakket gebleven", "nl"),
        ("gdzie jest moja paczka", "pl"),
        ("kargom nerede kaldı", "tr"),
        ("где моя посылка", "ru"),
        ("荷物はどこですか", "ja"),
        ("제 택배 어디 있어요", "ko"),
        ("أين طردي من فضلك", "ar"),
        ("πού είναι το δέμα μου", "el"),
        ("որտե՞ղ է իմ ծանրոցը", "hy"),
    ],
)
def test_an_unserved_language_is_known_even_in_a_conversation(
    identifier: LanguageIdentifier, text: str, language: str
) -> None:
    assert named(identifier, text) == language
    for before in SERVED:
        assert named(identifier, text, before) == language


@pytest.mark.parametrize("before", [None, *SERVED])
def test_a_script_of_its_own_is_no_served_language(identifier: LanguageIdentifier, before: str | None) -> None:
    from bot.nlu.language import _letters, _words

    assert all(_words(_letters(ARABIC)).isdisjoint(words) for words in identifier._words.values())
    assert named(identifier, ARABIC, before) == "ar"
    assert named(identifier, ARABIC, hint=before) == "ar"


@pytest.mark.parametrize("language", ["de", "en", "es", "fr"])
def test_letters_at_random_change_nothing(identifier: LanguageIdentifier, language: str) -> None:
    assert identifier.identify("xqzvbk wrtzpl", language) == (language, 0.5)


def test_a_message_says_its_language_and_whether_it_is_served(identifier: LanguageIdentifier) -> None:
    from rasa.shared.nlu.training_data.message import Message

    def language(text: str | None, **metadata: str | None) -> dict[str, Any]:
        (message,) = identifier.process([Message(data={"text": text, "metadata": metadata})])
        assert "language" in message.as_dict(only_output_properties=True)
        found: dict[str, Any] = message.get("language")
        return found

    found = language("wo ist mein Paket")
    assert (found["name"], found["served"]) == ("de", True)
    assert found["confidence"] > 0.99
    found = language("dov'è il mio pacco?", conversation_language="es")
    assert (found["name"], found["served"]) == ("it", False)
    assert language("104233", conversation_language="fr")["name"] == "fr"
    assert language("104233", locale_hint="de-AT")["name"] == "de"
    assert language("104233", default_language="zh")["name"] == "zh"
    assert language(None)["name"] == "en"


def test_a_message_without_metadata_is_no_problem(identifier: LanguageIdentifier) -> None:
    from rasa.shared.nlu.training_data.message import Message

    (message,) = identifier.process([Message(data={"text": "wo ist mein Paket"})])
    assert message.get("language")["name"] == "de"


def test_persisted_and_loaded_it_says_the_same(identifier: LanguageIdentifier) -> None:
    from tests.bot.components import reloaded

    loaded = reloaded(identifier)
    texts = [text for texts in SENTENCES.values() for text in texts]
    for text in [*texts, "ok", "no", "104233", ARABIC, "dov'è il mio pacco?"]:
        expected, result = identifier.identify(text, "de"), loaded.identify(text, "de")
        assert result == (expected[0], pytest.approx(expected[1], abs=0.01))


def test_it_learns_from_a_handful_of_examples(rasa: None, tmp_path: Path) -> None:
    """Languages are those of the examples; one that has become served is not learnt from its file too."""
    from rasa.shared.nlu.training_data.message import Message
    from rasa.shared.nlu.training_data.training_data import TrainingData

    from bot.nlu.language import LanguageIdentifier
    from tests.bot.components import untrained

    sentences = {**SENTENCES, "it": ["dov'è il mio pacco", "voglio restituire i pantaloni", "la lampada è rotta"]}
    examples = [
        Message(data={"text": f"{text} {number}", "intent": "greet", "language": language})
        for language, texts in sentences.items()
        for text in texts
        for number in range(5)
    ]
    small: LanguageIdentifier = untrained(LanguageIdentifier, tmp_path)
    small.train(TrainingData(examples))
    assert small._served == {*SERVED, "it"}
    assert small.identify("voglio il mio pacco")[0] == "it"
    (message,) = small.process([Message(data={"text": "dov'è il mio pacco"})])
    assert message.get("language")["served"]
