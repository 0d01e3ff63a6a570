"""Sending something back, for money, store credit, or something else in its place."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from bot.actions.asking import Choice, Deliberate, Option, button, confirm
from bot.actions.cards import Part, Summary, of_order
from bot.actions.case import Asking, Case
from bot.actions.exchanging import agree_on_exchange
from bot.actions.flow import Flow
from bot.actions.identity import ORDER_SLOT
from bot.actions.items import spoken_names
from bot.actions.quantities import ITEMS_SLOT, QUANTITY_SLOT
from bot.actions.replacing import VARIANT_SLOT, exchangeable
from bot.actions.sending_back import (
    DAY_SLOT,
    WAY_SLOT,
    Agreed,
    Chosen,
    OrderFile,
    amount_part,
    arrival_line,
    chosen_items,
    of_way,
    register,
    returnable_file,
    seal_lines,
    way_back,
    way_part,
)
from bot.actions.whereabouts import matter
from bot.choices import Option as Named
from bot.values import Value, money, sentence
from shop import STORE_CREDIT, Reason, Resolution, ReturnRequest
from shop.eligibility import Quote, needs_approval

REASON_SLOT = "reason"
RESOLUTION_SLOT = "resolution"

OFFERED_REASONS = (
    Reason.TOO_SMALL,
    Reason.TOO_LARGE,
    Reason.NOT_AS_DESCRIBED,
    Reason.QUALITY,
    Reason.CHANGED_MIND,
    Reason.ORDERED_WRONG,
    Reason.DAMAGED,
    Reason.WRONG_ITEM,
    Reason.OTHER,
)
"""The reasons that become buttons; the others are understood as well."""

OF_SIZE = frozenset({Reason.TOO_SMALL, Reason.TOO_LARGE})

REPORTED = {Reason.DAMAGED: "report_damaged", Reason.WRONG_ITEM: "report_wrong_item"}
"""What is better reported than returned, and the flow that does it."""

ALL_THE_SAME = "_returned"
"""What the answer has at its end when it is to be a return all the same."""

_CLAUSE_END = re.compile(r"[.!?;,\n。！？；，]+")


class WhyBack(Choice[str]):
    """Why something goes back."""

    # "I don't want it any more" gives up nothing but the thing.
    akin = frozenset({"stop", "exchange_item", *REPORTED.values()})

    def __init__(self, order_number: str, chosen: Sequence[Chosen], language: str) -> None:
        options = [Option(reason.value, sentence(f"utter_reason_{reason}"), reason.value) for reason in Reason]
        options += [Option(f"{reason}{ALL_THE_SAME}", "", f"{reason}{ALL_THE_SAME}") for reason in REPORTED]
        super().__init__(REASON_SLOT, "utter_question_reason", options, eager=True)
        sized = any(each.line.size for each in chosen)
        self._offered = [reason for reason in OFFERED_REASONS if sized or reason not in OF_SIZE]
        self._items = [Named(each.line.sku, spoken_names(each.line, language)) for each in chosen]
        self._understood = Summary(
            "return",
            sentence("utter_summary_return", order_number=order_number),
            [of_order(order_number), *(each.part for each in chosen)],
            sentence("utter_question_reason"),
        )

    async def put(self, case: Case) -> None:
        if not case.fresh(ITEMS_SLOT) or case.said.choice(ITEMS_SLOT):
            return await super().put(case)
        # What was not chosen with a button is said, so that it can be put right.
        card = self._understood.card(case.services)
        case.say("utter_details", details=self._understood.text, choices=self.buttons(case), card=card)

    def buttons(self, case: Case) -> list[dict[str, Any]]:
        return [button(case, self.slot, reason, sentence(f"utter_reason_{reason}")) for reason in self._offered]

    def volunteered(self, case: Case) -> str | None:
        if case.said.pressed:
            return super().volunteered(case)
        # Nobody who is not asked says that there is none.
        options = [Named(reason) for reason in Reason if reason is not Reason.OTHER]
        choices = case.services.choices
        readings = (choices.one(part, case.language, self.slot, options) for part in self._parts(case))
        return next(filter(None, readings), None)

    def _parts(self, case: Case) -> list[str]:
        """What of a message may be the reason; often it is a clause: "return the jeans, they are too small"."""
        text, choices = case.said.text, case.services.choices
        clauses = _CLAUSE_END.split(text)
        if case.said.intent == ReturnItem.intent or not case.fresh(ITEMS_SLOT):
            return [text, *clauses]
        # An answer to which things it is names the things, and seldom says in the same breath why.
        return [part for part in clauses if not choices.several(part, case.language, ITEMS_SLOT, self._items)]


class ReportInstead(Choice[str]):
    """Whether what arrived damaged, or is not what was ordered, is to go back as a return all the same."""

    def __init__(self, reason: Reason, order_number: str) -> None:
        returned = f"{reason}{ALL_THE_SAME}"
        options = [Option(returned, sentence("utter_return_all_the_same"), returned, means="deny")]
        super().__init__(REASON_SLOT, f"utter_question_reason_{reason}", options)
        self._report = matter(REPORTED[reason], sentence("utter_report_instead"), order_number)

    def buttons(self, case: Case) -> list[dict[str, Any]]:
        return [{**self._report, "means": "affirm"}, *super().buttons(case)]

    def read(self, case: Case) -> str | None:
        return self.options[0].value if case.said.intent == ReturnItem.intent else super().read(case)

    async def accept(self, value: Any, case: Case) -> str | None:
        # The reason itself is known; it stays while this is asked.
        if answer := await super().accept(value, case):
            return answer
        raise Asking(self)


class WhatFor(Deliberate[Resolution]):
    """What the customer gets for what goes back.

    Args:
        exchange: whether there is something to exchange all of it for.
    """

    akin = frozenset({"refund_status", "exchange_item"})

    def __init__(self, file: OrderFile, refund: Quote, credit: Quote, exchange: bool) -> None:
        titles = {
            Resolution.REFUND: sentence("utter_resolution_refund", amount=money(refund.total)),
            Resolution.STORE_CREDIT: sentence("utter_resolution_store_credit", amount=money(credit.total)),
            Resolution.EXCHANGE: sentence("utter_resolution_exchange"),
        }
        super().__init__(
            RESOLUTION_SLOT,
            "utter_question_resolution",
            [Option(resolution.value, title, resolution) for resolution, title in titles.items()],
            method=file.order.payment_method,
            refund=money(refund.total),
            credit=money(credit.total),
            bonus=money(credit.bonus),
        )
        self._exchange = exchange

    def buttons(self, case: Case) -> list[dict[str, Any]]:
        return super().buttons(case)[: None if self._exchange else -1]

    async def accept(self, value: Any, case: Case) -> Resolution | None:
        resolution = await super().accept(value, case)
        if resolution is Resolution.EXCHANGE and not self._exchange:
            if case.fresh(self.slot):
                case.say("utter_no_exchange")
            return None
        return resolution


class ReturnItem(Flow[Agreed]):
    """Registers a return."""

    intent = "return_item"
    kept = ("order_number", "email")
    slots = (
        "code",
        ITEMS_SLOT,
        QUANTITY_SLOT,
        REASON_SLOT,
        RESOLUTION_SLOT,
        VARIANT_SLOT,
        WAY_SLOT,
        DAY_SLOT,
    )

    async def collect(self, case: Case) -> Agreed:
        file = await returnable_file(case, "utter_question_order_return", exchange=False)
        chosen = await chosen_items(case, file, "utter_question_items_return", exchange=False)
        reason = await _reason(case, file, chosen)
        resolution = await _resolution(case, file, chosen, reason)
        changeable = [ORDER_SLOT, ITEMS_SLOT, REASON_SLOT, RESOLUTION_SLOT]
        if resolution is Resolution.EXCHANGE:
            return await agree_on_exchange(case, file, chosen, changeable, _money_instead, reason)
        items = tuple(each.item for each in chosen)
        quote = file.quote(items, reason, resolution)
        way = await way_back(case, file)
        why = sentence(f"utter_reason_{reason}")
        summary = Summary(
            "return",
            sentence("utter_summary_return", order_number=file.order.number),
            [
                of_order(file.order.number),
                *(each.part for each in chosen),
                *seal_lines(chosen),
                Part(sentence("utter_summary_reason", reason=why), label="reason", value=why),
                *_amounts(file, quote, resolution),
                way_part(way),
            ],
            sentence("utter_summary_return_question"),
        )
        await confirm(case, "utter_details", "utter_confirm_return", [*changeable, *of_way(way)], summary)
        request = ReturnRequest(
            order_number=file.order.number,
            items=items,
            reason=reason,
            resolution=resolution,
            way_back=way.by,
            amount=quote.total,
            fee=quote.fee,
            pickup_on=way.pickup_on,
        )
        return Agreed(file, request, chosen)

    async def settle(self, case: Case, details: Agreed) -> None:
        await register(case, details)


async def _reason(case: Case, file: OrderFile, chosen: Sequence[Chosen]) -> Reason:
    value = await case.ask(WhyBack(file.order.number, chosen, case.language))
    if value in REPORTED:
        value = await case.ask(ReportInstead(Reason(value), file.order.number))
    return Reason(value.removesuffix(ALL_THE_SAME))


async def _resolution(case: Case, file: OrderFile, chosen: Sequence[Chosen], reason: Reason) -> Resolution:
    items = [each.item for each in chosen]
    refund = file.quote(items, reason, Resolution.REFUND)
    credit = file.quote(items, reason, Resolution.STORE_CREDIT)
    in_time = {each.line.sku for each in file.returnable(exchange=True) if each.quantity}
    exchange = all(each.line.sku in in_time for each in chosen) and await exchangeable(case, chosen)
    return await case.ask(WhatFor(file, refund, credit, exchange))


def _money_instead(case: Case) -> dict[str, Any]:
    return button(case, RESOLUTION_SLOT, Resolution.REFUND, sentence("utter_money_instead"))


def _amounts(file: OrderFile, quote: Quote, resolution: Resolution) -> list[Part | Value]:
    """What comes back, what it is made of, where it goes, and when."""
    parts: list[Part | Value] = [
        amount_part(name, amount, taken_off=name == "fee")
        for name, amount in (
            ("tax", quote.tax),
            ("delivery_fee", quote.shipping),
            ("fee", quote.fee),
            ("bonus", quote.bonus),
        )
        if amount.amount
    ]
    if parts:
        parts.insert(0, amount_part("goods", quote.goods))
    total = money(quote.total)
    if resolution is Resolution.STORE_CREDIT:
        method = STORE_CREDIT
        parts.append(Part(sentence("utter_summary_credit", amount=total), label="credit", value=total, total=True))
    else:
        method = file.order.payment_method
        text = sentence("utter_summary_refund", amount=total, method=method)
        parts += [Part(text, label="refund", value=total, total=True), Part(None, label="method", value=method)]
    if needs_approval(quote.total, file.policies):
        parts.append(sentence("utter_summary_approval"))
    return [*parts, arrival_line(method, file.policies)]
