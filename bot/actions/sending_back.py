"""What a return and an exchange have in common: which items, how they go back, and what is said when it is settled."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from bot.actions import cards
from bot.actions.asking import Day, Deliberate, Option, Several, titled
from bot.actions.case import Case
from bot.actions.identity import identify, own_order
from bot.actions.items import counted, item_name, letter_item, spoken_names
from bot.actions.quantities import ITEMS_SLOT, quantity_of
from bot.actions.whereabouts import matter, person
from bot.directives import handoff
from bot.values import Value, day, lines, money, sentence
from shop import (
    STORE_CREDIT,
    Item,
    Money,
    Order,
    OrderLine,
    OrderStatus,
    Reason,
    Refund,
    Resolution,
    Return,
    ReturnRequest,
    ReturnStatus,
    Section,
    WayBack,
    address_lines,
)
from shop.eligibility import (
    Obstacle,
    Quote,
    Returnable,
    cancellable,
    needs_approval,
    pickup_days,
    quote,
    returnable,
    today,
    under_warranty,
)

WAY_SLOT = "way_back"
DAY_SLOT = "pickup_day"

LABEL, CODE = "label", "drop_off_code"
"""What has to be printed or shown with a return: kinds of documents."""


@dataclass(frozen=True)
class OrderFile:
    """An order of a verified customer, and what decides on what of it can go back.

    Attributes:
        policies: of the order's country.
    """

    order: Order
    returns: Sequence[Return]
    refunds: Sequence[Refund]
    policies: Section
    now: datetime

    def returnable(self, exchange: bool) -> list[Returnable]:
        """What can be sent back, or exchanged, a value for each line."""
        return returnable(self.order, self.returns, self.policies, self.now, refunds=self.refunds, exchange=exchange)

    def quote(self, items: Sequence[Item], reason: Reason, resolution: Resolution) -> Quote:
        """What comes back for items."""
        return quote(self.order, items, reason, resolution, self.returns, self.refunds, self.policies, self.now)

    @property
    def today(self) -> date:
        """The day it is at the order's destination."""
        return today(self.order, self.now)


@dataclass(frozen=True)
class Chosen:
    """So many pieces of a line that goes back."""

    line: OrderLine
    quantity: int
    sealed_only: bool = False

    @property
    def item(self) -> Item:
        """As the shop has it."""
        return Item(self.line.sku, self.quantity)

    @property
    def name(self) -> Value:
        """As customers read it."""
        return counted(item_name(self.line), self.quantity)

    @property
    def part(self) -> cards.Part:
        """As a summary has it."""
        return cards.piece(self.line, self.quantity)

    def for_letter(self, language: str) -> dict[str, Any]:
        """As letters list it."""
        return letter_item(self.line, self.quantity, language)


@dataclass(frozen=True)
class Way:
    """How something goes back; `pickup_on` is the day of a pick-up."""

    by: WayBack
    pickup_on: date | None = None


class Items(Several[Returnable]):
    """Which items; those that cannot go back are named with the reason.

    Only what can go back is offered, but everything can be named: then the reason is said again.
    """

    def __init__(self, response: str, found: Sequence[Returnable], file: OrderFile, language: str) -> None:
        self._found = list(found)
        self._file = file
        options = [
            Option(
                each.line.sku,
                item_name(each.line),
                each,
                names=spoken_names(each.line, language),
                look=cards.look_of_line(each.line),
            )
            for each in found
        ]
        obstacles = [obstacle_line(each, file) for each in found if each.obstacle]
        details = lines(*obstacles, sentence(response, order_number=file.order.number))
        super().__init__(ITEMS_SLOT, "utter_details", options, eager=True, details=details)

    def buttons(self, case: Case) -> list[dict[str, Any]]:
        free = Several(ITEMS_SLOT, "", [option for option in self.options if option.answer.quantity])
        return free.buttons(case)

    def read(self, case: Case) -> Any | None:
        chosen = super().read(case)
        if len(self._found) > 1 and chosen == dict.fromkeys(option.value for option in self.options):
            # Everything, that is all pieces of what can go back.
            return {each.line.sku: each.quantity for each in self._found if each.quantity}
        return chosen

    def volunteered(self, case: Case) -> Any | None:
        chosen = super().volunteered(case)
        if chosen is None and case.known(self.slot) is None:
            free = [each.line.sku for each in self._found if each.quantity]
            # What can only be one thing needs no question.
            return {free[0]: None} if len(free) == 1 else None
        return chosen

    async def accept(self, value: Any, case: Case) -> Any | None:
        chosen: list[tuple[Returnable, int | None]] = await super().accept(value, case) or []
        possible = [(each, quantity) for each, quantity in chosen if not each.obstacle]
        refused = [each for each, _ in chosen if each.obstacle]
        # Where nothing is left, the question is put again, which says the reasons.
        if refused and possible and case.fresh(self.slot):
            case.say("utter_details", details=lines(*(obstacle_line(each, self._file) for each in refused)))
            case.set(self.slot, {each.line.sku: quantity for each, quantity in possible})
        return possible or None


async def returnable_file(case: Case, response: str, exchange: bool) -> OrderFile:
    """The order that something of is to go back. Ends the matter where nothing of it can. Raises `Asking`."""
    customer = await identify(case)
    policies, now = case.services.policies, case.services.now()

    def suitable(order: Order) -> bool:
        found = returnable(order, (), policies.for_country(order.country), now, exchange=exchange)
        return any(each.quantity for each in found)

    order = await own_order(case, customer, response, suitable)
    shop = case.services.shop
    file = OrderFile(
        order,
        await shop.returns_of(order.number),
        await shop.refunds_of(order.number),
        policies.for_country(order.country),
        now,
    )
    if not any(each.quantity for each in file.returnable(exchange)):
        _refuse(case, file, exchange)
    return file


def _refuse(case: Case, file: OrderFile, exchange: bool) -> None:
    """Say why nothing of an order can go back, and what can be done instead."""
    order, found = file.order, file.returnable(exchange)
    number = order.number
    if all(each.obstacle is Obstacle.NOT_DELIVERED for each in found):
        choices = [matter("track_order", sentence("utter_reading_track_order"), number)]
        if cancellable(order):
            choices.append(matter("cancel_order", sentence("utter_reading_cancel_order"), number))
        if order.status is OrderStatus.LOST:
            choices.append(matter("report_missing_parcel", sentence("utter_reading_report_missing_parcel"), number))
        response = "utter_return_never_sent" if order.status is OrderStatus.CANCELLED else "utter_return_too_early"
        case.end(response, order_number=number, choices=choices)
    choices = []
    if any(under_warranty(order, each.line, file.policies, file.now) for each in found):
        choices.append(matter("request_repair", sentence("utter_reading_request_repair"), number))
    if file.returns:
        choices.append(matter("return_status", sentence("utter_reading_return_status"), number))
    if file.refunds:
        choices.append(matter("refund_status", sentence("utter_reading_refund_status"), number))
    why = lines(*(obstacle_line(each, file) for each in found))
    case.end("utter_nothing_returnable", order_number=number, items=why, choices=[*choices, person()])


def obstacle_line(each: Returnable, file: OrderFile) -> Value:
    """Why a line cannot go back."""
    assert each.obstacle
    values: dict[str, Any] = {"item": item_name(each.line)}
    if each.obstacle is Obstacle.WINDOW_OVER and each.until:
        values["until"] = day(each.until)
    if each.obstacle is Obstacle.ALREADY_RETURNED:
        earlier = next((r for r in file.returns if _has(r, each.line)), None)
        if earlier is None:
            return sentence("utter_obstacle_refunded", **values)
        values["return_number"] = earlier.number
    return sentence(f"utter_obstacle_{each.obstacle}", **values)


def _has(return_: Return, line: OrderLine) -> bool:
    return return_.status is not ReturnStatus.EXPIRED and any(item.sku == line.sku for item in return_.items)


async def chosen_items(case: Case, file: OrderFile, response: str, exchange: bool) -> list[Chosen]:
    """The items that go back, each with its quantity. Raises `Asking`."""
    picked: Any = await case.ask(Items(response, file.returnable(exchange), file, case.language))
    chosen = []
    for each, said in picked:
        quantity = await quantity_of(case, each.line, said, each.quantity, "utter_question_quantity")
        chosen.append(Chosen(each.line, quantity, each.sealed_only))
    return chosen


async def way_back(case: Case, file: OrderFile) -> Way:
    """How the items go back. Raises `Asking`."""
    options = titled(WAY_SLOT, list(WayBack))
    by = WayBack(await case.ask(Deliberate(WAY_SLOT, "utter_question_way_back", options)))
    if by is not WayBack.PICKUP:
        return Way(by)
    address = file.order.shipping_address
    place = ", ".join(line for line in address_lines(address) if line != address.name)
    question = Day(DAY_SLOT, "utter_question_pickup_day", pickup_days(file.today), file.today, address=place)
    pickup_on: date = await case.ask(question)
    return Way(by, pickup_on)


def of_way(way: Way) -> list[str]:
    """The slots with which the way back can be changed."""
    return [WAY_SLOT, DAY_SLOT] if way.pickup_on else [WAY_SLOT]


def way_part(way: Way) -> cards.Part:
    """How it goes back, in a summary."""
    by = sentence(f"utter_way_back_{way.by}")
    if way.pickup_on is None:
        return cards.Part(sentence(f"utter_summary_way_{way.by}"), label="way_back", value=by)
    on = day(way.pickup_on)
    return cards.Part(sentence(f"utter_summary_way_{way.by}", day=on), label="way_back", value=lines(by, on))


def amount_part(name: str, amount: Money, *, total: bool = False, taken_off: bool = False) -> cards.Part:
    """An amount, in a summary: `utter_summary_<name>` says it, `utter_label_<name>` labels it."""
    value = money(amount * -1 if taken_off else amount)
    text = sentence(f"utter_summary_{name}", amount=money(amount))
    return cards.Part(text, label=name, value=value, total=total)


def seal_lines(chosen: Sequence[Chosen]) -> list[Value]:
    """What is taken back only while it is sealed."""
    return [sentence("utter_summary_sealed", item=item_name(each.line)) for each in chosen if each.sealed_only]


def method_name(method: str) -> Any:
    """Where money goes: what the customer paid with, or store credit."""
    return sentence("utter_method_store_credit") if method == STORE_CREDIT else method


def arrival_line(method: str, policies: Section) -> Value:
    """When money that is sent after the inspection has arrived."""
    inspection: int = policies.refunds.inspection_workdays
    if method == STORE_CREDIT:
        return sentence("utter_summary_credit_when", inspection=inspection)
    wallet = method in policies.refunds.wallets
    workdays: int = policies.refunds.wallet_workdays if wallet else policies.refunds.card_workdays
    return sentence("utter_summary_money_when", inspection=inspection, workdays=workdays)


@dataclass(frozen=True)
class Agreed:
    """A return or an exchange that was agreed upon; `replacements` is what comes instead, as letters list it."""

    file: OrderFile
    request: ReturnRequest
    chosen: Sequence[Chosen]
    replacements: Sequence[Mapping[str, Any]] = ()


async def register(case: Case, agreed: Agreed) -> None:
    """Have it registered and confirmed by letter, and say what the customer does next."""
    return_ = await case.services.shop.create_return(agreed.request, case.key("return"))
    url = paper_link(case, return_)
    values: dict[str, Any] = {
        "rma": return_.number,
        "order_number": return_.order_number,
        "items": [each.for_letter(case.language) for each in agreed.chosen],
        "resolution": return_.resolution.value,
        "amount": money(return_.amount),
        "replacements": list(agreed.replacements),
        "way_back": return_.way_back.value,
        "label_url": url,
        "label_valid_until": day(return_.label_valid_until),
        "pickup_day": day(return_.pickup_on) if return_.pickup_on else None,
    }
    await case.write("return_confirmation", agreed.file.order, **values)

    def told(link: str | None) -> Value:
        until = return_.reserved_until
        return lines(
            sentence("utter_return_registered", return_number=return_.number),
            next_line(return_, link),
            sentence("utter_return_reserved", until=day(until)) if until else None,
            sentence("utter_return_by_mail"),
        )

    case.say("utter_details", details=told(url), card=paper(return_, url, lead=told(None)))
    if agreed.request.resolution is not Resolution.EXCHANGE and needs_approval(return_.amount, agreed.file.policies):
        # Nobody waits for it: by the time that the parcel is back, a person has looked at the amount.
        about = {"flow": "return_item", "order_number": return_.order_number, "return_number": return_.number}
        case.dispatcher.utter_message(json_message=handoff("refund_limit", summary=about))


def paper_link(case: Case, return_: Return) -> str:
    """The link to what has to be printed or shown; it is good as long as the label."""
    # The last day ends twelve hours later in the westernmost zone than in UTC.
    end = datetime.combine(return_.label_valid_until, time(12), UTC) + timedelta(days=1)
    return case.services.link(_paper(return_), return_.number, language=case.language, valid=end - case.services.now())


def paper(return_: Return, url: str, lead: Value) -> cards.Card:
    """The card with what has to be printed or shown; `lead` is the text without the link."""
    kind = _paper(return_)
    return cards.files(cards.file(kind, url, "PNG" if kind == CODE else "PDF"), lead=lead)


def _paper(return_: Return) -> str:
    """What has to be printed or shown, as a kind of document."""
    return CODE if return_.way_back is WayBack.QR_CODE else LABEL


def next_line(return_: Return, url: str | None) -> Value:
    """What the customer does next with a return that is announced; without the `url` where a card has it."""
    values: dict[str, Any] = {"url": url, "until": day(return_.label_valid_until)}
    values["carrier"] = return_.carrier or sentence("utter_the_carrier")
    if return_.pickup_on:
        values["day"] = day(return_.pickup_on)
    linked = "" if url else "_below"
    return sentence(f"utter_next_{return_.way_back}{linked}", **values)
