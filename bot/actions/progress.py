"""How far a return has got, and where a refund is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, NoReturn

from bot import directives
from bot.actions.asking import Choice, Option
from bot.actions.cards import Summary, of_order, piece
from bot.actions.case import CONFIRMED_SLOT, Case
from bot.actions.flow import Flow
from bot.actions.identity import ORDER_SLOT, identify, number_said
from bot.actions.items import counted, item_name
from bot.actions.sending_back import method_name, next_line, paper, paper_link
from bot.actions.whereabouts import matter, person
from bot.values import Value, day, lines, money, sentence
from shop import (
    STORE_CREDIT,
    Customer,
    Order,
    Refund,
    RefundStatus,
    Replacement,
    Resolution,
    Return,
    ReturnStatus,
    Section,
    order_digits,
)
from shop.eligibility import inspected_by, today

RETURN_SLOT = "return_number"

MAX_OFFERED = 5
"""How many returns are offered as choices."""

ASKED_ABOUT = timedelta(days=60)
"""For so long after its day a refund is what "my refund" may be about."""


@dataclass(frozen=True)
class ReturnState:
    """A return, and what it set going; `remarks` are to be said before it."""

    remarks: Sequence[Value]
    order: Order
    return_: Return
    refund: Refund | None
    replacement: Replacement | None
    policies: Section
    today: date


class WhichReturn(Choice[tuple[Order, Return]]):
    """Which of several returns."""

    def __init__(self, found: Sequence[tuple[Order, Return]], language: str) -> None:
        options = [
            Option(return_.number, _return_title(order, return_), (order, return_), names=(return_.number,))
            for order, return_ in found
        ]
        super().__init__(RETURN_SLOT, "utter_question_return_number", options, eager=True)

    def buttons(self, case: Case) -> list[dict[str, Any]]:
        return super().buttons(case)[:MAX_OFFERED]

    def read(self, case: Case) -> str | None:
        return self._said(case) or super().read(case)

    def volunteered(self, case: Case) -> str | None:
        return self._said(case) or super().volunteered(case)

    def _said(self, case: Case) -> str | None:
        text = case.said.text.casefold()
        return next((option.value for option in self.options if option.value.casefold() in text), None)


class ReturnProgress(Flow[ReturnState]):
    """Says how far a return has got."""

    intent = "return_status"
    kept = ("order_number", "email")
    slots = ("code", RETURN_SLOT)

    async def collect(self, case: Case) -> ReturnState:
        customer = await identify(case)
        shop = case.services.shop
        orders, remarks = await _orders(case, customer)
        found = [(order, return_) for order in orders for return_ in await shop.returns_of(order.number)]
        if not found:
            _end(case, "utter_no_returns", remarks)
        open_ = [(order, return_) for order, return_ in found if return_.open]
        if case.known(RETURN_SLOT) is None and (len(found) == 1 or len(open_) == 1):
            case.set(RETURN_SLOT, (open_ or found)[0][1].number)
        order, return_ = await case.ask(WhichReturn(found, case.language))
        refunds, replacements = await shop.refunds_of(order.number), await shop.replacements_of(order.number)
        return ReturnState(
            remarks,
            order,
            return_,
            next((refund for refund in refunds if refund.reference == return_.number), None),
            next((sent for sent in replacements if sent.reference == return_.number), None),
            case.services.policies.for_country(order.country),
            today(order, case.services.now()),
        )

    async def settle(self, case: Case, details: ReturnState) -> None:
        return_ = details.return_
        choices = []
        if return_.status is ReturnStatus.EXPIRED:
            choices.append(matter("return_item", sentence("utter_reading_return_item"), details.order.number))
        if return_.status is ReturnStatus.EXPIRED or _inspection_late(details):
            choices.append(person())

        def told(link: str | None) -> Value:
            return lines(*details.remarks, *_state_lines(details, link))

        link = paper_link(case, return_) if return_.status is ReturnStatus.ANNOUNCED else None
        card = paper(return_, link, lead=told(None)) if link else _shown(details).card(case.services)
        case.say("utter_details", details=told(link), choices=choices, card=card)


def _shown(state: ReturnState) -> Summary:
    """Where a return stands, on a card."""
    head, told = _state(state, None)
    pieces = [piece(line, quantity) for line, quantity in _lines_of(state)]
    return Summary("return", None, [of_order(state.order.number), *pieces, *told], lines(*state.remarks, head))


def _state_lines(state: ReturnState, link: str | None) -> list[Value]:
    """Where a return stands, and what is next; `link` leads to what has to be printed or shown."""
    head, told = _state(state, link)
    return [head, *(counted(item_name(line), quantity) for line, quantity in _lines_of(state)), *told]


def _state(state: ReturnState, link: str | None) -> tuple[Value, list[Value]]:
    """Where a return stands, and what is said of it below its items."""
    return_ = state.return_
    head: dict[str, Any] = {"return_number": return_.number}
    match return_.status:
        case ReturnStatus.ANNOUNCED:
            told = [next_line(return_, link), *_reserved(return_), *_then(state)]
        case ReturnStatus.IN_TRANSIT:
            head |= {"carrier": return_.carrier, "tracking_number": return_.tracking_number}
            told = _then(state)
        case ReturnStatus.RECEIVED:
            arrived = (return_.received_at or return_.created_at).date()
            head |= {"arrived": day(arrived), "until": day(inspected_by(arrived, state.policies))}
            late = [sentence("utter_return_check_late")] if _inspection_late(state) else []
            told = [*late, *_outcome(state)]
        case ReturnStatus.SETTLED:
            told = _outcome(state)
        case ReturnStatus.EXPIRED:
            head["until"] = day(return_.label_valid_until)
            told = [sentence("utter_return_expired_sent")]
    return sentence(f"utter_return_{return_.status}", **head), told


def _lines_of(state: ReturnState) -> list[tuple[Any, int]]:
    by_sku = {line.sku: line for line in state.order.lines}
    return [(by_sku[item.sku], item.quantity) for item in state.return_.items if item.sku in by_sku]


def _reserved(return_: Return) -> list[Value]:
    return [sentence("utter_return_reserved", until=day(return_.reserved_until))] if return_.reserved_until else []


def _then(state: ReturnState) -> list[Value]:
    """What follows when a return has arrived."""
    return_ = state.return_
    count: int = state.policies.refunds.inspection_workdays
    if return_.resolution is Resolution.EXCHANGE:
        return [sentence("utter_then_exchange", count=count)]
    method = STORE_CREDIT if return_.resolution is Resolution.STORE_CREDIT else state.order.payment_method
    return [sentence("utter_then_refund", count=count, amount=money(return_.amount), method=method_name(method))]


def _outcome(state: ReturnState) -> list[Value]:
    """What a return that has arrived brings."""
    parts = []
    if state.refund:
        parts.append(refund_line(state.order, state.refund, state.today))
    if state.replacement:
        parts.append(sentence("utter_replacement_under_way", until=day(state.replacement.promised_until)))
    return parts


def _inspection_late(state: ReturnState) -> bool:
    return_ = state.return_
    if return_.status is not ReturnStatus.RECEIVED or return_.received_at is None:
        return False
    return inspected_by(return_.received_at.date(), state.policies) < state.today


def _return_title(order: Order, return_: Return) -> Value:
    return sentence("utter_return_choice", return_number=return_.number, order_number=order.number)


@dataclass(frozen=True)
class RefundState:
    """What is to be told of refunds; `missing` is one that should have arrived, and has not."""

    details: Value
    missing: tuple[Order, Refund] | None = None
    arrived: bool = False


class RefundProgress(Flow[RefundState]):
    """Says where a refund is; one that should be there and is not goes to a person at once."""

    intent = "refund_status"
    kept = ("order_number", "email")
    slots = ("code",)

    async def collect(self, case: Case) -> RefundState:
        customer = await identify(case)
        orders, remarks = await _orders(case, customer)
        refunds, expected = await _refunds(case, orders), await _expected(case, orders)
        if not refunds and not expected:
            _end(case, "utter_no_refunds", remarks)
        now = case.services.now()
        told = [refund_line(order, refund, today(order, now)) for order, refund in refunds]
        details = lines(*remarks, *told, *(_expected_line(order, return_) for order, return_ in expected))
        late = next(((order, refund) for order, refund in refunds if refund.due_on < today(order, now)), None)
        if late is None:
            return RefundState(details)
        if late[1].status is not RefundStatus.SENT:
            return RefundState(details, missing=late)
        there = await case.ask(
            Choice(
                CONFIRMED_SLOT,
                "utter_question_refund_there",
                [
                    Option("yes", sentence("utter_refund_is_there"), "yes", means="affirm"),
                    Option("no", sentence("utter_refund_is_missing"), "no", means="deny"),
                ],
                details=details,
            )
        )
        return RefundState(details, arrived=True) if there == "yes" else RefundState(details, missing=late)

    async def settle(self, case: Case, details: RefundState) -> None:
        if details.missing:
            order, refund = details.missing
            if refund.status is not RefundStatus.SENT:
                case.say("utter_details", details=details.details)
            summary = {"flow": self.intent, "order_number": order.number, "refund_number": refund.number}
            passed_on = directives.handoff("claim", directives.HIGH, summary)
            case.say("utter_refund_passed_on", json_message=passed_on)
            case.passed_on = True
        elif details.arrived:
            case.say("utter_refund_arrived")
        else:
            case.say("utter_details", details=details.details)


async def _orders(case: Case, customer: Customer) -> tuple[list[Order], list[Value]]:
    """The orders that it may be about: the one that is named alone, where something goes back for it; and else all of
    them, with what is to be said of the one that is named.
    """
    shop = case.services.shop
    orders = await shop.orders_of(customer.email)
    named = number_said(case) or next(reversed(case.opening.values("order_number")), None)
    digits = order_digits(named or str(case.known(ORDER_SLOT) or ""))
    order = next((order for order in orders if order_digits(order.number) == digits), None)
    if order and (await shop.returns_of(order.number) or await shop.refunds_of(order.number)):
        return [order], []
    return orders, [sentence("utter_nothing_back_of_order", order_number=order.number)] if order and named else []


async def _refunds(case: Case, orders: Sequence[Order]) -> list[tuple[Order, Refund]]:
    """The refunds that may be asked about: those of late, or else the last one."""
    shop, now = case.services.shop, case.services.now()
    refunds = [(order, refund) for order in orders for refund in await shop.refunds_of(order.number)]
    of_late = [(order, refund) for order, refund in refunds if refund.due_on >= today(order, now) - ASKED_ABOUT]
    return of_late or refunds[:1]


async def _expected(case: Case, orders: Sequence[Order]) -> list[tuple[Order, Return]]:
    """The returns on their way that will bring money."""
    shop = case.services.shop
    returns = [(order, return_) for order in orders for return_ in await shop.returns_of(order.number)]
    under_way = (ReturnStatus.ANNOUNCED, ReturnStatus.IN_TRANSIT)
    return [(order, r) for order, r in returns if r.status in under_way and r.amount.amount]


def refund_line(order: Order, refund: Refund, today: date) -> Value:
    """Where a refund is."""
    values = {
        "order_number": order.number,
        "amount": money(refund.amount),
        "method": method_name(refund.method),
        "due": day(refund.due_on),
    }
    if refund.status is RefundStatus.SENT:
        values["sent"] = day((refund.sent_at or refund.created_at).date())
        if refund.method == STORE_CREDIT:
            return sentence("utter_refund_credited", **values)
        late = refund.due_on < today
        return sentence("utter_refund_should_be_there" if late else "utter_refund_on_its_way", **values)
    if refund.due_on < today:
        return sentence("utter_refund_late", **values)
    return sentence(f"utter_refund_{refund.status}", **values)


def _expected_line(order: Order, return_: Return) -> Value:
    method = STORE_CREDIT if return_.resolution is Resolution.STORE_CREDIT else order.payment_method
    return sentence(
        "utter_refund_expected",
        order_number=order.number,
        amount=money(return_.amount),
        method=method_name(method),
        return_number=return_.number,
    )


def _end(case: Case, response: str, remarks: Sequence[Value]) -> NoReturn:
    """End the matter, since there is nothing to tell; a return can be begun."""
    begin = {"title": sentence("utter_reading_return_item"), "payload": "/return_item"}
    case.end("utter_details", details=lines(*remarks, sentence(response)), choices=[begin, person()])
