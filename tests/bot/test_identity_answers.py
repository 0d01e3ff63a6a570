"""What people answer who have neither a code nor the number of their order, in their own words."""

from types import SimpleNamespace
from typing import Any, cast

import pytest
from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher

from bot.actions.case import Case
from bot.actions.identity import UNKNOWN_NUMBER, AnyOrderNumber, Code
from bot.actions.services import Services
from bot.choices import ChoiceReader, Option

EMAIL = "ana@example.com"


def case(text: str, language: str = "en", **entities: str) -> Case:
    """A case in which this was said last."""
    found = [{"entity": entity, "value": value} for entity, value in entities.items()]
    message = {"text": text, "intent": {"name": "inform"}, "entities": found}
    slots: dict[str, Any] = {"language": language}
    tracker = Tracker("someone", slots, message, [], False, None, {}, "action_listen")
    services = SimpleNamespace(choices=ChoiceReader(), default_language="en")
    return Case(cast(Services, services), CollectingDispatcher(), tracker)


@pytest.mark.parametrize(
    ("text", "language", "answer"),
    [
        ("your mail never turned up here", "en", "again"),
        ("oh I typed that wrong", "en", "other"),
        ("da kam keine Mail an", "de", "again"),
        ("hab die falsche Mailadresse genommen", "de", "other"),
        ("no llega nada a mi buzón", "es", "again"),
        ("me equivoqué con el gmail", "es", "other"),
        ("rien dans ma boîte mail", "fr", "again"),
        ("je me suis gouré d'adresse", "fr", "other"),
        ("验证码还没来呢", "zh", "again"),
        ("邮箱拼错了", "zh", "other"),
        ("123 456", "en", "123456"),
        ("one moment", "en", None),
        ("what is this code for?", "en", None),
    ],
)
def test_a_code_is_asked_for_again_or_elsewhere_in_words(text: str, language: str, answer: str | None) -> None:
    assert Code(EMAIL).read(case(text, language)) == answer


def test_another_address_is_a_correction_and_the_same_one_is_none() -> None:
    said = "I didn't get anything at {}"
    assert Code(EMAIL).read(case(said.format("ana@example.org"))) is None
    assert Code(EMAIL).read(case(said.format(EMAIL.title()))) == "again"


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("wife ordered, no clue", "en"),
        ("die Nummer hab ich nirgends", "de"),
        ("ni idea, borré el mensaje", "es"),
        ("je retrouve pas le mail", "fr"),
        ("手头没有单号", "zh"),
    ],
)
def test_a_number_that_is_not_known_is_an_answer_only_to_the_question_for_it(text: str, language: str) -> None:
    question = AnyOrderNumber()
    assert question.read(case(text, language)) == UNKNOWN_NUMBER
    assert question.volunteered(case(text, language)) is None


def test_a_number_goes_before_what_is_said_about_it() -> None:
    assert AnyOrderNumber().read(case("no idea, maybe 104233", order_number="104233")) == "104233"


def test_orders_are_chosen_by_what_is_in_them() -> None:
    options = [Option("AC-104233", ("AC-104233", "Rain jacket")), Option("AC-104988", ("AC-104988", "Desk lamp"))]
    assert ChoiceReader().one("the one with the lamp", "en", "order_number", options) == "AC-104988"
    assert ChoiceReader().one("I lost it", "en", "order_number", options) is None
