"""A parcel that never came, or is not where the carrier says it left it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import NoReturn
from zoneinfo import ZoneInfo

from bot.actions import cards
from bot.actions.asking import Choice, Option, agreed, confirm, titled
from bot.actions.case import Case
from bot.actions.flow import Flow
from bot.actions.handoff import hand_over
from bot.actions.identity import ORDER_SLOT, identify, own_order
from bot.actions.items import counted, item_name, letter_item, spoken_names
from bot.actions.quantities import in_stock
from bot.actions.refunding import promised_refund, started_refund
from bot.actions.whereabouts import Whereabouts, describe, find_whereabouts, person
from bot.values import Value, day, lines, listing, money, sentence
from shop import (
    Claim,
    ClaimKind,
    ClaimRequest,
    ClaimStatus,
    Item,
    Money,
    Order,
    OrderLine,
    OrderStatus,
    Refund,
    RefundCause,
    RefundRequest,
    Remedy,
    Replacement,
    Section,
    Shipment,
    TrackingCode,
    TrackingEvent,
)
from shop.eligibility import compensation, inspected_by, needs_approval, pieces
from shop.workdays import add_workdays

PARCEL_SLOT = "parcel"
"""The tracking number of the parcel that is missing."""

SAFE_PLACE_SLOT = "safe_place"
"""Whether the customer `looked` for what was delivered, `found` it, or has `not_yet` looked."""

REMEDY_SLOT = "remedy"
"""What the customer would have in its place, see `shop.Remedy`."""


@dataclass(frozen=True)
class Parcel:
    """A parcel that a customer misses.

    Attributes:
        found: its order, and all that has happened around that.
        lines: what of the order is in it.
    """

    found: Whereabouts
    shipment: Shipment
    lines: tuple[OrderLine, ...]

    @property
    def order(self) -> Order:
        """The order that it belongs to."""
        return self.found.order

    @property
    def policies(self) -> Section:
        """What holds in the order's country."""
        return self.found.policies

    @property
    def items(self) -> tuple[Item, ...]:
        """What is in it."""
        return tuple(Item(line.sku, line.quantity) for line in self.lines)

    @property
    def contents(self) -> Value:
        """What is in it, to be said."""
        return listing([counted(item_name(line), line.quantity) for line in self.lines])

    @property
    def delivery(self) -> TrackingEvent | None:
        """The carrier's word that it was delivered."""
        scans = reversed(self.shipment.events)
        return next((scan for scan in scans if scan.code is TrackingCode.DELIVERED), None)

    @property
    def lost_on(self) -> date:
        """The day from which it counts as lost."""
        return self.shipment.promised_until + timedelta(days=self.policies.shipping.lost_after_days)

    @property
    def lost(self) -> bool:
        """Whether it counts as lost: by the carrier's word, or after the policies' days."""
        latest = self.shipment.latest
        said = latest is not None and latest.code is TrackingCode.LOST
        never_came = self.order.status is OrderStatus.LOST and not self.delivery
        return said or never_came or self.found.today >= self.lost_on

    @property
    def late_on(self) -> date:
        """The day from which the carrier is asked to look for it."""
        return self.shipment.promised_until + timedelta(days=self.policies.shipping.late_after_days)

    @property
    def waiting(self) -> bool:
        """Whether it is known where it is: to be fetched, or on its way back to the shop."""
        latest = self.shipment.latest
        return latest is not None and latest.code in (TrackingCode.HELD_AT_PICKUP, TrackingCode.RETURNED_TO_SENDER)

    @property
    def claim(self) -> Claim | None:
        """The open claim about it."""
        claims = (claim for claim in self.found.claims if claim.kind is ClaimKind.MISSING and self._has(claim.items))
        return next((claim for claim in claims if claim.status is not ClaimStatus.SETTLED), None)

    @property
    def made_good(self) -> Refund | Replacement | None:
        """What was given for it already."""
        given: list[Refund | Replacement] = [*self.found.refunds, *self.found.replacements]
        return next((one for one in given if one.cause is RefundCause.MISSING and self._has(one.items)), None)

    @property
    def worth(self) -> Money | None:
        """What is paid back for it; None where that is nothing any more, because it went back or was refunded."""
        found = self.found
        refunds = [refund for refund in found.refunds if refund is not self.made_good]
        try:
            quote = compensation(self.order, self.items, found.returns, refunds, self.policies, found.now)
        except ValueError:
            return None
        return quote.total if quote.total.amount > 0 else None

    def _has(self, items: Iterable[Item]) -> bool:
        return bool(pieces(self.items) & pieces(items))


@dataclass(frozen=True)
class Settlement:
    """What a customer gets for a missing parcel.

    Attributes:
        worth: what would be paid back for it.
        status: of the claim: the carrier looks for it, a person decides, or it is made good at once.
    """

    parcel: Parcel
    remedy: Remedy
    worth: Money
    status: ClaimStatus

    @property
    def answer_by(self) -> date:
        """The day by which it is decided."""
        if self.status is ClaimStatus.CARRIER:
            return self.parcel.lost_on
        return inspected_by(self.parcel.found.today, self.parcel.policies)


class ReportMissingParcel(Flow[Settlement]):
    """Looks for a parcel, and makes it good once it counts as lost."""

    intent = "report_missing_parcel"
    kept = ("email", "order_number")
    slots = ("code", PARCEL_SLOT, SAFE_PLACE_SLOT, REMEDY_SLOT)

    async def collect(self, case: Case) -> Settlement:
        customer = await identify(case)
        order = await own_order(case, customer, "utter_question_order_missing", _may_be_missing)
        services = case.services
        found = await find_whereabouts(order, services.shop, services.policies, services.now(), personal=True)
        if not _may_be_missing(order):
            _explain(case, found)
        parcel = await _parcel(case, found)
        _turn_to(case, parcel)
        # What this case agreed upon may have been done by it already, in a turn that was cut off.
        if parcel.made_good and not agreed(case):
            case.end("utter_missing_made_good", details=_given(parcel.made_good), choices=[person()])
        await _looked_for(case, parcel)
        return await _settlement(case, parcel)

    async def settle(self, case: Case, details: Settlement) -> None:
        match details.status:
            case ClaimStatus.SETTLED:
                await _make_good(case, details)
            case ClaimStatus.CARRIER:
                claim = await _claim(case, details)
                case.say("utter_missing_searched", claim_number=claim.number, until=day(details.answer_by))
            case ClaimStatus.REVIEW:
                claim = await _claim(case, details)
                summary = {
                    "flow": self.intent,
                    "order_number": details.parcel.order.number,
                    "claim_number": claim.number,
                    "items": [f"{line.quantity} × {line.name('en')}" for line in details.parcel.lines],
                    "remedy": details.remedy.value,
                }
                hand_over(
                    case,
                    "claim",
                    "utter_missing_reviewed",
                    summary=summary,
                    claim_number=claim.number,
                    until=day(details.answer_by),
                )


def _may_be_missing(order: Order) -> bool:
    """Whether a parcel of the order has left, and has not come back."""
    sent = order.status.open or order.status in (OrderStatus.DELIVERED, OrderStatus.LOST)
    return sent and bool(order.shipments)


async def _parcel(case: Case, found: Whereabouts) -> Parcel:
    """The parcel of the order that is missing; of several, the customer says which."""
    order = found.order
    parcels = [Parcel(found, shipment, _contents(order, shipment)) for shipment in order.shipments]
    parcel = parcels[0]
    if len(parcels) > 1:
        options = [
            Option(
                one.shipment.tracking_number,
                sentence("utter_parcel_choice", items=one.contents),
                one,
                names=tuple(name for line in one.lines for name in spoken_names(line, case.language)),
                look=cards.Look(one.contents, image=next((line.image for line in one.lines if line.image), None)),
            )
            for one in parcels
        ]
        parcel = await case.ask(Choice(PARCEL_SLOT, "utter_question_parcel", options, eager=True))
    if not parcel.lines:
        # The back end does not say what is in which parcel.
        case.end("utter_offer_person")
    return parcel


def _turn_to(case: Case, parcel: Parcel) -> None:
    """Forget what was said of another parcel before."""
    number = parcel.shipment.tracking_number
    if number != case.tracker.get_slot(PARCEL_SLOT):
        for slot in (SAFE_PLACE_SLOT, REMEDY_SLOT):
            if not case.fresh(slot):
                case.set(slot, None)
    case.set(PARCEL_SLOT, number)


def _contents(order: Order, shipment: Shipment) -> tuple[OrderLine, ...]:
    if not shipment.skus and len(order.shipments) == 1:
        return order.lines
    return tuple(line for line in order.lines if line.sku in shipment.skus)


async def _looked_for(case: Case, parcel: Parcel) -> None:
    """See to it that all was done to find a parcel. Ends where it need not be looked for any further."""
    found, claim, delivery = parcel.found, parcel.claim, parcel.delivery
    if claim:
        if (claim.status is ClaimStatus.REVIEW or not parcel.lost) and not agreed(case):
            case.end(
                f"utter_missing_claimed_{claim.status}",
                claim_number=claim.number,
                opened=day(claim.created_at.date()),
                until=day(parcel.lost_on),
                choices=[person()],
            )
    elif delivery:
        delivered = delivery.time.astimezone(ZoneInfo(delivery.time_zone)).date()
        until = delivered + timedelta(days=parcel.policies.damage.report_days)
        if found.today > until:
            case.end("utter_missing_too_late", delivered=day(delivered), until=day(until), choices=[person()])
        await _safe_place(case, delivered, delivery.place, until)
    elif not parcel.lost and (parcel.waiting or found.today < parcel.late_on):
        _explain(case, found, until=None if parcel.waiting else parcel.late_on)


async def _safe_place(case: Case, delivered: date, place: str, until: date) -> None:
    """Have the customer look where parcels are left. Ends unless that was in vain."""
    looked = await case.ask(
        Choice(
            SAFE_PLACE_SLOT,
            "utter_question_safe_place",
            titled(SAFE_PLACE_SLOT, ["looked", "found", "not_yet"]),
            delivered=day(delivered),
            place=place,
        )
    )
    if looked == "found":
        case.end("utter_missing_found")
    if looked == "not_yet":
        case.end("utter_missing_look_first", until=day(until))


async def _settlement(case: Case, parcel: Parcel) -> Settlement:
    """What the customer wants in place of a parcel, and has confirmed."""
    worth = parcel.worth
    if worth is None:
        case.end("utter_offer_person")
    available = await in_stock(case.services.shop, parcel.items)
    if not available and not agreed(case):
        case.set(REMEDY_SLOT, None)
    remedy = Remedy.REFUND
    if available or case.known(REMEDY_SLOT):
        response = "utter_question_remedy_lost" if parcel.lost else "utter_question_remedy_searched"
        options = [Option(one.value, sentence(f"utter_remedy_{one}"), one) for one in Remedy]
        remedy = await case.ask(Choice(REMEDY_SLOT, response, options, eager=True, items=parcel.contents))
    status = ClaimStatus.CARRIER
    if parcel.lost:
        status = ClaimStatus.REVIEW if needs_approval(worth, parcel.policies) else ClaimStatus.SETTLED
    settlement = Settlement(parcel, remedy, worth, status)
    several = len(parcel.order.shipments) > 1
    changeable = [ORDER_SLOT, *([PARCEL_SLOT] if several else []), *([REMEDY_SLOT] if available else [])]
    promised = lines(None if available else sentence("utter_missing_sold_out"), _promised(settlement))
    await confirm(
        case,
        f"utter_confirm_missing_{status}",
        f"utter_yes_missing_{status}",
        changeable,
        _summary(settlement, promised),
        order_number=parcel.order.number,
        items=parcel.contents,
        carrier=parcel.shipment.carrier,
        tracking_number=parcel.shipment.tracking_number,
        amount=money(worth),
        until=day(settlement.answer_by),
        remedy=promised,
    )
    return settlement


def _summary(settlement: Settlement, promised: Value) -> cards.Summary:
    """What is to be confirmed; `promised` is what the customer will get."""
    parcel = settlement.parcel
    refund = settlement.remedy is Remedy.REFUND and settlement.status is ClaimStatus.SETTLED
    until = {ClaimStatus.CARRIER: "lost_from", ClaimStatus.REVIEW: "answer_by"}.get(settlement.status)
    parts = [
        cards.of_order(parcel.order.number),
        *(cards.piece(line, line.quantity) for line in parcel.lines),
        cards.Part(None, label="parcel", value=f"{parcel.shipment.carrier} {parcel.shipment.tracking_number}"),
        cards.Part(None, label=until, value=day(settlement.answer_by)) if until else None,
        cards.Part(None, label="refund", value=money(settlement.worth), total=True) if refund else None,
        promised,
    ]
    return cards.Summary("missing", None, parts)


def _promised(settlement: Settlement) -> Value:
    """What the customer will get: now, or once that is decided."""
    parcel, remedy = settlement.parcel, settlement.remedy
    if settlement.status is not ClaimStatus.SETTLED:
        return sentence(f"utter_missing_wish_{remedy}", amount=money(settlement.worth))
    if remedy is Remedy.REFUND:
        return promised_refund(parcel.order, settlement.worth, parcel.policies, parcel.found.now)
    arrives = add_workdays(parcel.found.today, parcel.policies.shipping.standard_workdays_max)
    return sentence("utter_missing_replacement", until=day(arrives))


async def _make_good(case: Case, settlement: Settlement) -> None:
    """Refund or replace a parcel at once, unless that was done when this was tried before."""
    parcel, shop, remedy = settlement.parcel, case.services.shop, settlement.remedy
    order, claim = parcel.order, parcel.claim
    given = parcel.made_good
    if given is None:
        request = RefundRequest(
            order.number, settlement.worth, RefundCause.MISSING, parcel.items, claim.number if claim else None
        )
        key = case.key(remedy.value)
        given = await (shop.refund(request, key) if remedy is Remedy.REFUND else shop.replace(request, key))
    if claim is None:
        await _open_claim(case, settlement)
    if isinstance(given, Refund):
        values = {"amount": money(given.amount), "method": given.method, "due": day(given.due_on)}
        await case.write("refund_started", order, order_number=order.number, **values)
        details = started_refund(given)
    else:
        items = [letter_item(line, line.quantity, case.language) for line in parcel.lines]
        await case.write("replacement_sent", order, order_number=order.number, items=items)
        details = sentence("utter_missing_replacement", until=day(given.promised_until))
    case.say("utter_missing_done", details=details)


async def _claim(case: Case, settlement: Settlement) -> Claim:
    """The claim on which somebody is to decide; a new one, unless it was opened before. It is confirmed by a letter."""
    parcel = settlement.parcel
    claim = parcel.claim or await _open_claim(case, settlement)
    values = {"claim_number": claim.number, "days": (settlement.answer_by - parcel.found.today).days}
    await case.write("claim_opened", parcel.order, order_number=parcel.order.number, **values)
    return claim


async def _open_claim(case: Case, settlement: Settlement) -> Claim:
    parcel = settlement.parcel
    request = ClaimRequest(
        order_number=parcel.order.number,
        kind=ClaimKind.MISSING,
        items=parcel.items,
        remedy=settlement.remedy,
        status=settlement.status,
    )
    return await case.services.shop.open_claim(request, case.key("claim"))


def _given(given: Refund | Replacement) -> Value:
    """What was given for a parcel before."""
    if isinstance(given, Refund):
        return started_refund(given)
    return sentence("utter_order_sent_again", date=day(given.created_at.date()), until=day(given.promised_until))


def _explain(case: Case, found: Whereabouts, until: date | None = None) -> NoReturn:
    """Say where an order is, and `until` when to wait for it."""
    # Of an order that is late, its description says that already.
    patience = sentence("utter_missing_wait", until=day(until)) if until and not found.late else None
    card = cards.tracking(found, case.services, patience)
    case.end("utter_order_status", details=lines(describe(found), patience), choices=[person()], card=card)
