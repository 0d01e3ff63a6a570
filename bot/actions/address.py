"""Sending an order to another address than it was placed with."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Any, NoReturn

from bot.actions.alternatives import other_orders
from bot.actions.asking import NO_DESCRIPTION, Question, agreed, button, confirm
from bot.actions.cards import Part, Summary, of_order
from bot.actions.case import Case
from bot.actions.flow import Flow
from bot.actions.identity import ORDER_SLOT, identify, own_order
from bot.actions.whereabouts import matter, parcel_link, person
from bot.intents import FLOWS
from bot.values import country, lines, sentence
from shop import (
    Address,
    AddressFault,
    AddressField,
    AddressProblem,
    AddressReading,
    Customer,
    NotPossible,
    Order,
    OrderStatus,
    address_lines,
    check_address,
    complete_address,
    read_address,
)
from shop.eligibility import address_changeable, cancellable

ADDRESS_SLOT = "address"
"""The new address as far as it is known: the fields of `shop.Address`. One abroad has that country."""

PART_SLOT = "address_part"
"""What was said of a field that was asked for; it goes into the address at once."""

ACCOUNT = "account"
"""The choice of the address in the customer's account."""

NO_ADDRESS = NO_DESCRIPTION | FLOWS - {"change_address"}
"""Intents of messages that are no address, as long as they do not hold a whole one."""


@dataclass(frozen=True)
class Change:
    """An order, and the address that it is to go to."""

    order: Order
    address: Address


class ChangeAddress(Flow[Change]):
    """Sends an order to another address, or says why that is not possible any more and what is."""

    intent = "change_address"
    kept = ("email", "order_number")
    slots = ("code", ADDRESS_SLOT, PART_SLOT)

    async def collect(self, case: Case) -> Change:
        customer = await identify(case)
        order = await own_order(case, customer, "utter_question_order_address", address_changeable)
        # Whether what was agreed upon is still possible is for the shop to say: it may have been done already, here.
        if not address_changeable(order) and not agreed(case):
            await _refuse(case, order)
        address = await case.ask(NewAddress(order, customer))
        if address.country != order.country:
            _refuse_country(case, order, address.country)
        problem = next(iter(check_address(address)), None)
        if problem:
            await case.ask(AddressPart(address, problem))
        written = lines(*address_lines(address))
        summary = Summary("address", None, [of_order(order.number), Part(written, label="address", value=written)])
        await confirm(
            case,
            "utter_confirm_address",
            "utter_yes_address",
            [ADDRESS_SLOT, ORDER_SLOT],
            summary,
            order_number=order.number,
            address=written,
        )
        return Change(order, address)

    async def settle(self, case: Case, details: Change) -> None:
        order, shop = details.order, case.services.shop
        try:
            changed = await shop.change_address(order.number, details.address, case.key("address"))
        except NotPossible:
            latest = await shop.order(order.number)
            if latest is None or address_changeable(latest):
                raise
            await _refuse(case, latest)
        written = address_lines(changed.shipping_address)
        await case.write("address_changed", order, order_number=order.number, lines=list(written))
        case.say("utter_address_changed_now", order_number=order.number, address=lines(*written))


class NewAddress(Question[Address]):
    """The new address of an order, as the customer writes it; or the one in the account, where it is another."""

    slot = ADDRESS_SLOT

    def __init__(self, order: Order, customer: Customer) -> None:
        self._order = order
        other = customer.address.country == order.country and customer.address != order.shipping_address
        self._account = customer.address if other else None

    async def put(self, case: Case) -> None:
        choices = []
        if self._account:
            title = sentence("utter_address_of_account", street=self._account.street, city=self._account.city)
            choices.append(button(case, self.slot, ACCOUNT, title))
        case.say("utter_question_address", country=country(self._order.country), choices=choices)

    def read(self, case: Case) -> Any | None:
        if case.said.pressed:
            chosen = self._account if case.said.choice(self.slot) == ACCOUNT else None
            return asdict(chosen) if chosen else None
        reading = self._reading(case)
        if reading.complete or (case.said.intent not in NO_ADDRESS and _says_where(reading)):
            return _kept(reading)
        return None

    def volunteered(self, case: Case) -> Any | None:
        if case.said.pressed:
            return self.read(case)
        reading = self._reading(case)
        return _kept(reading) if reading.complete else None

    async def accept(self, value: Any, case: Case) -> Address | None:
        address = Address(**value)
        if case.fresh(self.slot):
            case.keep_language()
        if address == self._order.shipping_address and not agreed(case):
            case.say("utter_address_the_same", order_number=self._order.number)
            return None
        return address

    def _reading(self, case: Case) -> AddressReading:
        return read_address(case.said.text, self._order.country, self._order.shipping_address.name)


class AddressPart(Question[Address]):
    """What is missing in an address, or cannot be right."""

    slot = PART_SLOT

    def __init__(self, address: Address, problem: AddressProblem) -> None:
        self._address = address
        self._problem = problem

    async def put(self, case: Case) -> None:
        field, fault = self._problem.field, self._problem.fault
        wanted = field if fault is AddressFault.MISSING else f"{field}_{fault}"
        address = self._address
        case.say(
            f"utter_question_address_part_{wanted}",
            street=address.street,
            city=address.city,
            postal_code=address.postal_code,
            value=self._problem.value,
            country=country(address.country),
        )

    def read(self, case: Case) -> str | None:
        text = case.said.text
        # Words alone may be anything, but there are no figures in small talk.
        if case.said.pressed or (case.said.intent in NO_ADDRESS and not any(map(str.isdigit, text))):
            return None
        reading = complete_address(self._address, self._problem.field, text)
        remaining = [(problem.field, problem.fault) for problem in reading.problems]
        return None if (self._problem.field, self._problem.fault) in remaining else text

    def volunteered(self, case: Case) -> None:
        return None

    async def accept(self, value: Any, case: Case) -> Address | None:
        case.keep_language()
        case.set(ADDRESS_SLOT, _kept(complete_address(self._address, self._problem.field, value)))
        case.set(self.slot, None)
        case.restart()


def _says_where(reading: AddressReading) -> bool:
    """Whether an incomplete address has a street with its number, or a postal code."""
    faults = {(problem.field, problem.fault) for problem in reading.problems}
    in_doubt = {AddressField.STREET, AddressField.HOUSE_NUMBER} & {field for field, _ in faults}
    return bool(reading.address.postal_code) or not in_doubt


def _kept(reading: AddressReading) -> dict[str, Any]:
    """An address as it is remembered."""
    abroad = next((p.value for p in reading.problems if p.fault is AddressFault.OTHER_COUNTRY), None)
    return asdict(replace(reading.address, country=abroad) if abroad else reading.address)


def _refuse_country(case: Case, order: Order, wanted: str) -> NoReturn:
    """Say that an order cannot go to another country, and what can be done in place of it."""
    cancel = matter("cancel_order", sentence("utter_reading_cancel_order"), order.number)
    possible = cancellable(order)
    case.end(
        "utter_address_country_reorder" if possible else "utter_address_country",
        order_number=order.number,
        wanted=country(wanted),
        country=country(order.country),
        choices=[*([cancel] if possible else []), person()],
    )


async def _refuse(case: Case, order: Order) -> NoReturn:
    """Say why an order's address cannot be changed any more, and what can be done in place of it."""
    others = await other_orders(case, ChangeAddress.intent, order, address_changeable)
    if order.status.open:
        links = [parcel_link(shipment) for shipment in order.shipments if not shipment.delivered_at]
        case.end("utter_address_shipped", order_number=order.number, links=lines(*links), choices=[*others, person()])
    missing = matter("report_missing_parcel", sentence("utter_offer_not_there"), order.number)
    case.end(
        "utter_address_over",
        order_number=order.number,
        status=sentence(f"utter_status_{order.status}"),
        choices=[*([missing] if order.status in (OrderStatus.DELIVERED, OrderStatus.LOST) else []), *others, person()],
    )
