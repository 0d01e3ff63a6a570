"""Repairs: what is to be mended, what that costs, how it gets to the workshop, and how far it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, NoReturn

from bot.actions.alternatives import other_orders
from bot.actions.asking import Choice, Day, Deliberate, FreeText, Option, agreed, button, confirm, titled
from bot.actions.cards import Part, Summary, look_of_line, of_order, piece
from bot.actions.case import Case
from bot.actions.flow import Flow
from bot.actions.handoff import state_of
from bot.actions.identity import ORDER_SLOT, OwnOrder, identify
from bot.actions.items import item_name, spoken_names
from bot.actions.quantities import ITEMS_SLOT
from bot.actions.troubleshooting import FAULT_SLOT, PROBLEM_SLOT, told_hazard, warn
from bot.actions.whereabouts import matter, person
from bot.choices import Option as Named
from bot.nlu.text import count_words
from bot.values import Value, day, lines, money, names, sentence
from shop import Money, Order, OrderLine, Repair, RepairRequest, RepairStatus, RepairWay, Section
from shop.eligibility import delivered_on, gone_back, pickup_days, today, under_warranty, warranty_until
from shop.troubleshooting import GENERAL

WAY_SLOT = "repair_way"
DAY_SLOT = "repair_day"

DESCRIBED_AS = frozenset({"request_repair", "report_damaged", "troubleshoot"})
"""Flows in whose words people describe a fault."""

WORDS_OF_DESCRIPTION = 8
"""A first message of so many words may have said what is wrong."""

NEWS_FOR = timedelta(days=14)
"""So long after it was to be ready, a repair that was sent back is still told of."""

NOTHING_ELSE = "nothing"


@dataclass(frozen=True)
class RepairFile:
    """An order of a verified customer, and what of it can be repaired.

    Attributes:
        lines: what was delivered and has not gone back.
        repairs: of the order, newest first.
        policies: of the order's country.
        today: at the order's destination.
    """

    order: Order
    lines: Sequence[OrderLine]
    repairs: Sequence[Repair]
    policies: Section
    today: date

    def booked(self, line: OrderLine) -> Repair | None:
        """The newest repair under way of a line, if all its pieces are being repaired."""
        return _booked(line, self.repairs)


@dataclass(frozen=True)
class Agreement:
    """A repair that was agreed upon."""

    file: RepairFile
    line: OrderLine
    request: RepairRequest


class OrderToRepair(OwnOrder):
    """The order that something of is to be repaired; repairs that are under way are told of first."""

    def __init__(self, orders: Sequence[Order], offered: Sequence[Order], news: Sequence[Value], language: str) -> None:
        response = "utter_question_order_repair_other" if news else "utter_question_order_repair"
        super().__init__(response, orders, offered, language)
        self._news = news

    async def put(self, case: Case) -> None:
        if self._news and not case.asked(self.slot):
            case.say("utter_details", details=lines(*self._news))
        await super().put(case)

    def buttons(self, case: Case) -> list[dict[str, Any]]:
        nothing = button(case, self.slot, NOTHING_ELSE, sentence("utter_repair_nothing_else"), means="deny")
        return [*super().buttons(case), nothing] if self._news else super().buttons(case)

    def read(self, case: Case) -> str | None:
        if self._news and (case.said.choice(self.slot) == NOTHING_ELSE or case.said.intent == "deny"):
            return NOTHING_ELSE
        return super().read(case)

    async def accept(self, value: Any, case: Case) -> Order | None:
        if value == NOTHING_ELSE:
            case.set(self.slot, None)
            case.end("utter_deny")
        return await super().accept(value, case)


class Fault(FreeText):
    """What is wrong with an item, in the customer's words, or as troubleshooting found it."""

    def __init__(self, line: OrderLine, items: Sequence[OrderLine], details: Value) -> None:
        super().__init__(FAULT_SLOT, "utter_details", akin=DESCRIBED_AS, details=details)
        self._line = line
        self._items = items

    async def put(self, case: Case) -> None:
        said = case.opening
        told = not said.pressed and count_words(said.text) >= WORDS_OF_DESCRIPTION
        choices = [button(case, self.slot, "opening", sentence("utter_repair_as_told"))] if told else []
        case.say(self._response, choices=choices, **self._values)

    def read(self, case: Case) -> Any | None:
        text = case.opening.text if case.said.choice(self.slot) == "opening" else super().read(case)
        if self._names_another(case):
            return None
        return {"category": self._line.category.key, "product": self._line.product_sku, "text": text} if text else None

    def volunteered(self, case: Case) -> None:
        return None

    async def accept(self, value: Any, case: Case) -> Any | None:
        return value if _is_of(value, self._line) else None

    def _names_another(self, case: Case) -> bool:
        """Whether it is about another item after all."""
        items = [Named(line.sku, spoken_names(line, case.language)) for line in self._items]
        said = case.said.values("product")
        found = (case.services.choices.one(name, case.language, ITEMS_SLOT, items) for name in said)
        return any(sku not in (None, self._line.sku) for sku in found)


class RequestRepair(Flow[Agreement]):
    """Books a repair, and tells how far one is."""

    intent = "request_repair"
    kept = ("email", FAULT_SLOT)
    slots = ("code", ORDER_SLOT, ITEMS_SLOT, PROBLEM_SLOT, WAY_SLOT, DAY_SLOT)

    async def collect(self, case: Case) -> Agreement:
        orders, file = await _file(case)
        line = await _line(case, file)
        booked = file.booked(line)
        if booked and not agreed(case):
            case.end("utter_details", details=_state(booked, line, file.today), choices=[person()])
        warranty = _warranty_line(file, line, case)
        question = sentence("utter_question_fault")
        fault: Any = await case.ask(Fault(line, file.lines, lines(item_name(line), warranty, question)))
        await self._keep_from_shipping_hazards(case, fault)
        ways = Deliberate(WAY_SLOT, "utter_question_repair_way", titled(WAY_SLOT, list(RepairWay)))
        way = RepairWay(await case.ask(ways))
        on = await _day(case, file, way)
        covered = under_warranty(file.order, line, file.policies, case.services.now())
        fee = Money(Decimal(0), file.order.currency) if covered else file.policies.repairs.diagnosis_fee
        changeable = [
            *([ORDER_SLOT] if len(orders) > 1 else []),
            *([ITEMS_SLOT] if len(file.lines) > 1 else []),
            *(FAULT_SLOT, WAY_SLOT, DAY_SLOT),
        ]
        summary = _summary(file, line, fault, warranty, way, on)
        await confirm(case, "utter_details", "utter_confirm_repair", changeable, summary)
        request = RepairRequest(file.order.number, line.sku, _fault_text(fault), way, on, covered, fee)
        return Agreement(file, line, request)

    async def settle(self, case: Case, details: Agreement) -> None:
        file, line = details.file, details.line
        repair = await case.services.shop.book_repair(details.request, case.key("repair"))
        await case.write(
            "repair_booked",
            file.order,
            repair_number=repair.number,
            item=names(line.names),
            way=repair.way.value,
            day=day(repair.on),
            fee=money(repair.fee) if repair.fee.amount else None,
            workdays=file.policies.repairs.workdays,
        )
        case.set(FAULT_SLOT, None)
        case.say(
            "utter_details",
            details=lines(
                sentence("utter_repair_booked", repair_number=repair.number),
                sentence(f"utter_next_repair_{repair.way}", day=day(repair.on)),
                sentence("utter_repair_packing", repair_number=repair.number),
                sentence("utter_repair_ready", ready=day(repair.ready_on)),
            ),
        )

    async def _keep_from_shipping_hazards(self, case: Case, fault: Mapping[str, Any]) -> None:
        """Let a person take over where something dangerous would be sent. Raises `Asking`."""
        # In troubleshooting it was asked before.
        hazard = None if "tried" in fault else await told_hazard(case, fault["text"])
        if hazard:
            warn(case, hazard, state_of(case, self.intent, (*self.kept, *self.slots)))
            case.end()


async def _file(case: Case) -> tuple[list[Order], RepairFile]:
    """The orders that have something to repair, and the one that it is about.

    Ends the matter where nothing of an order can be repaired. Raises `Asking`.
    """
    customer = await identify(case)
    shop = case.services.shop
    orders = await shop.orders_of(customer.email)
    if not orders:
        case.end("utter_no_orders")
    delivered = [order for order in orders if _has_arrived(order)]
    order = await _order(case, orders, delivered)
    gone = gone_back(await shop.returns_of(order.number), await shop.refunds_of(order.number))
    left = [line for line in order.lines if delivered_on(order, line) and line.quantity > gone[line.sku]]
    if not left:
        await _refuse(case, order)
    policies = case.services.policies.for_country(order.country)
    repairs = await shop.repairs_of(order.number)
    return delivered, RepairFile(order, left, repairs, policies, today(order, case.services.now()))


async def _order(case: Case, orders: Sequence[Order], delivered: Sequence[Order]) -> Order:
    """The order that it is about. Tells how far repairs are, where none was named. Raises `Asking`."""
    if case.known(ORDER_SLOT) is not None:
        return await case.ask(OrderToRepair(orders, delivered or orders, (), case.language))
    repairs = {order.number: await case.services.shop.repairs_of(order.number) for order in delivered}
    free = [order for order in delivered if any(not _booked(line, repairs[order.number]) for line in order.lines)]
    news = [state for order in delivered for state in _news(order, repairs[order.number], case)]
    fault = case.known(FAULT_SLOT)
    likely = [order for order in free if fault and any(_is_of(fault, line) for line in order.lines)]
    if not likely and not news:
        likely = free
    if len(likely) == 1:
        case.set(ORDER_SLOT, likely[0].number)
    elif news and not free:
        case.end("utter_details", details=lines(*news), choices=[person()])
    return await case.ask(OrderToRepair(orders, free or delivered or orders, news, case.language))


async def _line(case: Case, file: RepairFile) -> OrderLine:
    """The item that is to be repaired; what can only be one needs no question. Raises `Asking`."""
    fault = case.known(FAULT_SLOT)
    faulty = [line for line in file.lines if fault and _is_of(fault, line)]
    likely = next((found for found in (faulty, file.lines) if len(found) == 1), None)
    if likely and case.known(ITEMS_SLOT) is None:
        case.set(ITEMS_SLOT, likely[0].sku)
    options = [
        Option(line.sku, item_name(line), line, names=spoken_names(line, case.language), look=look_of_line(line))
        for line in file.lines
    ]
    return await case.ask(Choice(ITEMS_SLOT, "utter_question_items_repair", options, eager=True))


async def _day(case: Case, file: RepairFile, way: RepairWay) -> date:
    """The day of the pick-up, or the last one to drop it off. Raises `Asking`."""
    address = file.order.shipping_address
    days = pickup_days(file.today)
    facts = {"street": address.street, "city": address.city}
    question = Day(DAY_SLOT, f"utter_question_repair_day_{way}", days, file.today, **facts)
    return await case.ask(question)


def _summary(
    file: RepairFile, line: OrderLine, fault: Mapping[str, Any], warranty: Value, way: RepairWay, on: date
) -> Summary:
    """What is to be booked."""
    number, address = file.order.number, file.order.shipping_address
    told, tried = fault["text"], len(fault.get("tried", ()))
    gets_there = sentence(f"utter_summary_repair_{way}", day=day(on), street=address.street, city=address.city)
    return Summary(
        "repair",
        sentence("utter_summary_repair", order_number=number),
        [
            of_order(number),
            piece(line, 1),
            Part(sentence("utter_summary_fault", fault=told), label="fault", value=told),
            Part(sentence("utter_summary_tried", count=tried), label="tried", value=str(tried)) if tried else None,
            warranty,
            Part(gets_there, label="repair_way", value=gets_there),
            sentence("utter_summary_repair_takes", count=file.policies.repairs.workdays),
        ],
        sentence("utter_summary_repair_question"),
    )


async def _refuse(case: Case, order: Order) -> NoReturn:
    """Say why nothing of an order can be repaired, and what can be done instead."""
    others = await other_orders(case, RequestRepair.intent, order, _has_arrived)
    if _has_arrived(order):
        case.end("utter_repair_gone_back", order_number=order.number, choices=[*others, person()])
    track = matter("track_order", sentence("utter_reading_track_order"), order.number)
    case.end("utter_repair_not_delivered", order_number=order.number, choices=[track, *others])


def _news(order: Order, repairs: Sequence[Repair], case: Case) -> list[Value]:
    """How far an order's repairs are that are under way, or were lately."""
    now = today(order, case.services.now())
    by_sku = {line.sku: line for line in order.lines}
    return [
        _state(repair, by_sku[repair.sku], now)
        for repair in repairs
        if repair.status is not RepairStatus.SENT_BACK or repair.ready_on + NEWS_FOR >= now
    ]


def _booked(line: OrderLine, repairs: Sequence[Repair]) -> Repair | None:
    under_way = [r for r in repairs if r.sku == line.sku and r.status is not RepairStatus.SENT_BACK]
    return under_way[0] if len(under_way) >= line.quantity else None


def _state(repair: Repair, line: OrderLine, now: date) -> Value:
    """How far a repair is."""
    facts = {"repair_number": repair.number, "item": item_name(line), "day": day(repair.on)}
    if repair.status is RepairStatus.BOOKED:
        return sentence(f"utter_repair_booked_{repair.way}", **facts)
    if repair.status is RepairStatus.SENT_BACK:
        return sentence("utter_repair_sent_back", **facts)
    late = repair.ready_on < now
    return sentence("utter_repair_late" if late else "utter_repair_in_workshop", ready=day(repair.ready_on), **facts)


def _warranty_line(file: RepairFile, line: OrderLine, case: Case) -> Value:
    """What the repair of an item costs, and why."""
    until = warranty_until(file.order, line, file.policies)
    assert until, "a line that was delivered has a warranty"
    free = under_warranty(file.order, line, file.policies, case.services.now())
    fee = money(file.policies.repairs.diagnosis_fee)
    return sentence("utter_repair_free" if free else "utter_repair_costs", until=day(until), fee=fee)


def _has_arrived(order: Order) -> bool:
    return any(delivered_on(order, line) for line in order.lines)


def _is_of(fault: Mapping[str, Any], line: OrderLine) -> bool:
    """Whether a fault may be a line's."""
    return fault["category"] in (GENERAL, line.category.key) and fault["product"] in (None, line.product_sku)


def _fault_text(fault: Mapping[str, Any]) -> str:
    """A fault, and what was tried in vain, for the workshop."""
    return "\n".join([fault["text"], *(f"✗ {step}" for step in fault.get("tried", ()))])
