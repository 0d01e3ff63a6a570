"""What arrived damaged, and what was not ordered: made good at once where it is cheap, by a person where it is not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from math import ceil
from typing import Any, ClassVar

from bot.actions.asking import Choice, Deliberate, FreeText, Option, Photos, Several, button, confirm, titled
from bot.actions.cards import Part, Summary, look_of_line, of_order, piece
from bot.actions.case import Case
from bot.actions.flow import Flow
from bot.actions.handoff import hand_over, state_of
from bot.actions.identity import ORDER_SLOT, identify, own_order
from bot.actions.items import item_name, letter_item, spoken_names
from bot.actions.quantities import ITEMS_SLOT, QUANTITY_SLOT, in_stock, quantity_of
from bot.actions.refunding import promised_refund, started_refund
from bot.actions.whereabouts import matter, person
from bot.directives import HIGH, NORMAL
from bot.severity import SAFETY, severity
from bot.values import Value, day, lines, money, sentence
from shop import (
    Claim,
    ClaimKind,
    ClaimRequest,
    ClaimStatus,
    Item,
    Money,
    NotOffered,
    NotPossible,
    Order,
    OrderLine,
    Refund,
    RefundCause,
    RefundRequest,
    Remedy,
    Return,
    Section,
)
from shop.eligibility import (
    compensation,
    delivered_on,
    gone_back,
    instant_remedy,
    ordered,
    pieces,
    reportable_damage,
    under_warranty,
)

REMEDY_SLOT = "remedy"

PACKAGING_ONLY = "packaging_only"
"""The goods themselves are whole: whether anything is due is for a person to say."""

SOMEONE_ELSES = "someone_elses"

PARTS_MISSING = frozenset({"parts_missing", "part_missing"})
"""Above the limit, a part is sent, not the whole item."""

DESCRIBED_AS = frozenset({"report_damaged", "report_wrong_item", "request_repair", "troubleshoot", "return_item"})
"""Flows in whose words people describe what is wrong."""


@dataclass(frozen=True)
class OrderFile:
    """An order, what is on record about it, and its country's policies."""

    order: Order
    returns: Sequence[Return]
    refunds: Sequence[Refund]
    claims: Sequence[Claim]
    policies: Section

    @cached_property
    def reportable(self) -> dict[str, tuple[OrderLine, int]]:
        """What can be reported, by SKU: a line, and how many pieces were delivered, not sent back, and not reported."""
        left = self._delivered - gone_back(self.returns, self.refunds)
        for claim in self.undecided:
            left -= pieces(claim.items)
        return {line.sku: (line, left[line.sku]) for line in self.order.lines if left[line.sku] > 0}

    @property
    def undecided(self) -> list[Claim]:
        """The claims about faults that a person has to decide."""
        return [claim for claim in self._faults if claim.status is ClaimStatus.REVIEW]

    def instant(self, items: Sequence[Item]) -> bool:
        """Whether these items may be made good at once, together with what was made good before."""
        settled = [item for claim in self._faults if claim.status is ClaimStatus.SETTLED for item in claim.items]
        together = [*settled, *items]
        # What was sent again and is reported again is for a person.
        return not pieces(together) - ordered(self.order) and instant_remedy(self.order, together, self.policies)

    @property
    def _faults(self) -> list[Claim]:
        return [claim for claim in self.claims if claim.kind is not ClaimKind.MISSING]

    @property
    def _delivered(self) -> Counter[str]:
        arrived = [line for line in self.order.lines if delivered_on(self.order, line)]
        return pieces(Item(line.sku, line.quantity) for line in arrived)


@dataclass(frozen=True)
class Fault:
    """What is wrong, and how it is to be made good.

    Attributes:
        affected: lines of the order, and how many pieces of each.
        detail: what exactly, a key such as `other_size`.
        description: in the customer's words; "" without any.
        amount: what a refund comes to.
        instant: whether it is made good at once.
        severity: why a person is to look at it first, see `bot.severity`.
    """

    order: Order
    affected: Sequence[tuple[OrderLine, int]]
    detail: str
    description: str
    photos: tuple[str, ...]
    remedy: Remedy
    amount: Money
    instant: bool
    severity: str | None

    @property
    def items(self) -> tuple[Item, ...]:
        """As the shop has them."""
        return tuple(Item(line.sku, quantity) for line, quantity in self.affected)


class Kind(Choice[str]):
    """What kind of fault it is."""

    def volunteered(self, case: Case) -> str | None:
        kind = super().volunteered(case)
        # Whoever tells how it arrived seldom means the packaging alone: that is to be said when it is asked.
        return None if kind == PACKAGING_ONLY and not case.said.pressed else kind


class Description(FreeText):
    """What is wrong, in the customer's words; "" for those who have nothing to add.

    Args:
        kind: the question of what kind of fault it is: words that answer it describe the fault.
    """

    def __init__(self, response: str, kind: Kind) -> None:
        super().__init__("description", response, akin=DESCRIBED_AS)
        self._kind = kind

    async def put(self, case: Case) -> None:
        nothing = button(case, self.slot, "none", sentence("utter_nothing_to_add"), means="deny")
        case.say(self._response, choices=[nothing])

    def read(self, case: Case) -> str | None:
        # A photograph says it as well.
        if case.said.choice(self.slot) == "none" or (case.said.photos and not case.said.text.strip()):
            return ""
        return None if case.said.intent == "affirm" else super().read(case)

    def volunteered(self, case: Case) -> str | None:
        if case.said.pressed or case.known(self.slot) is not None:
            return None
        described = self._kind.volunteered(case) or severity(case.said.text, case.language)
        return case.said.text.strip() if described else None


class ReportFault(Flow[Fault]):
    """Makes good what came with a fault of the shop's or the carrier's.

    Attributes:
        claim: the kind of its claims.
        cause: of its refunds and replacements.
        kind_slot: where the kind of fault is kept.
        kinds: of fault; `utter_<kind_slot>_<kind>` is what each is called.
    """

    claim: ClassVar[ClaimKind]
    cause: ClassVar[RefundCause]
    kind_slot: ClassVar[str]
    kinds: ClassVar[tuple[str, ...]]

    kept = ("email",)
    acknowledgement = "utter_fault_acknowledged"

    async def collect(self, case: Case) -> Fault:
        file, several_orders = await _reported_order(case, repairable=self.claim is ClaimKind.DAMAGED)
        affected = await _affected(case, file)
        options = titled(self.kind_slot, self.kinds)
        kind = Kind(self.kind_slot, f"utter_question_{self.kind_slot}", options, eager=True)
        detail = await case.ask(kind)
        description = await case.ask(Description(f"utter_question_description_{self.claim}", kind))
        photos = await case.ask(Photos("utter_question_photos"))
        items = [Item(line.sku, quantity) for line, quantity in affected]
        grave = severity(description, case.language)
        instant = not grave and detail != PACKAGING_ONLY and file.instant(items)
        amount = compensation(file.order, items, file.returns, file.refunds, file.policies, case.services.now()).total
        part_only = detail in PARTS_MISSING and not instant
        remedies = _remedies(amount, part_only, part_only or await in_stock(case.services.shop, items))
        if not remedies:
            # Neither goods nor money are left to give.
            hand_over(case, "claim", summary=state_of(case, self.intent, self.slots))
            case.end()
        remedy = await _remedy(case, remedies)
        fault = Fault(file.order, affected, detail, description, photos, remedy, amount, instant, grave)
        changeable = [
            *([ORDER_SLOT] if several_orders else []),
            *([ITEMS_SLOT] if len(file.reportable) > 1 else []),
            *(self.kind_slot, "description", "photos"),
            *([REMEDY_SLOT] if len(remedies) > 1 else []),
        ]
        sold_out = Remedy.REPLACEMENT not in [option.answer for option in remedies]
        summary = self._summary(case, fault, file.policies, sold_out)
        await confirm(case, "utter_fault_summary", "utter_fault_confirm", changeable, summary)
        return fault

    async def settle(self, case: Case, details: Fault) -> None:
        shop, order = case.services.shop, details.order
        request = ClaimRequest(
            order_number=order.number,
            kind=self.claim,
            items=details.items,
            remedy=details.remedy,
            status=ClaimStatus.SETTLED if details.instant else ClaimStatus.REVIEW,
            detail=details.detail,
            description=details.description,
            photos=details.photos,
        )
        claim = await shop.open_claim(request, case.key("claim"))
        # After a crash between the claim and what follows from it, the claim says what was agreed upon.
        if claim.status is ClaimStatus.SETTLED:
            try:
                await self._make_good(case, details, claim)
            except (NotPossible, NotOffered):
                # Somebody was faster, such as another customer with the last piece: a person finds a way.
                await self._pass_on(case, details, claim)
        else:
            await self._pass_on(case, details, claim)

    async def _make_good(self, case: Case, fault: Fault, claim: Claim) -> None:
        """Send it again or refund it, and say so."""
        shop, order = case.services.shop, fault.order
        request = RefundRequest(order.number, fault.amount, self.cause, fault.items, reference=claim.number)
        if fault.remedy is Remedy.REPLACEMENT:
            replacement = await shop.replace(request, case.key("replacement"))
            items = [letter_item(line, quantity, case.language) for line, quantity in fault.affected]
            await case.write("replacement_sent", order, order_number=order.number, items=items)
            case.say("utter_fault_replaced", order_number=order.number, until=day(replacement.promised_until))
        else:
            refund = await shop.refund(request, case.key("refund"))
            facts = {"amount": money(refund.amount), "method": refund.method, "due": day(refund.due_on)}
            await case.write("refund_started", order, order_number=order.number, **facts)
            case.say("utter_fault_refunded", order_number=order.number, refund=started_refund(refund))
        if fault.detail == SOMEONE_ELSES:
            hand_over(case, "claim", "utter_fault_collection", summary=self._report(case, fault, claim))

    async def _pass_on(self, case: Case, fault: Fault, claim: Claim) -> None:
        """Have a person decide, and say within how long."""
        order = fault.order
        hours: int = case.services.policies.for_country(order.country).support.email_answer_hours
        facts = {"order_number": order.number, "claim_number": claim.number}
        await case.write("claim_opened", order, **facts, days=ceil(hours / 24))
        if fault.severity == SAFETY:
            case.say("utter_safety_first")
        priority = HIGH if fault.severity else NORMAL
        summary = self._report(case, fault, claim)
        hand_over(case, "claim", "utter_fault_in_review", priority=priority, summary=summary, count=hours, **facts)

    def _report(self, case: Case, fault: Fault, claim: Claim) -> dict[str, Any]:
        """What a person is told of it, in English."""
        items = [f"{quantity} × {line.name('en')} ({line.sku})" for line, quantity in fault.affected]
        facts = {ORDER_SLOT: fault.order.number, ITEMS_SLOT: items, REMEDY_SLOT: fault.remedy.value}
        grave = {"severity": fault.severity} if fault.severity else {}
        return {**state_of(case, self.intent, self.slots), **facts, **grave, "claim_number": claim.number}

    def _summary(self, case: Case, fault: Fault, policies: Section, sold_out: bool) -> Summary:
        """What is going to happen."""
        number, count = fault.order.number, len(fault.photos)
        kind = sentence(f"utter_{self.kind_slot}_{fault.detail}")
        refund = Part(None, label="refund", value=money(fault.amount), total=True)
        return Summary(
            "fault",
            sentence("utter_fault_order", order_number=number),
            [
                of_order(number),
                *(piece(line, quantity) for line, quantity in fault.affected),
                Part(kind, label="fault", value=kind),
                Part(sentence("utter_fault_photos", count=count), label="photos", value=str(count)) if count else None,
                sentence("utter_fault_sold_out") if sold_out else None,
                refund if fault.instant and fault.remedy is Remedy.REFUND else None,
                _outcome(fault, policies, case),
            ],
        )


class ReportDamaged(ReportFault):
    """Something came broken, stained, incomplete, or does not work."""

    intent = "report_damaged"
    claim = ClaimKind.DAMAGED
    cause = RefundCause.DAMAGED
    kind_slot = "damage_kind"
    kinds = ("broken", "scratched_or_stained", "does_not_work", "parts_missing", PACKAGING_ONLY)
    slots = ("code", ORDER_SLOT, ITEMS_SLOT, QUANTITY_SLOT, kind_slot, "description", "photos", REMEDY_SLOT)


class ReportWrongItem(ReportFault):
    """Something came that was not ordered, or something is missing from the parcel."""

    intent = "report_wrong_item"
    claim = ClaimKind.WRONG_ITEM
    cause = RefundCause.WRONG_ITEM
    kind_slot = "wrong_kind"
    kinds = ("other_product", "other_size", "other_colour", "part_missing", SOMEONE_ELSES)
    slots = ("code", ORDER_SLOT, ITEMS_SLOT, QUANTITY_SLOT, kind_slot, "description", "photos", REMEDY_SLOT)


async def _reported_order(case: Case, repairable: bool) -> tuple[OrderFile, bool]:
    """The order that something of is wrong, and whether it could be another one. Raises `Asking`.

    Ends the matter where nothing of the order can be reported; `repairable` is a fault that can be repaired.
    """
    customer = await identify(case)
    shop, policies, now = case.services.shop, case.services.policies, case.services.now()

    def suitable(order: Order) -> bool:
        arrived = any(delivered_on(order, line) for line in order.lines)
        return arrived and reportable_damage(order, policies.for_country(order.country), now)

    order = await own_order(case, customer, "utter_question_order", suitable)
    section = policies.for_country(order.country)
    if not any(delivered_on(order, line) for line in order.lines):
        choices = [matter("track_order", sentence("utter_reading_track_order"), order.number), person()]
        case.end("utter_fault_not_delivered", order_number=order.number, choices=choices)
    if not suitable(order):
        _refuse_late(case, order, section, repairable)
    file = OrderFile(
        order,
        await shop.returns_of(order.number),
        await shop.refunds_of(order.number),
        await shop.claims_of(order.number),
        section,
    )
    if not file.reportable:
        _refuse_known(case, file)
    return file, sum(map(suitable, await shop.orders_of(customer.email))) > 1


def _refuse_late(case: Case, order: Order, policies: Section, repairable: bool) -> None:
    """Say that it is too late to report a fault, and what can be done instead."""
    now = case.services.now()
    warranty = repairable and any(under_warranty(order, line, policies, now) for line in order.lines)
    repair = [matter("request_repair", sentence("utter_reading_request_repair"), order.number)] if warranty else []
    response = "utter_fault_too_late" if warranty else "utter_fault_too_late_person"
    days: int = policies.damage.report_days
    case.end(response, order_number=order.number, count=days, choices=[*repair, person()])


def _refuse_known(case: Case, file: OrderFile) -> None:
    """Say that all of it is with a person already, or was sent back or refunded."""
    number = file.order.number
    if file.undecided:
        facts = {ORDER_SLOT: number, "claim_number": file.undecided[0].number}
        # It may be that the word to the people was lost when the claim was opened.
        hand_over(case, "claim", "utter_fault_known", summary=facts, **facts)
        case.end()
    case.end("utter_fault_nothing_left", order_number=number, choices=[person()])


async def _affected(case: Case, file: OrderFile) -> list[tuple[OrderLine, int]]:
    """The lines that are affected, and how many pieces of each. Raises `Asking`."""
    reportable = file.reportable
    if len(reportable) == 1 and case.known(ITEMS_SLOT) is None:
        case.set(ITEMS_SLOT, dict.fromkeys(reportable))
    options = [
        Option(sku, item_name(line), (line, most), spoken_names(line, case.language), look=look_of_line(line))
        for sku, (line, most) in reportable.items()
    ]
    chosen: Any = await case.ask(Several(ITEMS_SLOT, "utter_question_items_fault", options, eager=True))
    return [
        (line, await quantity_of(case, line, said, most, "utter_question_quantity_fault"))
        for (line, most), said in chosen
    ]


def _remedies(amount: Money, part_only: bool, available: bool) -> list[Option[Remedy]]:
    """What there is to choose from."""
    options = []
    if available:
        again = sentence("utter_fault_remedy_part" if part_only else "utter_fault_remedy_replacement")
        options.append(Option(Remedy.REPLACEMENT.value, again, Remedy.REPLACEMENT))
    if amount.amount > 0:
        refund = sentence("utter_fault_remedy_refund", amount=money(amount))
        options.append(Option(Remedy.REFUND.value, refund, Remedy.REFUND))
    return options


async def _remedy(case: Case, options: Sequence[Option[Remedy]]) -> Remedy:
    if len(options) == 1:
        return options[0].answer
    return await case.ask(Deliberate(REMEDY_SLOT, "utter_question_remedy_fault", options))


def _outcome(fault: Fault, policies: Section, case: Case) -> Value:
    """What the customer gets, or would like to get where a person decides."""
    if not fault.instant:
        part = fault.remedy is Remedy.REPLACEMENT and fault.detail in PARTS_MISSING
        wish = sentence(f"utter_fault_wish_{'part' if part else fault.remedy}", amount=money(fault.amount))
        hours: int = policies.support.email_answer_hours
        return lines(wish, sentence("utter_fault_decided_by_person", count=hours))
    if fault.remedy is Remedy.REPLACEMENT:
        outcome = sentence("utter_fault_outcome_replacement")
    else:
        outcome = promised_refund(fault.order, fault.amount, policies, case.services.now())
    return lines(outcome, sentence("utter_fault_not_yours" if fault.detail == SOMEONE_ELSES else "utter_fault_keep_it"))
