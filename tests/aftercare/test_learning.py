from __future__ import annotations

from pathlib import Path
from types import ModuleType

import pytest

from aftercare.errors import ConfigurationError
from aftercare.evaluation import Sample
from tests.bot.samples import LABELLED, PIPELINE, data_of


@pytest.fixture(scope="module")
def learning(rasa: None) -> ModuleType:
    """The module `aftercare.learning`."""
    from aftercare import learning

    return learning


def write(path: Path, content: str, encoding: str = "utf-8") -> Path:
    path.write_bytes(content.encode(encoding))
    return path


def test_the_line_of_headings_is_left_out(learning: ModuleType, tmp_path: Path) -> None:
    path = write(tmp_path / "data.csv", "text,label\nwhere is it,track\nhello,greet\n")
    assert learning.read_labelled(path) == [("where is it", "track"), ("hello", "greet")]


@pytest.mark.parametrize("content", ["", "text,label", "text,label\r\n"])
def test_a_file_may_be_empty(learning: ModuleType, tmp_path: Path, content: str) -> None:
    assert learning.read_labelled(write(tmp_path / "data.csv", content)) == []


def test_texts_are_read_as_spreadsheets_write_them(learning: ModuleType, tmp_path: Path) -> None:
    path = write(
        tmp_path / "data.csv",
        'sentence,label,split\r\n"no, ""never""\nagain",deny,train\r\n在吗,greet,train\r\n,greet,\r\n',
        encoding="utf-8-sig",
    )
    assert learning.read_labelled(path) == [('no, "never"\nagain', "deny"), ("在吗", "greet"), ("", "greet")]


@pytest.mark.parametrize(
    ("content", "line"),
    [
        ("text,label\nhello,greet\nhello\n", 3),
        ("text,label\n\nhello,greet\n", 2),
        ('text,label\n"on\ntwo lines",greet\nhello\n', 4),
    ],
)
def test_a_row_without_a_label_is_named_with_file_and_line(
    learning: ModuleType, tmp_path: Path, content: str, line: int
) -> None:
    path = write(tmp_path / "data.csv", content)
    with pytest.raises(ConfigurationError) as caught:
        learning.read_labelled(path)
    assert str(caught.value).startswith(f"{path}:{line}: ")


def test_a_file_that_cannot_be_read_is_named(learning: ModuleType, tmp_path: Path) -> None:
    latin = write(tmp_path / "latin.csv", "text,label\nschöne Größe,inform\n", encoding="latin-1")
    endless = write(tmp_path / "endless.csv", f"text,label\n{'x' * 200_000},inform\n")
    for path in (tmp_path / "missing.csv", tmp_path, latin, endless):
        with pytest.raises(ConfigurationError) as caught:
            learning.read_labelled(path)
        assert str(caught.value).startswith(f"{path}: ")


def test_messages_of_other_labels_are_left_out(learning: ModuleType) -> None:
    asked = [
        ("parcel not here", "track_order"),
        ("the invoice again", "request_invoice"),
        ("tell me a joke", "out_of_scope"),
        ("sing a song", "out_of_scope"),
    ]
    assert learning.accuracy_elsewhere("en", PIPELINE, [], LABELLED, asked) == (1.0, 2)


def test_a_wrong_guess_counts(learning: ModuleType) -> None:
    asked = [
        ("parcel not here", "track_order"),
        ("the invoice again", "track_order"),
        ("my parcel is late", "request_invoice"),
        ("an invoice please", "request_invoice"),
        ("what is the return policy", "ask_faq/return-policy"),
    ]
    assert learning.accuracy_elsewhere("en", PIPELINE, [], LABELLED, asked) == (pytest.approx(3 / 5), 5)


@pytest.mark.parametrize("learnt", [LABELLED, []])
def test_that_no_message_has_a_known_label_is_said(learning: ModuleType, learnt: list[tuple[str, str]]) -> None:
    with pytest.raises(ConfigurationError, match="label"):
        learning.accuracy_elsewhere("en", PIPELINE, [], learnt, [("sing a song", "out_of_scope")])


WORDS = {
    "track_order": ("parcel", "courier", "shipment", "tracking", "package", "doorstep", "transit", "postman"),
    "request_invoice": ("invoice", "receipt", "bill", "taxes", "accounting", "vat", "bookkeeper", "statement"),
    "return_item": ("return", "unwanted", "back", "regret", "misfit", "unsuitable", "reject", "unworn"),
    "greet": ("hello", "hi", "hey", "howdy", "morning", "evening", "greetings", "welcome"),
}
"""Of each intent the words by which it is known, each of which must be learnt by itself."""


def test_the_more_is_learnt_the_more_is_recognised(learning: ModuleType) -> None:
    learnt = [
        (f"{before} {word}", intent) for before in "abc" for intent, words in WORDS.items() for word in words
    ]  # the words before say nothing
    asked = [Sample(word, "en", intent, frozenset()) for intent, words in WORDS.items() for word in words]
    curve = learning.learning_curve("en", PIPELINE, data_of(learnt), asked)
    assert list(curve) == sorted(curve)
    assert list(curve)[-1] == len(learnt)
    assert len(curve) == len(learning.SHARES)
    accuracies = list(curve.values())
    assert accuracies == sorted(accuracies)
    assert accuracies[0] < 0.7
    assert accuracies[-1] == 1.0


def test_an_article_counts_as_the_intent_of_its_question(learning: ModuleType) -> None:
    asked = [Sample("what is the return policy", "en", "ask_faq", frozenset(), "return-policy")]
    assert learning.learning_curve("en", PIPELINE, data_of(LABELLED), asked)[len(LABELLED)] == 1.0
