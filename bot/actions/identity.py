"""Who is asking: an e-mail address, proved by a one-time code or vouched for by the channel; and which order.

Whoever guesses learns nothing: an address or an order that does not exist is answered like one that does.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from bot.actions.asking import Choice, Option, Question, button
from bot.actions.cards import look_of_order
from bot.actions.case import Case
from bot.choices import Option as Named
from bot.identity import VERIFIED_SLOT, CheckOutcome, SendOutcome
from bot.nlu.attributes import IDENTITY
from bot.values import day, lines, listing, names, sentence
from shop import Customer, Order, email_key, order_digits

VERIFIED_FOR = timedelta(minutes=30)

MAX_OFFERED = 5
"""How many orders are offered as choices."""

ORDER_SLOT = "order_number"

UNKNOWN_NUMBER = "unknown"

_EMAIL = re.compile(r"[^\s@<>,;:\"'()]+@[^\s@<>,;:\"'()]+\.[^\s@<>,;:\"'().]{2,}")


class Email(Question[str]):
    """The address that the customer ordered with."""

    slot = "email"

    async def put(self, case: Case) -> None:
        case.say("utter_question_email")

    def read(self, case: Case) -> str | None:
        found = case.said.values("email") or _EMAIL.findall(case.said.text)
        return found[-1] if found and email_key(found[-1]) else None

    def volunteered(self, case: Case) -> str | None:
        return self.read(case)

    async def accept(self, value: Any, case: Case) -> str | None:
        return str(value)


class Code(Question[Customer]):
    """The one-time code that was sent to an address."""

    slot = "code"
    # Its digits would pass for an order number.
    alone = True

    def __init__(self, email: str) -> None:
        self._email = email

    async def put(self, case: Case) -> None:
        choices = [
            button(case, self.slot, "again", sentence("utter_code_again")),
            button(case, self.slot, "other", sentence("utter_code_other_address")),
        ]
        response = "utter_question_code_again" if _awaited(case) else "utter_question_code"
        case.say(response, email=self._email, minutes=_minutes(case), choices=choices)

    def read(self, case: Case) -> str | None:
        if case.said.pressed:
            return case.said.choice(self.slot)
        digits = order_digits(case.said.text)
        if len(digits) == 6 and "@" not in case.said.text:
            return digits
        address = Email().read(case)
        if address and email_key(address) != email_key(self._email):
            # It corrects the first one.
            return None
        return case.services.choices.one(case.said.text, case.language, self.slot, [Named("again"), Named("other")])

    def volunteered(self, case: Case) -> None:
        return None

    async def accept(self, value: Any, case: Case) -> Customer | None:
        case.set(self.slot, None)
        if value == "other":
            case.set(Email.slot, None)
            case.restart()
        if value == "again":
            await _send_code(case, self._email, again=True)
            return None
        checked = await case.services.codes.check(case.tracker.sender_id, self._email, str(value))
        customer = await case.customer(self._email)
        if checked.outcome is CheckOutcome.RIGHT and customer:
            _verify(case, customer)
            case.say("utter_code_right", name=customer.name)
            return customer
        if checked.outcome is CheckOutcome.PAUSED:
            case.end("utter_code_paused", count=_minutes_until(case, checked.until))
        case.say("utter_code_expired" if checked.outcome is CheckOutcome.EXPIRED else "utter_code_wrong")
        if checked.outcome is CheckOutcome.EXPIRED:
            await _send_code(case, self._email)
        return None


class AnyOrderNumber(Question[str]):
    """An order number, of whomever; `UNKNOWN_NUMBER` where the customer does not have it at hand."""

    slot = ORDER_SLOT

    async def put(self, case: Case) -> None:
        case.say(
            "utter_question_order_number",
            choices=[button(case, self.slot, UNKNOWN_NUMBER, sentence("utter_order_number_unknown"), means="deny")],
        )

    def read(self, case: Case) -> str | None:
        volunteered = self.volunteered(case)
        if volunteered or case.said.pressed:
            return volunteered
        return case.services.choices.one(case.said.text, case.language, self.slot, [Named(UNKNOWN_NUMBER)])

    def volunteered(self, case: Case) -> str | None:
        return case.said.choice(self.slot) or number_said(case)

    async def accept(self, value: Any, case: Case) -> str | None:
        return str(value)


class OwnOrder(Choice[Order]):
    """One of a customer's orders.

    Args:
        response: asks for it; its `{orders}` are those that are offered, with what is in them.
        orders: all orders of the customer.
        offered: those among them that it may be; they become choices.
    """

    def __init__(self, response: str, orders: Sequence[Order], offered: Sequence[Order], language: str) -> None:
        self._orders = list(orders)
        options = [
            Option(
                order.number,
                order_title(order),
                order,
                names=_order_names(order, language),
                look=look_of_order(order, order_title(order)),
            )
            for order in offered[:MAX_OFFERED]
        ]
        contents = lines(*(order_contents(order) for order in offered[:MAX_OFFERED]))
        # The card shows itself what is in the orders.
        lead = sentence(response, orders="")
        super().__init__(ORDER_SLOT, response, options, eager=True, lead=lead, orders=contents)

    def read(self, case: Case) -> str | None:
        return self._said(case) or super().read(case)

    def volunteered(self, case: Case) -> str | None:
        return self._said(case) or super().volunteered(case)

    async def accept(self, value: Any, case: Case) -> Order | None:
        digits = order_digits(str(value))
        own = next((order for order in self._orders if order_digits(order.number) == digits), None)
        if own is None and case.fresh(self.slot):
            case.say("utter_order_not_yours", order_number=value)
        return own

    def _said(self, case: Case) -> str | None:
        """The number of an order, or of the order whose parcel has the tracking number that was said."""
        parcels = {_parcel_key(p.tracking_number): order.number for order in self._orders for p in order.shipments}
        tracked = (parcels.get(_parcel_key(number)) for number in case.said.values("tracking_number"))
        return number_said(case) or next(filter(None, tracked), None)


def number_said(case: Case) -> str | None:
    """The order number in what the customer has just said."""
    return next(reversed(case.said.values("order_number")), None)


async def verified(case: Case, within: timedelta = VERIFIED_FOR) -> Customer | None:
    """The customer, if it is proved who it is, by a proof that is not older than `within`."""
    vouched = (case.tracker.latest_message.get("metadata") or {}).get(IDENTITY) or {}
    if vouched.get("email"):
        customer = await case.customer(vouched["email"])
    elif vouched.get("phone"):
        customer = await case.services.shop.customer_by_phone(vouched["phone"])
    else:
        customer = None
    if customer is None:
        return await _remembered(case, within)
    _verify(case, customer)
    return customer


async def identify(case: Case, within: timedelta = VERIFIED_FOR) -> Customer:
    """The customer, who proves it unless that was done already, not longer ago than `within`. Raises `Asking`."""
    customer = await verified(case, within)
    if customer:
        return customer
    email = await case.ask(Email())
    if not _awaited(case):
        await _send_code(case, email)
    return await case.ask(Code(email))


async def own_order(
    case: Case,
    customer: Customer,
    response: str,
    suitable: Callable[[Order], bool] = lambda order: True,
) -> Order:
    """The order that the matter is about, of a verified customer. Raises `Asking`.

    Suitable ones are offered; a single one needs no question. Another order may be named all the same: what
    can be done about it is for the flow to say.
    """
    orders = await case.services.shop.orders_of(customer.email)
    if not orders:
        case.end("utter_no_orders")
    offered = [order for order in orders if suitable(order)]
    if len(offered) == 1 and case.known(ORDER_SLOT) is None:
        if case.came_up(ORDER_SLOT):
            # It is to be another one than the only one that suits.
            offered = orders
        elif not _is_named(case):
            case.set(ORDER_SLOT, offered[0].number)
    return await case.ask(OwnOrder(response, orders, offered or orders, case.language))


def _is_named(case: Case) -> bool:
    """Whether the customer says which order it is: now, or in the words with which the case began."""
    if case.asked(ORDER_SLOT):
        return True
    entities = ("order_number", "tracking_number")
    return any(case.opening.values(entity) for entity in entities)


def order_title(order: Order) -> Any:
    """An order on a button."""
    return sentence("utter_order_choice", order_number=order.number, date=day(order.placed_at.date()))


def order_contents(order: Order) -> Any:
    """An order with what is in it, on a line."""
    items = listing([names(line.names) for line in order.lines])
    date = day(order.placed_at.date())
    return sentence("utter_order_contents", order_number=order.number, date=date, items=items)


def order_items(order: Order) -> Any:
    """What an order consists of, a line each."""
    return lines(*(names(line.names) for line in order.lines))


async def _remembered(case: Case, within: timedelta) -> Customer | None:
    remembered = case.known(VERIFIED_SLOT)
    if not remembered:
        return None
    left = datetime.fromisoformat(remembered["until"]) - case.services.now()
    if left <= timedelta():
        case.set(VERIFIED_SLOT, None)
        return None
    if left <= VERIFIED_FOR - within:
        return None
    return await case.customer(remembered["email"])


def _awaited(case: Case) -> bool:
    """Whether a code has been asked for: it was sent then, and the one that comes must not be replaced before."""
    return case.asked(Code.slot) and not case.fresh(Email.slot)


def _verify(case: Case, customer: Customer) -> None:
    until = case.services.now() + VERIFIED_FOR
    case.set(VERIFIED_SLOT, {"id": customer.id, "email": customer.email, "until": until.isoformat()})
    case.set("country", customer.country)


async def _send_code(case: Case, email: str, again: bool = False) -> None:
    """Have a code sent, unless one is on its way; the answer is the same whether anybody is known there."""
    customer = await case.customer(email)
    sent = await case.services.codes.begin(
        case.tracker.sender_id,
        email,
        customer,
        case.language,
        _minutes(case),
        again=again,
    )
    if sent.outcome is SendOutcome.PAUSED:
        case.set(Email.slot, None)
        case.end("utter_code_paused", count=_minutes_until(case, sent.until))
    if again:
        case.say("utter_code_sent_again" if sent.outcome is SendOutcome.SENT else "utter_code_too_soon")
    elif sent.outcome is SendOutcome.SENT and case.known(VERIFIED_SLOT):
        case.say("utter_code_afresh")


def _minutes(case: Case) -> int:
    return int(case.services.policies.for_country(None).account.code_minutes)


def _minutes_until(case: Case, until: datetime | None) -> int:
    left = (until - case.services.now()).total_seconds() if until else 60
    return max(1, round(left / 60))


def _parcel_key(tracking_number: str) -> str:
    """A tracking number as it is compared."""
    return "".join(filter(str.isalnum, tracking_number)).casefold()


def _order_names(order: Order, language: str) -> tuple[str, ...]:
    return (order.number, *(line.name(language) for line in order.lines))
