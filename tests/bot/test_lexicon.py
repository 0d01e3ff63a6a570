from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from rasa.shared.nlu.training_data.training_data import TrainingData

    from bot.nlu.lexicon import LexiconMatcher

TABLES: dict[str, list[tuple[str, list[str]]]] = {
    "en": [
        ("product", ["jeans", "skinny jeans", "shelf", "yoga mat", "yoga mat bag", "rain jacket", "T-shirt"]),
        ("carrier", ["DHL", "Royal Mail", "post"]),
    ],
    "de": [("product", ["Bettwäsche", "Hose", "Gehäuse"]), ("carrier", ["Deutsche Post"])],
    "zh": [("product", ["衬衫", "格子衬衫", "电饭煲"]), ("carrier", ["顺丰"])],
}


def training_data() -> TrainingData:
    """The tables of all languages, as the importer tags them, and an example of each."""
    from rasa.shared.nlu.training_data.training_data import TrainingData

    from tests.bot.components import message

    texts = {"en": "where are my skinny jeans", "de": "wo ist die Hose", "zh": "我的衬衫呢"}
    examples = [message(text, language, intent="track_order") for language, text in texts.items()]
    for example, language in zip(examples, texts, strict=True):
        example.set("language", language)
    lookups = [
        {"name": name, "elements": elements, "language": language}
        for language, tables in TABLES.items()
        for name, elements in tables
    ]
    return TrainingData(examples, lookup_tables=lookups)


@pytest.fixture
def trained(rasa: None, tmp_path: Path) -> Callable[[str], LexiconMatcher]:
    """A matcher with the tables of a language."""

    def trained(language: str) -> LexiconMatcher:
        from bot.nlu.lexicon import LexiconMatcher
        from bot.nlu.pipelines import of_language
        from tests.bot.components import untrained

        matcher = untrained(LexiconMatcher, tmp_path, language)
        matcher.train(of_language(training_data(), language))
        return matcher

    return trained


def marked(matcher: LexiconMatcher, text: str, language: str = "en") -> list[tuple[str, str]]:
    """The words of a message that have a mark, with it."""
    from bot.nlu.lexicon import MARK
    from tests.bot.components import message, tokens

    (result,) = matcher.process([message(text, language)])
    return [(token.text, token.data[MARK]) for token in tokens(result) if token.data[MARK]]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("the jeans", [("jeans", "B-product")]),
        ("JEANS!", [("JEANS", "B-product")]),
        ("my skinny jeans came", [("skinny", "B-product"), ("jeans", "I-product")]),
        ("Skinny", []),
        ("skinny blue jeans", [("jeans", "B-product")]),
        ("skinny skinny jeans", [("skinny", "B-product"), ("jeans", "I-product")]),
        ("jeans jeans", [("jeans", "B-product"), ("jeans", "B-product")]),
        ("a shelf by royal mail", [("shelf", "B-product"), ("royal", "B-carrier"), ("mail", "I-carrier")]),
        ("the royal male", []),
        ("where is my parcel", []),
        ("", []),
    ],
)
def test_the_words_of_an_entry_are_marked(
    trained: Callable[[str], LexiconMatcher], text: str, expected: list[tuple[str, str]]
) -> None:
    assert marked(trained("en"), text) == expected


def test_the_longest_entry_is_taken(trained: Callable[[str], LexiconMatcher]) -> None:
    matcher = trained("en")
    whole = ["B-product", "I-product", "I-product"]
    assert matcher.marks(["yoga", "mat", "bag"]) == whole
    assert matcher.marks(["yoga", "mat", "bags"]) == ["B-product", "I-product", ""]
    assert matcher.marks(["yoga", "mat", "yoga", "mat", "bag"]) == ["B-product", "I-product", *whole]


@pytest.mark.parametrize("words", [["yoga"], ["my", "yoga"], ["yoga", "mat"], ["royal"], ["a", "yoga", "mat", "yoga"]])
def test_nothing_is_looked_for_past_the_end_of_the_message(
    trained: Callable[[str], LexiconMatcher], words: list[str]
) -> None:
    marks = trained("en").marks(words)
    assert len(marks) == len(words)
    assert marks[-1] == ("I-product" if words[-1] == "mat" else "")


@pytest.mark.parametrize(
    ("word", "mark"),
    [
        ("Kinderbettwäsche", "~product"),
        ("KINDERBETTWÄSCHE", "~product"),
        ("Bettwäsche", "B-product"),
        ("Handygehäuse", "~product"),
        ("xGehäuse", ""),  # no word has one letter
        ("Jogginghose", ""),  # four letters end other words too
        ("Bettwäschekorb", ""),
        ("Bett", ""),
    ],
)
def test_a_compound_has_a_mark_of_its_own(trained: Callable[[str], LexiconMatcher], word: str, mark: str) -> None:
    assert marked(trained("de"), f"die {word} ist da", "de") == ([(word, mark)] if mark else [])


def test_a_compound_in_english(trained: Callable[[str], LexiconMatcher]) -> None:
    assert marked(trained("en"), "the bookshelf") == [("bookshelf", "~product")]


def test_the_corrected_word_is_looked_up(trained: Callable[[str], LexiconMatcher]) -> None:
    from bot.nlu.lexicon import MARK, SPELLED
    from tests.bot.components import message, tokens

    slip = message("skiny jeans")
    tokens(slip)[0].data[SPELLED] = "skinny"
    trained("en").process([slip])
    assert [token.data[MARK] for token in tokens(slip)] == ["B-product", "I-product"]


def test_other_languages_tables_are_ignored(trained: Callable[[str], LexiconMatcher]) -> None:
    assert marked(trained("en"), "die Hose, 衬衫, Deutsche Post") == [("Post", "B-carrier")]
    assert marked(trained("de"), "jeans von DHL", "de") == []
    assert marked(trained("zh"), "jeans shelf", "zh") == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("我的衬衫呢", [("衬衫", "B-product")]),
        ("我的格子衬衫呢", [("格子", "B-product"), ("衬衫", "I-product")]),
        ("电饭煲，顺丰", [("电饭煲", "B-product"), ("顺", "B-carrier"), ("丰", "I-carrier")]),
        ("格子", []),
        ("我的快递到哪了", []),
    ],
)
def test_chinese(trained: Callable[[str], LexiconMatcher], text: str, expected: list[tuple[str, str]]) -> None:
    assert marked(trained("zh"), text, "zh") == expected


def test_the_examples_are_marked(trained: Callable[[str], LexiconMatcher]) -> None:
    from bot.nlu.lexicon import MARK
    from bot.nlu.pipelines import of_language
    from tests.bot.components import tokens

    data = trained("en").process_training_data(of_language(training_data(), "en"))
    (example,) = data.intent_examples
    assert [token.data[MARK] for token in tokens(example)] == ["", "", "", "B-product", "I-product"]


def test_persisted_and_loaded_it_marks_the_same(trained: Callable[[str], LexiconMatcher]) -> None:
    from tests.bot.components import reloaded

    matcher = trained("en")
    for text in ("yoga mat bag, skinny jeans", "royal", "the bookshelf", "T-shirt"):
        assert marked(reloaded(matcher), text) == marked(matcher, text)
    assert marked(reloaded(matcher), "T-shirt")


def test_without_tables_nothing_is_marked(rasa: None, tmp_path: Path) -> None:
    from bot.nlu.lexicon import LexiconMatcher
    from tests.bot.components import reloaded, training, untrained

    matcher = untrained(LexiconMatcher, tmp_path)
    matcher.train(training(["my jeans"]))
    assert marked(reloaded(matcher), "my jeans") == []


def test_an_entry_without_words_is_none(rasa: None, tmp_path: Path) -> None:
    from bot.nlu.lexicon import LexiconMatcher
    from tests.bot.components import training, untrained

    data = training(["my jeans"])
    tables: list[dict[str, Any]] = [{"name": "product", "elements": [" ", "jeans"]}]
    data.lookup_tables = tables
    matcher = untrained(LexiconMatcher, tmp_path)
    matcher.train(data)
    assert matcher.marks(["my", "jeans"]) == ["", "B-product"]
