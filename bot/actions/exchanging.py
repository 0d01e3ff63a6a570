"""Exchanging something for another size, colour or model."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from bot.actions.asking import confirm
from bot.actions.cards import Part, Summary, of_order
from bot.actions.case import Case
from bot.actions.flow import Flow
from bot.actions.identity import ORDER_SLOT
from bot.actions.quantities import ITEMS_SLOT, QUANTITY_SLOT
from bot.actions.replacing import VARIANT_SLOT, Wish, fitting_reason, total_difference, wanted_variants
from bot.actions.sending_back import (
    DAY_SLOT,
    WAY_SLOT,
    Agreed,
    Chosen,
    OrderFile,
    amount_part,
    chosen_items,
    of_way,
    register,
    returnable_file,
    seal_lines,
    way_back,
    way_part,
)
from bot.actions.whereabouts import matter
from bot.values import Value, money, sentence
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
    summary = Summary(
        "exchange",
        sentence("utter_summary_exchange", order_number=file.order.number),
        [
            of_order(file.order.number),
            *(_exchanged(wish) for wish in wishes),
            *seal_lines(chosen),
            *_balance(amount, surcharge, fee, file.order.payment_method),
            way_part(way),
            sentence("utter_summary_reserved", count=file.policies.exchanges.reserve_days),
        ],
        sentence("utter_summary_exchange_question"),
    )
    slots = [*changeable, VARIANT_SLOT, *of_way(way)]
    await confirm(case, "utter_details", "utter_confirm_exchange", slots, summary)
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


def _exchanged(wish: Wish) -> Part:
    """What goes back, and what comes in its place."""
    chosen = wish.chosen
    text = sentence("utter_summary_exchanged", old=chosen.name, new=wish.name)
    return Part(text, items=((chosen.line, chosen.quantity),), label="instead", value=wish.name)


def _balance(amount: Money, surcharge: Money, fee: Money, method: str) -> list[Part | Value]:
    """What an exchange pays out or costs."""
    parts: list[Part | Value] = [amount_part("exchange_fee", fee)] if fee.amount else []
    if surcharge.amount:
        return [*parts, amount_part("surcharge", surcharge, total=True)]
    if amount.amount:
        text = sentence("utter_summary_difference_back", amount=money(amount), method=method)
        back = Part(text, label="refund", value=money(amount), total=True)
        return [*parts, back, Part(None, label="method", value=method)]
    return [*parts, sentence("utter_summary_even")]
