"""Cancelling an order that is not packed yet."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NoReturn

from bot.actions import cards
from bot.actions.alternatives import other_orders
from bot.actions.asking import Choice, Option, agreed
from bot.actions.cards import Card, Part, Summary, of_order, piece
from bot.actions.case import CONFIRMED_SLOT, Case
from bot.actions.flow import Flow
from bot.actions.identity import identify, number_said, own_order
from bot.actions.items import counted, item_name
from bot.actions.refunding import promised_refund, started_refund
from bot.actions.whereabouts import describe, find_whereabouts, matter, person
from bot.choices import Option as Named
from bot.values import Value, day, lines, listing, money, sentence
from shop import NotPossible, Order, OrderStatus, order_digits
from shop.eligibility import address_changeable, cancellable, refundable


class CancelOrder(Flow[Order]):
    """Cancels an order, or says why that is not possible any more and what is."""

    intent = "cancel_order"
    kept = ("email", "order_number")
    slots = ("code",)

    async def collect(self, case: Case) -> Order:
        customer = await identify(case)
        order = await own_order(case, customer, "utter_question_order_cancel", cancellable)
        # Whether what was agreed upon is still possible is for the shop to say: it may have been done already, here.
        if not cancellable(order) and not agreed(case):
            await _refuse(case, order)
        if not await case.ask(await _decision(case, order)):
            others = await other_orders(case, self.intent, order, cancellable)
            case.end("utter_order_kept", order_number=order.number, choices=others)
        return order

    async def settle(self, case: Case, details: Order) -> None:
        order, shop = details, case.services.shop
        try:
            refund = (await shop.cancel_order(order.number, case.key("cancellation"))).refund
        except NotPossible:
            latest = await shop.order(order.number)
            if latest is None or cancellable(latest):
                raise
            await _refuse(case, latest)
        await case.write(
            "order_cancelled",
            order,
            order_number=order.number,
            amount=money(refund.amount) if refund else None,
            due=day(refund.due_on) if refund else None,
        )
        case.say(
            "utter_order_cancelled_now",
            order_number=order.number,
            refund=started_refund(refund) if refund else sentence("utter_cancelled_unpaid"),
        )


class _Decision(Choice[bool]):
    """Whether the order is to be cancelled. The number of another order is no answer, but a correction."""

    def __init__(self, order: Order, refund: Value) -> None:
        self._digits = order_digits(order.number)
        placed = day(order.placed_at.date())
        part_only = sentence("utter_cancel_part") if len(order.lines) > 1 else None
        parts = [
            of_order(order.number),
            Part(None, label="placed", value=placed),
            *(piece(line, line.quantity) for line in order.lines),
            refund,
            part_only,
        ]
        self._summary = Summary("cancel", None, parts, sentence("utter_cancel_question"))
        super().__init__(
            CONFIRMED_SLOT,
            "utter_confirm_cancel",
            [
                Option("yes", sentence("utter_yes_cancel"), True, means="affirm"),
                Option("no", sentence("utter_no_cancel"), False, means="deny"),
            ],
            order_number=order.number,
            placed=placed,
            items=listing([counted(item_name(line), line.quantity) for line in order.lines]),
            details=lines(refund, part_only),
        )

    def card(self, case: Case, buttons: Sequence[dict[str, Any]]) -> Card:
        return self._summary.card(case.services)

    def read(self, case: Case) -> str | None:
        said = number_said(case)
        if said and order_digits(said) != self._digits:
            return None
        if case.said.pressed:
            return super().read(case)
        # "Yes, cancel it" and "don't cancel it" are both the wish to cancel something, as intents go.
        yes_or_no = case.services.choices.one(case.said.text, case.language, "yes_no", [Named("yes"), Named("no")])
        return yes_or_no or super().read(case)


async def _decision(case: Case, order: Order) -> _Decision:
    services = case.services
    left = refundable(order, await services.shop.returns_of(order.number), await services.shop.refunds_of(order.number))
    if left.amount <= 0:
        return _Decision(order, sentence("utter_cancel_unpaid"))
    policies = services.policies.for_country(order.country)
    return _Decision(order, promised_refund(order, left, policies, services.now()))


async def _refuse(case: Case, order: Order) -> NoReturn:
    """Say why an order cannot be cancelled, and what can be done in place of it."""
    services = case.services
    returns = services.policies.for_country(order.country).returns
    window = max(returns.window_days, returns.statutory_days)
    others = await other_orders(case, CancelOrder.intent, order, cancellable)
    if order.status is OrderStatus.DELIVERED:
        send_back = matter("return_item", sentence("utter_reading_return_item"), order.number)
        case.end("utter_cancel_delivered", order_number=order.number, window=window, choices=[send_back, *others])
    if order.status.open:
        redirect = matter("change_address", sentence("utter_reading_change_address"), order.number)
        how = {"title": sentence("utter_how_to_return"), "payload": '/ask_faq{"article": "how-to-return"}'}
        case.end(
            "utter_cancel_packed" if order.status is OrderStatus.PACKED else "utter_cancel_shipped",
            order_number=order.number,
            window=window,
            choices=[how, *([redirect] if address_changeable(order) else []), *others],
        )
    found = await find_whereabouts(order, services.shop, services.policies, services.now(), personal=True)
    if order.status is OrderStatus.LOST:
        others = [matter("report_missing_parcel", sentence("utter_offer_make_good"), order.number), *others]
    card = cards.tracking(found, services)
    case.end("utter_order_status", details=describe(found), choices=[*others, person()], card=card)
