"""Where an order is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from bot.actions import cards
from bot.actions.case import Case
from bot.actions.flow import Flow
from bot.actions.identity import (
    ORDER_SLOT,
    UNKNOWN_NUMBER,
    AnyOrderNumber,
    Email,
    identify,
    own_order,
    verified,
)
from bot.actions.whereabouts import describe, find_whereabouts, matter, offers
from bot.identity import CheckOutcome
from bot.turn import once_a_turn
from bot.values import sentence
from shop import Customer, Order, email_key

GUESSES_SLOT = "guesses"

MAX_GUESSES = 3
"""After so many wrong pairs of order number and address in a conversation, it takes a code."""

OTHERS_OFFERED = 3
"""How many other open orders are offered after the answer."""


@dataclass(frozen=True)
class Tracked:
    """The order that is asked about; `customer` is None where number and address alone tell that it may be."""

    order: Order
    customer: Customer | None


class TrackOrder(Flow[Tracked]):
    """Says where an order is, to whoever knows its number and its e-mail address."""

    intent = "track_order"
    kept = ("order_number", "email")
    slots = ("code",)

    async def collect(self, case: Case) -> Tracked:
        customer = await verified(case)
        if customer is None:
            number = await case.ask(AnyOrderNumber())
            if number != UNKNOWN_NUMBER and not _guessed_often(case):
                order = await _matching_order(case, number, await case.ask(Email()))
                if order:
                    return Tracked(order, None)
            customer = await identify(case)
            case.set(GUESSES_SLOT, None)
            if number == UNKNOWN_NUMBER:
                case.set(ORDER_SLOT, None)
        return Tracked(await own_order(case, customer, "utter_question_order", lambda o: o.status.open), customer)

    async def settle(self, case: Case, details: Tracked) -> None:
        services, order = case.services, details.order
        personal = details.customer is not None
        found = await find_whereabouts(order, services.shop, services.policies, services.now(), personal)
        others = await _other_orders(case, details)
        card = cards.tracking(found, services)
        case.say("utter_order_status", details=describe(found), choices=[*offers(found), *others], card=card)


def _guessed_often(case: Case) -> bool:
    return int(case.known(GUESSES_SLOT) or 0) >= MAX_GUESSES


async def _matching_order(case: Case, number: str, email: str) -> Order | None:
    """The order with this number, if it is this address's; None where it takes a code to say so.

    The answer does not tell which of the two is wrong.
    """
    order = await case.order(number)
    right = order is not None and email_key(order.customer.email) == email_key(email)
    outcome = await once_a_turn(("guess", number, email), lambda: case.services.guesses.check(number, email, right))
    if outcome is CheckOutcome.RIGHT:
        return order
    guesses = int(case.known(GUESSES_SLOT) or 0) + 1
    if outcome is CheckOutcome.WRONG and guesses < MAX_GUESSES:
        case.set(GUESSES_SLOT, guesses)
        case.set(ORDER_SLOT, None)
        case.set(Email.slot, None)
        case.end("utter_identity_unknown")
    case.set(GUESSES_SLOT, MAX_GUESSES)
    case.say("utter_identity_by_code")
    return None


async def _other_orders(case: Case, tracked: Tracked) -> list[dict[str, Any]]:
    """Buttons for a customer's other orders that are under way."""
    if tracked.customer is None:
        return []
    orders = await case.services.shop.orders_of(tracked.customer.email)
    others = [order for order in orders if order.status.open and order.number != tracked.order.number]
    return [
        matter("track_order", sentence("utter_track_choice", order_number=order.number), order.number)
        for order in others[:OTHERS_OFFERED]
    ]
