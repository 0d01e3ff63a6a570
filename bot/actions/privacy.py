"""What the shop has of a customer: a copy of it, and its deletion."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from bot.actions.asking import Choice, Option, agreed, titled
from bot.actions.case import CONFIRMED_SLOT, Case
from bot.actions.flow import Flow
from bot.actions.identity import identify
from bot.actions.whereabouts import person
from bot.letters import Letter
from bot.privacy import unfinished_orders
from bot.values import Value, day, lines, listing, sentence
from shop import Customer, Section

KIND_SLOT = "privacy_kind"

EXPORT, DELETION, WITHDRAW = "export", "deletion", "withdraw"

FRESH = timedelta(minutes=10)
"""How old the proof of who it is may be: whoever finds an open chat must not get everything, or delete it."""

VALID_FOR = timedelta(hours=24)
"""How long the link to a copy works."""


@dataclass(frozen=True)
class Wish:
    """What a customer wants: one of the kinds."""

    kind: str
    customer: Customer


class PrivacyRequest(Flow[Wish]):
    """Sends a copy of the customer's data, has it deleted, or drops that again."""

    intent = "privacy_request"
    kept = ("email",)
    slots = (KIND_SLOT, "code")

    async def collect(self, case: Case) -> Wish:
        kind = await case.ask(_Kind())
        customer = await identify(case, FRESH)
        due = await case.services.privacy.deletion_due(customer)
        if kind == WITHDRAW and due is None:
            case.end("utter_privacy_nothing_to_withdraw", choices=[_offer(EXPORT), _offer(DELETION)])
        if kind == DELETION:
            # What was agreed upon may have been requested already, here.
            if due and not agreed(case):
                case.end("utter_privacy_deletion_open", day=_day(case, customer, due), choices=[_offer(WITHDRAW)])
            if not await case.ask(await _decision(case, customer)):
                case.end("utter_privacy_nothing_deleted", choices=[_offer(EXPORT)])
        return Wish(kind, customer)

    async def settle(self, case: Case, details: Wish) -> None:
        match details.kind:
            case "export":
                await _export(case, details.customer)
            case "deletion":
                await _delete(case, details.customer)
            case _:
                await case.services.privacy.withdraw_deletion(details.customer)
                case.say("utter_privacy_withdrawn")


class _Kind(Choice[str]):
    """What is to be done. What the assistant cannot do, such as to correct something, is for people."""

    def __init__(self) -> None:
        options = titled(KIND_SLOT, [EXPORT, DELETION, WITHDRAW])
        super().__init__(KIND_SLOT, "utter_question_privacy_kind", options, eager=True)

    def buttons(self, case: Case) -> list[dict[str, Any]]:
        return [*super().buttons(case), {**person(), "title": sentence("utter_privacy_kind_other")}]


async def _decision(case: Case, customer: Customer) -> Choice[bool]:
    """Whether everything is to be deleted, with what that means."""
    return Choice(
        CONFIRMED_SLOT,
        "utter_confirm_deletion",
        [
            Option("yes", sentence("utter_yes_delete"), True, means="affirm"),
            Option("no", sentence("utter_no_delete"), False, means="deny"),
        ],
        details=lines(
            sentence("utter_privacy_deletion_plan", day=_day(case, customer, _due(case, customer))),
            await _kept(case, customer),
            await _unfinished(case, customer),
        ),
    )


async def _export(case: Case, customer: Customer) -> None:
    """Write the link in a letter only: in the chat, whoever reads along later would find it."""
    services = case.services
    until = services.now() + VALID_FOR
    request = await services.privacy.request_export(customer, case.language, until, case.key("export"))
    url = services.link("export", request, language=case.language, valid=VALID_FOR)
    await _write(case, customer, "privacy_export", url=url, valid_until=_day(case, customer, until))
    case.say("utter_privacy_export", email=customer.email, hours=int(VALID_FOR / timedelta(hours=1)))


async def _delete(case: Case, customer: Customer) -> None:
    due = await case.services.privacy.request_deletion(
        customer, case.language, _due(case, customer), case.key("deletion")
    )
    await _write(case, customer, "privacy_deletion_requested", day=_day(case, customer, due))
    waits = await _unfinished(case, customer)
    response = "utter_privacy_deletion_requested_later" if waits else "utter_privacy_deletion_requested"
    case.say(response, day=_day(case, customer, due), choices=[_offer(WITHDRAW)])


async def _write(case: Case, customer: Customer, name: str, **values: Any) -> None:
    letter = Letter(name, customer.email, case.language, {"customer": customer.name, **values})
    await case.services.post.put(letter, case.key(name))


def _policies(case: Case, customer: Customer) -> Section:
    return case.services.policies.for_country(customer.country)


def _due(case: Case, customer: Customer) -> datetime:
    """When a deletion that is asked for now is carried out."""
    days: int = _policies(case, customer).privacy.withdrawal_days
    return case.services.now() + timedelta(days=days)


def _day(case: Case, customer: Customer, moment: datetime) -> Value:
    """The day of a moment where the customer lives, roughly."""
    return day(moment.astimezone(ZoneInfo(_policies(case, customer).support.time_zone)).date())


async def _kept(case: Case, customer: Customer) -> Value | None:
    """What the law makes the shop keep, and for how long."""
    orders = await case.services.shop.orders_of(customer.email)
    policies = [case.services.policies.for_country(order.country) for order in orders if order.paid_at]
    years = max((of_order.privacy.invoice_years for of_order in policies), default=None)
    return sentence("utter_privacy_invoices_kept", count=years) if years else None


async def _unfinished(case: Case, customer: Customer) -> Value | None:
    """What the deletion has to wait for."""
    orders = await unfinished_orders(case.services.shop, customer.email)
    if not orders:
        return None
    return sentence("utter_privacy_unfinished", count=len(orders), orders=listing([order.number for order in orders]))


def _offer(kind: str) -> dict[str, Any]:
    """A button for who wants something else."""
    arguments = json.dumps({"question": KIND_SLOT, "choice": kind})
    return {"title": sentence(f"utter_{KIND_SLOT}_{kind}"), "payload": f"/privacy_request{arguments}"}
