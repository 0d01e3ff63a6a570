"""Money that goes back: what is to be said of it before and after."""

from __future__ import annotations

from datetime import date, datetime

from bot.values import Value, day, money, sentence
from shop import Money, Order, Refund, RefundStatus, Section
from shop.eligibility import inspected_by, needs_approval, refund_due, today


def promised_refund(order: Order, amount: Money, policies: Section, now: datetime) -> Value:
    """How and by when an amount will go back that is refunded now."""
    begins = today(order, now)
    checked = needs_approval(amount, policies)
    sent = inspected_by(begins, policies) if checked else begins
    return _goes_back(amount, order.payment_method, refund_due(sent, order.payment_method, policies), checked)


def started_refund(refund: Refund) -> Value:
    """How and by when a refund goes back that has been started."""
    return _goes_back(refund.amount, refund.method, refund.due_on, refund.status is RefundStatus.APPROVAL)


def _goes_back(amount: Money, method: str, due: date, checked: bool) -> Value:
    response = "utter_money_back_checked" if checked else "utter_money_back"
    return sentence(response, amount=money(amount), method=method, due=day(due))
