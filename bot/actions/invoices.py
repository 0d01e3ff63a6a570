"""The invoice of an order."""

from __future__ import annotations

from datetime import timedelta

from bot.actions import cards
from bot.actions.alternatives import other_orders
from bot.actions.case import Case
from bot.actions.flow import Flow
from bot.actions.identity import identify, own_order
from bot.values import sentence
from shop import Order

VALID_FOR = timedelta(hours=24)
"""How long the link to an invoice works."""


class RequestInvoice(Flow[Order]):
    """Gives a link to an order's invoice, in the chat and by e-mail; the other orders are offered after it."""

    intent = "request_invoice"
    kept = ("email", "order_number")
    slots = ("code",)

    async def collect(self, case: Case) -> Order:
        customer = await identify(case)
        order = await own_order(case, customer, "utter_question_order_invoice", _has_invoice)
        if not _has_invoice(order):
            cancelled = order.cancelled_at is not None
            response = "utter_invoice_cancelled" if cancelled else "utter_invoice_not_yet"
            others = await other_orders(case, self.intent, order, _has_invoice)
            case.end(response, order_number=order.number, choices=others)
        return order

    async def settle(self, case: Case, details: Order) -> None:
        order = details
        url = case.services.link("invoice", order.number, language=case.language, valid=VALID_FOR)
        await case.write("invoice", order, order_number=order.number, url=url)
        hours = int(VALID_FOR / timedelta(hours=1))
        others = await other_orders(case, self.intent, order, _has_invoice)
        lead = sentence("utter_invoice_below", order_number=order.number, hours=hours)
        card = cards.files(cards.file("invoice", url), lead=lead)
        case.say("utter_invoice", order_number=order.number, url=url, hours=hours, card=card)
        if others:
            case.say("utter_invoice_others", choices=others)


def _has_invoice(order: Order) -> bool:
    """Whether there is something to invoice: what was paid, and not called off before it was sent."""
    return order.paid_at is not None and order.cancelled_at is None
