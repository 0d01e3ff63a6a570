from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from bot.nlu.spelling import SpellingCorrector

# So many times each; two examples of one text count as one.
COUNTS = {
    "where is my parcel": 5,
    "cancel my order AC-104233": 5,
    "I want a refund": 3,
    "send it back": 8,
    "send the bank": 4,
    "es ist im Laden": 3,
    "-vous, e-mail, quelqu'un": 3,
    "vous email": 5,
    "a gift voucher": 1,
    "voila": 1,
}
EXAMPLES = [f"{text} {number}" for text, count in COUNTS.items() for number in range(count)]


def trained(folder: Path, **options: Any) -> SpellingCorrector:
    from bot.nlu.spelling import SpellingCorrector
    from tests.bot.components import training, untrained

    corrector = untrained(SpellingCorrector, folder, **options)
    corrector.train(training(EXAMPLES))
    return corrector


@pytest.fixture
def corrector(rasa: None, tmp_path: Path) -> SpellingCorrector:
    """A corrector that knows the words of `EXAMPLES`."""
    return trained(tmp_path)


def corrected(corrector: SpellingCorrector, text: str) -> str:
    """The normalised text of a message."""
    from tests.bot.components import message

    (result,) = corrector.process([message(text)])
    normal: str = result.get("normalized")
    return normal


@pytest.mark.parametrize(
    ("slip", "word"),
    [
        pytest.param("parcell", "parcel", id="a letter too many"),
        pytest.param("paarcel", "parcel", id="a letter twice"),
        pytest.param("parcl", "parcel", id="a letter too few"),
        pytest.param("arcel", "parcel", id="the first letter missing"),
        pytest.param("pardel", "parcel", id="another letter"),
        pytest.param("pracel", "parcel", id="two letters in the wrong order"),
        pytest.param("PARCLE", "parcel", id="in capitals"),
        pytest.param("ordr", "order", id="the shortest that is corrected"),
        pytest.param("parcle's", "parcel's", id="before an apostrophe"),
    ],
)
def test_a_slip_becomes_the_word_of_the_examples(corrector: SpellingCorrector, slip: str, word: str) -> None:
    assert corrected(corrector, f"where is my {slip}?") == f"where is my {word}?"


@pytest.mark.parametrize(
    "word",
    [
        pytest.param("parcel", id="of many examples"),
        pytest.param("voila", id="of a single example"),
        pytest.param("bank", id="one slip from a more frequent one"),
        pytest.param("teh", id="too short"),
        pytest.param("ist", id="too short, and known"),
        pytest.param("prcle", id="two slips from a word"),
        pytest.param("chocolate", id="far from everything"),
        pytest.param("vouchr", id="one slip from a word that is too rare"),
    ],
)
def test_other_words_stay(corrector: SpellingCorrector, word: str) -> None:
    assert corrected(corrector, f"my {word}.") == f"my {word}."


def test_the_more_frequent_of_two_words_wins(corrector: SpellingCorrector) -> None:
    assert corrected(corrector, "send it bakk") == "send it back"
    assert corrected(corrector, "the baak") == "the back"


def test_how_often_and_how_long_is_an_option(rasa: None, tmp_path: Path) -> None:
    assert corrected(trained(tmp_path / "rare", min_count=1), "a vouchr") == "a voucher"
    assert corrected(trained(tmp_path / "short", min_length=3), "teh") == "the"
    assert corrected(trained(tmp_path / "long", min_length=7), "my parcl") == "my parcl"


def test_values_are_masked_and_no_words(corrector: SpellingCorrector) -> None:
    assert corrected(corrector, "cancle AC-118204").split() == ["cancel", "ordernumber"]
    assert corrected(corrector, "vous@emial.example").split() == ["email"]


def test_the_tokens_are_spelled_and_the_text_stays(corrector: SpellingCorrector) -> None:
    from bot.nlu.lexicon import SPELLED
    from tests.bot.components import message, tokens

    text = "Whre is my PARCLE, Anna?"
    (result,) = corrector.process([message(text)])
    assert result.get("text") == text
    assert [token.text for token in tokens(result)] == ["Whre", "is", "my", "PARCLE", ",", "Anna", "?"]
    assert [token.data[SPELLED] for token in tokens(result)] == ["where", "is", "my", "parcel", ",", "anna", "?"]
    assert [token.start for token in tokens(result)] == [0, 5, 8, 11, 17, 19, 23]


@pytest.mark.parametrize(
    ("text", "language"),
    [("puis-je vous écrire ? pouvez-vous", "fr"), ("die E-Mail", "de"), ("quelqu'un", "fr")],
)
def test_a_token_that_is_more_than_letters_is_as_in_training(
    corrector: SpellingCorrector, text: str, language: str
) -> None:
    from bot.nlu.lexicon import SPELLED
    from bot.nlu.text import normalize
    from tests.bot.components import message, tokens

    (result,) = corrector.process([message(text, language)])
    assert any(not token.text.isalpha() for token in tokens(result))
    assert [token.data[SPELLED] for token in tokens(result)] == [normalize(token.text) for token in tokens(result)]


def test_examples_are_normalized_and_not_corrected(corrector: SpellingCorrector) -> None:
    from tests.bot.components import training

    data = corrector.process_training_data(training(["Where's my vouchr, AC-104233?"]))
    (example,) = data.intent_examples
    assert example.get("normalized").split() == ["where's", "my", "vouchr,", "ordernumber", "?"]


def test_without_it_a_message_is_normalized_all_the_same(rasa: None) -> None:
    from bot.nlu.spelling import normalized
    from tests.bot.components import message

    assert normalized(message("Whre’s AC-104233")).split() == ["whre's", "ordernumber"]


def test_a_message_without_text_is_no_problem(corrector: SpellingCorrector) -> None:
    from rasa.shared.nlu.training_data.message import Message

    empty = corrector.process([Message(data={"text": ""}), Message(data={})])
    assert [message.get("normalized") for message in empty] == ["", ""]
    assert corrector.process([]) == []


def test_persisted_and_loaded_it_corrects_the_same(corrector: SpellingCorrector) -> None:
    from tests.bot.components import reloaded

    loaded = reloaded(corrector)
    for text in ("where is my parcl", "a vouchr, voila", "send it bakk", "chocolate"):
        assert corrected(loaded, text) == corrected(corrector, text)
