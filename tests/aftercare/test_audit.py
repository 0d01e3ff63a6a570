from __future__ import annotations

from types import ModuleType
from typing import TYPE_CHECKING

import pytest

from tests.bot.samples import INVOICE, LABELLED, PIPELINE, data_of

if TYPE_CHECKING:
    from rasa.shared.nlu.training_data.message import Message

    from bot.nlu.trial import Guess


@pytest.fixture(scope="module")
def audit(rasa: None) -> ModuleType:
    """The module `aftercare.audit`."""
    from aftercare import audit

    return audit


def examples(*labelled: tuple[str, str]) -> list[Message]:
    from rasa.shared.nlu.training_data.message import Message

    return [Message.build(text, label) for text, label in labelled]


def guess(label: str, confidence: float) -> Guess:
    from bot.nlu.trial import Guess

    return Guess(label, confidence)


def pairs(audit: ModuleType, *labelled: tuple[str, str]) -> list[tuple[str, str]]:
    return [(pair.first, pair.second) for pair in audit.near_duplicates(examples(*labelled))]


def test_an_example_under_the_wrong_label_is_found(audit: ModuleType) -> None:
    wrong = ("the invoice is missing, send me an invoice", "track_order")
    found = audit.audit("en", PIPELINE, data_of([*LABELLED, wrong]))
    assert found.examples == 31
    [doubt] = [doubt for doubt in found.doubts if doubt.text == wrong[0]]
    assert (doubt.label, doubt.guess.label) == ("track_order", "request_invoice")
    assert doubt.guess.confidence >= audit.SURE
    assert all(doubt.label != doubt.guess.label for doubt in found.doubts)


def test_good_examples_raise_no_doubts(audit: ModuleType) -> None:
    assert audit.audit("en", PIPELINE, data_of(LABELLED)).doubts == []


def test_only_a_sure_guess_is_a_doubt_and_the_surest_is_first(audit: ModuleType) -> None:
    found = audit.doubts(
        examples(("a", "greet"), ("b", "greet"), ("c", "greet"), ("d", "greet")),
        [
            guess("stop", 0.85),
            guess("stop", audit.SURE - 0.01),
            guess("stop", audit.SURE),
            guess("deny", 0.99),
        ],
    )
    assert [(doubt.text, doubt.guess.label) for doubt in found] == [("d", "deny"), ("a", "stop"), ("c", "stop")]


def test_a_right_guess_is_no_doubt(audit: ModuleType) -> None:
    assert audit.doubts(examples(("a", "greet")), [guess("greet", 1.0)]) == []


def test_articles_are_not_held_against_each_other_but_against_intents(audit: ModuleType) -> None:
    article = "ask_faq/return-policy"
    found = audit.doubts(
        examples(("a", article), ("b", article), ("c", "return_item"), ("d", article)),
        [
            guess("ask_faq/return-shipping", 1.0),
            guess("return_item", 0.95),
            guess(article, 0.9),
            guess(article, 1.0),
        ],
    )
    assert [(doubt.label, doubt.guess.label) for doubt in found] == [(article, "return_item"), ("return_item", article)]


FILLER = [(f"{text} {word}", "request_invoice") for text in INVOICE for word in ("now", "today", "again", "soon", "ok")]


def test_the_same_text_under_two_labels_is_found(audit: ModuleType) -> None:
    found = audit.near_duplicates(
        examples(("has it been posted yet", "track_order"), *FILLER, ("Has it been posted yet", "list_orders"))
    )
    [pair] = [pair for pair in found if pair.first_label != pair.second_label]
    assert (pair.first, pair.first_label) == ("has it been posted yet", "track_order")
    assert (pair.second, pair.second_label) == ("Has it been posted yet", "list_orders")
    assert pair.likeness == pytest.approx(1)


def test_nearly_the_same_text_under_two_labels_is_found(audit: ModuleType) -> None:
    one, other = "has the parcel with the curtains been posted yet", "has the parcel with the curtains been posted"
    assert pairs(audit, (one, "track_order"), *FILLER, (other, "list_orders")) == [(one, other)]


def test_nearly_the_same_text_under_one_label_is_variety(audit: ModuleType) -> None:
    one, other = "has the parcel with the curtains been posted yet", "has the parcel with the curtains been posted"
    assert pairs(audit, (one, "track_order"), *FILLER, (other, "track_order")) == []


@pytest.mark.parametrize("again", ["has it been posted yet", "Has it been POSTED yet", "ｈａｓ it been posted yet"])
def test_the_same_text_twice_under_one_label_is_found(audit: ModuleType, again: str) -> None:
    first = "has it been posted yet"
    assert pairs(audit, (first, "track_order"), *FILLER, (again, "track_order")) == [(first, again)]


def test_another_order_number_makes_another_example_of_one_label_but_not_of_two(audit: ModuleType) -> None:
    one, other = "has AC-104233 been posted", "has AC-105871 been posted"
    assert pairs(audit, (one, "track_order"), *FILLER, (other, "track_order")) == []
    assert pairs(audit, (one, "track_order"), *FILLER, (other, "list_orders")) == [(one, other)]


def test_articles_with_the_same_question_are_found(audit: ModuleType) -> None:
    one, other = ("may i send it back", "ask_faq/return-policy"), ("may i send it back", "ask_faq/return-shipping")
    assert pairs(audit, one, *FILLER, other) == [(one[0], other[0])]


def test_different_texts_are_no_duplicates(audit: ModuleType) -> None:
    assert pairs(audit, ("where is my parcel", "track_order"), *FILLER, ("hello there", "greet")) == []


def test_the_most_alike_come_first_and_each_pair_once(audit: ModuleType) -> None:
    found = audit.near_duplicates(
        examples(
            ("has the parcel with the curtains been posted yet", "track_order"),
            ("has the parcel with the curtains been posted", "list_orders"),
            ("please forward my complaint to the manager", "complain"),
            ("please forward my complaint to the manager", "human_handoff"),
            *FILLER,
        )
    )
    assert [pair.first_label for pair in found] == ["complain", "track_order"]
    assert found[0].likeness > found[1].likeness >= audit.ALIKE


def test_a_language_may_have_few_examples(audit: ModuleType) -> None:
    assert pairs(audit, ("hello", "greet"), ("hello", "goodbye"), ("my invoice", "request_invoice")) == [
        ("hello", "hello")
    ]


def test_duplicates_far_from_each_other_are_found(audit: ModuleType) -> None:
    """They are compared a thousand at a time."""
    words = [f"{a}{b}" for a in ("bla", "gro", "kni", "sta", "tru", "wu") for b in "bcdfghjklmnpqrstvwxz"]
    many = [(f"{one} {other}", "out_of_scope") for one in words for other in words[:10] if one != other]
    assert len(many) > 1000
    first, last = ("hello dear people", "greet"), ("hello dear people", "thank")
    found = audit.near_duplicates(examples(first, *many, last))
    assert [(pair.first_label, pair.second_label) for pair in found if pair.first_label != pair.second_label] == [
        ("greet", "thank")
    ]


def test_what_twice_the_examples_teach_more_is_rising(audit: ModuleType) -> None:
    right, wrong = [True], [False]
    full = {"a": 9 * right + wrong, "b": 10 * right, "c": 8 * right + 2 * wrong, "d": 10 * right}
    half = {"a": 3 * right + 2 * wrong, "b": 5 * right, "c": 4 * right + wrong}
    found = audit.rising(full, half)
    # "d" stands in no half: nothing is known of it there.
    assert [(curve.label, curve.examples, curve.half, curve.all) for curve in found] == [
        ("d", 10, 0.0, 1.0),
        ("a", 10, pytest.approx(0.6), pytest.approx(0.9)),
    ]


def test_what_more_examples_do_not_help_is_not(audit: ModuleType) -> None:
    full, half = {"a": [True] * 98 + [False] * 2}, {"a": [True] * 47 + [False] * 3}
    assert audit.rising(full, half) == []
    assert audit.rising({"a": [False, True]}, {"a": [True, True]}) == []
