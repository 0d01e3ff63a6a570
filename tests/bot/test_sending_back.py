"""What of an order can be chosen to go back, and what is said of the rest."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml
from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher

from bot.actions.case import Case
from bot.actions.sending_back import Items, OrderFile, obstacle_line
from bot.choices import ChoiceReader
from shop import Order, Policies
from shop.eligibility import Obstacle, Returnable
from shop.policies import BUNDLED
from tests.shop.making import DELIVERED, line, order

DOMAIN = Path(__file__).parents[2] / "bot" / "domain.yml"
POLICIES = Policies.load(BUNDLED).for_country("GB")
SHIRT, CARD, SOCKS = "TOP-1-S", "GIFT-1-50", "SOCKS-1-M"


def bought() -> Order:
    """A shirt, a gift card, and two pairs of socks."""
    shirt = replace(line(SHIRT, "30.00", "GBP"), names={"en": "Linen shirt"})
    card = replace(line(CARD, "50.00", "GBP", category="gift_cards"), names={"en": "Gift card"})
    socks = replace(line(SOCKS, "5.00", "GBP", 2), names={"en": "Wool socks"})
    return order(shirt, card, socks)


def file_of(of: Order, days: int = 5) -> OrderFile:
    return OrderFile(of, (), (), POLICIES, DELIVERED + timedelta(days=days))


def case_of(text: str, **slots: Any) -> Case:
    message = {"text": text, "intent": {"name": "inform"}, "entities": []}
    tracker = Tracker("sender", {"language": "en", **slots}, message, [], False, None, {}, "action_listen")
    return Case(SimpleNamespace(choices=ChoiceReader()), CollectingDispatcher(), tracker)  # type: ignore[arg-type]


def items_of(file: OrderFile) -> Items:
    return Items("utter_question_items_return", file.returnable(exchange=False), file, "en")


def said(case: Case) -> list[str]:
    """The reasons that were said, as the names of their sentences."""
    return [part["response"] for answer in case.dispatcher.messages for part in answer["details"]["parts"]]


def test_what_is_excluded_is_not_offered() -> None:
    buttons = items_of(file_of(bought())).buttons(case_of(""))
    assert [SHIRT in b["payload"] or SOCKS in b["payload"] or '"*"' in b["payload"] for b in buttons] == [True] * 3


async def test_what_is_excluded_is_refused_with_its_reason_and_the_rest_goes_on() -> None:
    items, case = items_of(file_of(bought())), case_of("the shirt and the gift card")
    value = items.read(case)
    assert value is not None and set(value) == {SHIRT, CARD}
    case.set(items.slot, value)
    chosen: Any = await items.accept(value, case)
    assert [(each.line.sku, quantity) for each, quantity in chosen] == [(SHIRT, None)]
    assert said(case) == ["utter_obstacle_not_returnable"]
    assert case.known(items.slot) == {SHIRT: None}


async def test_where_nothing_is_left_it_is_asked_again() -> None:
    items, case = items_of(file_of(bought())), case_of("the gift card")
    value = items.read(case)
    assert value == {CARD: None}
    case.set(items.slot, value)
    assert await items.accept(value, case) is None
    assert said(case) == []


def test_everything_is_all_pieces_of_what_can_go_back() -> None:
    items = items_of(file_of(bought()))
    pressed = '/inform{"question": "items", "choice": "*"}'
    button = case_of(pressed)
    button.said = type(button.said)(
        {
            "text": pressed,
            "entities": [{"entity": "question", "value": "items"}, {"entity": "choice", "value": "*"}],
        }
    )
    for case in (button, case_of("all of it"), case_of("everything")):
        assert items.read(case) == {SHIRT: 1, SOCKS: 2}


def test_the_only_thing_that_can_go_back_needs_no_question() -> None:
    items = items_of(file_of(order(line(SHIRT, "30.00", "GBP"))))
    assert items.volunteered(case_of("I want to return something")) == {SHIRT: None}
    # But an answer that is known is no matter of guessing.
    assert items.volunteered(case_of("I want to return something", items={SHIRT: 1})) is None


@pytest.mark.parametrize("obstacle", Obstacle)
def test_every_obstacle_has_a_sentence(obstacle: Obstacle) -> None:
    responses = yaml.safe_load(DOMAIN.read_text(encoding="utf-8"))["responses"]
    file = file_of(bought())
    told = obstacle_line(Returnable(file.order.lines[0], 0, obstacle, DELIVERED.date()), file)
    (variation,) = responses[told["response"]]
    assert variation["text"].format(**told["values"])
