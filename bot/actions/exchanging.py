"""Exchanging something for another size, colour or model."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from bot.actions.asking import confirm
from bot.actions.case import Case
from bot.actions.flow import Flow
from bot.actions.identity import ORDER_SLOT
from bot.actions.replacing import VARIANT_SLOT, fitting_reason, total_difference, wanted_variants
from bot.actions.sending_back import (
    DAY_SLOT,
    ITEMS_SLOT,
    QUANTITY_SLOT,
    WAY_SLOT,
    Agreed,
    Chosen,
    OrderFile,
    chosen_items,
    of_way,
    register,
    returnable_file,
    seal_lines,
    way_back,
    way_line,
)
from bot.actions.whereabouts import matter
from bot.values import Value, lines, money, sentence
from shop import Money, Reason, Resolution, ReturnRequest
from shop.eligibility import exchange_balance


class ExchangeItem(Flow[Agreed]):
    """Registers an exchange: something goes back, another variant comes."""

    intent = "exchange_item"
    kept = ("order_number", "email")
    slots = ("code", ITEMS_SLOT, QUANTITY_SLOT, VARIANT_SLOT, WAY_SLOT, DAY_SLOT)

    async def collect(self, case: Case) -> Agreed:
        file = await returnable_file(case, "utter_question_order_exchange", exchange=True)
        chosen = await chosen_items(case, file, "utter_question_items_exchange", exchange=True)
        instead = matter("return_item", sentence("utter_money_instead"), file.order.number)
        return await agree_on_exchange(case, file, chosen, [ORDER_SLOT, ITEMS_SLOT], lambda case: instead)

    async def settle(self, case: Case, details: Agreed) -> None:
        await register(case, details)


async def agree_on_exchange(
    case: Case,
    file: OrderFile,
    chosen: Sequence[Chosen],
    changeable: Sequence[str],
    instead: Callable[[Case], dict[str, Any]],
    reason: Reason | None = None,
) -> Agreed:
    """What is wanted in place of the chosen items, how they go back, and that all of it is right. Raises `Asking`.

    Args:
        changeable: the slots of the answers before.
        instead: a button that offers money in place of what is sold out.
        reason: why they go back; as far as the wishes tell it if None.
    """
    wishes = await wanted_variants(case, chosen, instead)
    reason = reason or fitting_reason(wishes)
    items = tuple(each.item for each in chosen)
    fee = file.quote(items, reason, Resolution.EXCHANGE).fee
    amount, surcharge = exchange_balance(file.order, total_difference(wishes), fee)
    way = await way_back(case, file)
    details = lines(
        sentence("utter_summary_exchange", order_number=file.order.number),
        *(sentence("utter_summary_exchanged", old=wish.chosen.name, new=wish.name) for wish in wishes),
        *seal_lines(chosen),
        *_balance_lines(amount, surcharge, fee, file.order.payment_method),
        way_line(way),
        sentence("utter_summary_reserved", count=file.policies.exchanges.reserve_days),
        sentence("utter_summary_exchange_question"),
    )
    slots = [*changeable, VARIANT_SLOT, *of_way(way)]
    await confirm(case, "utter_details", "utter_confirm_exchange", slots, details=details)
    request = ReturnRequest(
        order_number=file.order.number,
        items=items,
        reason=reason,
        resolution=Resolution.EXCHANGE,
        way_back=way.by,
        amount=amount,
        fee=fee,
        replacements={wish.chosen.line.sku: wish.variant.sku for wish in wishes},
        surcharge=surcharge,
        pickup_on=way.pickup_on,
    )
    return Agreed(file, request, chosen, [wish.for_letter(case.language) for wish in wishes])


def _balance_lines(amount: Money, surcharge: Money, fee: Money, method: str) -> list[Value]:
    """What an exchange pays out or costs."""
    parts = [sentence("utter_summary_exchange_fee", amount=money(fee))] if fee.amount else []
    if surcharge.amount:
        return [*parts, sentence("utter_summary_surcharge", amount=money(surcharge))]
    if amount.amount:
        return [*parts, sentence("utter_summary_difference_back", amount=money(amount), method=method)]
    return [*parts, sentence("utter_summary_even")]
