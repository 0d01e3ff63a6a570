from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pytest

if TYPE_CHECKING:
    from rasa.shared.nlu.training_data.message import Message

    from bot.nlu.featurizers import TemplateTfidfFeaturizer, _TfidfFeaturizer

KINDS = ["WordTfidfFeaturizer", "CharacterTfidfFeaturizer", "TemplateTfidfFeaturizer", "PinyinTfidfFeaturizer"]

ENGLISH = [
    "where is my parcel AC-104233",
    "where is my order 118204",
    "I want to return the boots",
    "I want to return the red lamp",
    "my mail is anna@mail.example",
    "my mail is bob@post.example",
    "the order is for Anna Berg",
    "the boots are too small",
    "the boots come in 44",
    "the red lamp is in 2 parts",
]
CHINESE = ["我的订单到哪了", "我要退货", "订单在哪里", "我要退款", "快递到哪了", "退货在哪里办"]

Train = Callable[..., "_TfidfFeaturizer"]


@pytest.fixture
def featurizers(rasa: None) -> ModuleType:
    """The module `bot.nlu.featurizers`."""
    from bot.nlu import featurizers

    return featurizers


@pytest.fixture
def train(featurizers: ModuleType, tmp_path: Path) -> Train:
    """A trained featurizer of a kind."""

    def train(
        kind: str, texts: Sequence[str] = ENGLISH, language: str = "en", name: str = "one", **options: Any
    ) -> _TfidfFeaturizer:
        from tests.bot.components import training, untrained

        featurizer: _TfidfFeaturizer = untrained(getattr(featurizers, kind), tmp_path / name, language, **options)
        featurizer.train(training(texts, language))
        return featurizer

    return train


def features(featurizer: _TfidfFeaturizer, *texts: str, language: str = "en") -> npt.NDArray[np.float32]:
    """The features of messages, of shape (texts, n)."""
    from tests.bot.components import message

    messages = featurizer.process([message(text, language) for text in texts])
    return rows(messages)


def rows(messages: Sequence[Message]) -> npt.NDArray[np.float32]:
    found = [message.features for message in messages]
    for (own,) in found:
        assert (own.type, own.attribute, own.is_sparse()) == ("sentence", "text", True)
    return np.concatenate([own.features.toarray() for (own,) in found])


@pytest.fixture
def template(train: Train) -> Callable[..., str]:
    """The template of a message where the 14 most frequent words of the examples stay as they are."""

    def template(text: str, marks: Sequence[str] = (), **options: Any) -> str:
        from bot.nlu.lexicon import MARK
        from tests.bot.components import message, tokens

        featurizer: Any = train("TemplateTfidfFeaturizer", **{"frequent": 14, **options})
        asked = message(text)
        for token, mark in zip(tokens(asked), marks, strict=False):
            token.data[MARK] = mark
        (words,) = featurizer._texts([asked])
        return str(words)

    return template


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("where is my order AC-104233", "^ where is my order <order_number> $", id="an order number"),
        pytest.param("AC-104233", "^ <order_number> $", id="nothing but a value"),
        pytest.param("my mail is x@y.example", "^ my mail is <email> $", id="an e-mail address"),
        pytest.param("+49 170 1234567 is my", "^ <phone> is my $", id="a value of several tokens"),
        pytest.param("118204 / 118205", "^ <order_number> x <order_number> $", id="several values"),
        pytest.param("Carla Gomez", "^ Xx Xx $", id="two capitalised words that nobody knows"),
        pytest.param("where is gomez", "^ where is x $", id="another unknown word"),
        pytest.param("44", "^ 00 $", id="a number"),
        pytest.param("the 7", "^ the 0 $", id="a digit"),
        pytest.param("boots?", "^ boots x $", id="punctuation"),
        pytest.param("WHERE is MY", "^ where is my $", id="frequent words in capitals"),
        pytest.param("", "^  $", id="nothing"),
    ],
)
def test_words_that_are_not_frequent_become_placeholders(
    template: Callable[..., str], text: str, expected: str
) -> None:
    assert template(text) == expected


def test_entries_of_the_lexicon_become_placeholders(template: Callable[..., str]) -> None:
    # Even frequent words: those of an entry are a value.
    assert template("the red lamp is", ["", "B-product", "I-product", ""]) == "^ the <product> is $"
    assert template("the boots", ["", "B-product"]) == "^ the <product> $"
    assert template("my Handyhülle", ["", "~product"]) == "^ my Xx $"


def test_a_value_comes_before_an_entry(template: Callable[..., str]) -> None:
    assert template("118204", ["B-product"]) == "^ <order_number> $"


def test_the_corrected_word_is_looked_at(train: Train) -> None:
    from bot.nlu.lexicon import SPELLED
    from tests.bot.components import message, tokens

    featurizer: Any = train("TemplateTfidfFeaturizer")
    asked = message("Whree is")
    tokens(asked)[0].data[SPELLED] = "where"
    assert featurizer._texts([asked]) == ["^ where is $"]


def test_how_many_words_are_frequent_is_an_option(template: Callable[..., str]) -> None:
    assert template("where is it", frequent=0) == "^ x x x $"
    assert template("where is it") == "^ where is x $"


def test_the_same_template_makes_the_same_features(train: Train) -> None:
    featurizer = train("TemplateTfidfFeaturizer", frequent=14)
    one, two, other = features(
        featurizer, "where is my order AC-104233", "where is my order 207733", "where is my order Bob"
    )
    assert one.any()
    np.testing.assert_array_equal(one, two)
    assert (one != other).any()


@pytest.mark.parametrize(
    ("one", "two"),
    [("订单在哪里", "定单再哪里"), ("我要退款", "我要推款"), ("快递到哪了", "快弟到哪了")],
)
def test_what_sounds_the_same_has_the_same_pinyin(train: Train, one: str, two: str) -> None:
    first, second = features(train("PinyinTfidfFeaturizer", CHINESE, "zh"), one, two, language="zh")
    assert first.any()
    np.testing.assert_array_equal(first, second)


def test_what_sounds_different_has_not(train: Train) -> None:
    first, second = features(train("PinyinTfidfFeaturizer", CHINESE, "zh"), "我要退款", "我要退货", language="zh")
    assert (first != second).any()


def test_pinyin_of_other_letters_is_they_themselves(train: Train) -> None:
    from tests.bot.components import message

    featurizer: Any = train("PinyinTfidfFeaturizer", CHINESE, "zh")
    (text,) = featurizer._texts([message("AC-104233退款", "zh")])
    assert text.split() == ["ordernumber", "tui", "kuan"]


@pytest.mark.parametrize("kind", KINDS)
def test_the_weight_is_a_factor(train: Train, kind: str) -> None:
    texts, language = (CHINESE, "zh") if kind.startswith("Pinyin") else (ENGLISH, "en")
    plain = features(train(kind, texts, language, weight=1.0), *texts, language=language)
    light = features(train(kind, texts, language, "two", weight=0.25), *texts, language=language)
    assert plain.any()
    np.testing.assert_allclose(light, 0.25 * plain, rtol=1e-6)
    np.testing.assert_allclose(np.linalg.norm(plain, axis=1), 1, rtol=1e-5)


@pytest.mark.parametrize("weight", [0.5, 1.0])
@pytest.mark.parametrize("kind", KINDS)
def test_training_sees_the_features_that_processing_makes(train: Train, kind: str, weight: float) -> None:
    from tests.bot.components import reloaded, training

    texts, language = (CHINESE, "zh") if kind.startswith("Pinyin") else (ENGLISH, "en")
    featurizer = train(kind, texts, language, weight=weight)
    of_training = rows(featurizer.process_training_data(training(texts, language)).intent_examples)
    together = features(reloaded(featurizer), *texts, language=language)
    alone = np.concatenate([features(reloaded(featurizer), text, language=language) for text in texts])
    assert of_training.any()
    np.testing.assert_allclose(of_training, together, atol=1e-6)
    np.testing.assert_allclose(of_training, alone, atol=1e-6)


def test_a_loaded_one_features_examples_too(train: Train) -> None:
    from tests.bot.components import reloaded, training

    featurizer = train("TemplateTfidfFeaturizer")
    expected = rows(featurizer.process_training_data(training(ENGLISH)).intent_examples)
    again = rows(reloaded(featurizer).process_training_data(training(ENGLISH)).intent_examples)
    np.testing.assert_allclose(again, expected, atol=1e-6)


def test_a_template_learns_its_frequent_words_again(train: Train) -> None:
    from tests.bot.components import reloaded

    featurizer: TemplateTfidfFeaturizer = train("TemplateTfidfFeaturizer", frequent=14)  # type: ignore[assignment]
    assert len(featurizer._frequent) == 14
    assert reloaded(featurizer)._frequent == featurizer._frequent


@pytest.mark.parametrize("kind", ["WordTfidfFeaturizer", "CharacterTfidfFeaturizer", "PinyinTfidfFeaturizer"])
def test_a_message_of_unknown_terms_has_features_of_the_same_shape(train: Train, kind: str) -> None:
    unknown, empty, known = features(train(kind), "ξψω", "", "where is my order")
    assert known.any()
    assert not unknown.any()
    assert not empty.any()


@pytest.mark.parametrize(
    ("text", "familiar"), [("where are they", True), ("boots", True), ("Berg", False), ("xyz", False), ("", False)]
)
def test_a_word_of_several_examples_is_familiar(train: Train, text: str, familiar: bool) -> None:
    from bot.nlu.attributes import FAMILIAR
    from tests.bot.components import message

    (asked,) = train("WordTfidfFeaturizer").process([message(text)])
    assert asked.get(FAMILIAR) is familiar


def test_values_are_replaced_by_their_type(train: Train) -> None:
    for kind in ("WordTfidfFeaturizer", "CharacterTfidfFeaturizer"):
        one, two = features(train(kind, name=kind), "where is AC-104233", "where is 999999")
        np.testing.assert_array_equal(one, two)
