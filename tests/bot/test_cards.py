"""What cards say of the shop's orders, items and parcels."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml

from bot.actions import cards
from bot.actions.cards import Part, Summary
from bot.actions.whereabouts import Whereabouts
from bot.values import day, names, sentence
from shop import (
    Claim,
    ClaimKind,
    ClaimStatus,
    Order,
    OrderStatus,
    Policies,
    Product,
    Remedy,
    Shipment,
    TrackingCode,
    Variant,
)
from shop.demo import build
from shop.policies import BUNDLED

DOMAIN = Path(__file__).parents[2] / "bot" / "domain.yml"
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
POLICIES = Policies.load(BUNDLED)
DEMO = build(NOW, seed=20, policies=POLICIES)
ORDERS = {order.number: order for order in DEMO.orders}
SERVICES: Any = SimpleNamespace(public_url="https://help.example", now=lambda: NOW, policies=POLICIES)

PLACED, PACKED, IN_TRANSIT, LATE, SPLIT, DELIVERED, LOST, CANCELLED = (
    "AC-101877",
    "AC-103412",
    "AC-104233",
    "AC-105518",
    "AC-108820",
    "AC-114590",
    "AC-121459",
    "AC-124076",
)


def found(order: Order, personal: bool = True, **fields: Any) -> Whereabouts:
    """An order, around which nothing has happened."""
    policies = POLICIES.for_country(order.country)
    return replace(Whereabouts(order, (), (), (), (), policies, NOW, personal), **fields)


def scanned(order: Order, code: TrackingCode, time: datetime = NOW - timedelta(hours=2)) -> Order:
    """An order whose only parcel has one more scan."""
    parcel: Shipment = order.shipments[0]
    scan = replace(parcel.events[-1], code=code, time=time)
    return replace(order, shipments=(replace(parcel, events=(*parcel.events, scan)),))


def part_of(order: Order) -> dict[str, Any]:
    """How a list of orders has it."""
    (part,) = cards.orders([order], SERVICES, lead="")["orders"]
    return dict(part)


def response(value: Any) -> str:
    """The response that a value is the text of."""
    return str(value["value"]["response"] if value["kind"] == "capitalized" else value["response"])


@pytest.mark.parametrize(
    ("number", "label", "tone", "step"),
    [
        (PLACED, "utter_status_placed", "neutral", 0),
        (PACKED, "utter_status_packed", "neutral", 1),
        (IN_TRANSIT, "utter_status_in_transit", "neutral", 2),
        (LATE, "utter_status_late", "warning", 2),
        (DELIVERED, "utter_status_delivered", "good", 3),
        (LOST, "utter_status_lost", "bad", None),
        (CANCELLED, "utter_status_cancelled", "neutral", None),
    ],
)
def test_how_far_an_order_is(number: str, label: str, tone: str, step: int | None) -> None:
    status = part_of(ORDERS[number])["status"]
    assert (response(status["label"]), status["tone"], status["step"]) == (label, tone, step)


@pytest.mark.parametrize("code", [TrackingCode.DELIVERY_ATTEMPTED, TrackingCode.HELD_AT_PICKUP])
def test_what_waits_for_the_customer_says_so_and_is_expected_no_more(code: TrackingCode) -> None:
    part = part_of(scanned(ORDERS[IN_TRANSIT], code))
    assert (response(part["status"]["label"]), part["status"]["tone"]) == (f"utter_event_{code}", "warning")
    assert part["expected"] is None


def test_every_status_has_a_step_or_is_off_the_path() -> None:
    steps = {status: part_of(replace(ORDERS[DELIVERED], status=status))["status"]["step"] for status in OrderStatus}
    final = {OrderStatus.LOST, OrderStatus.CANCELLED, OrderStatus.RETURNED, OrderStatus.REFUNDED}
    assert {status for status, step in steps.items() if step is None} == final
    assert {step for step in steps.values() if step is not None} == set(range(len(cards.STEPS)))


@pytest.mark.parametrize(
    ("number", "intents"),
    [
        (PLACED, ["track_order", "cancel_order"]),
        (IN_TRANSIT, ["track_order", "request_invoice"]),
        (DELIVERED, ["return_item", "request_invoice"]),
        (CANCELLED, []),
    ],
)
def test_what_can_be_done_about_an_order(number: str, intents: list[str]) -> None:
    payloads = [action["payload"] for action in part_of(ORDERS[number])["actions"]]
    assert payloads == [f'/{intent}{{"order_number": "{number}"}}' for intent in intents]


@pytest.mark.parametrize(
    ("image", "address"),
    [
        ("/demo/pictures/BOT-301.svg?colour=blue", "https://help.example/demo/pictures/BOT-301.svg?colour=blue"),
        ("https://cdn.example/jeans.png", "https://cdn.example/jeans.png"),
        (None, None),
    ],
)
def test_pictures_have_whole_addresses(image: str | None, address: str | None) -> None:
    line = replace(ORDERS[DELIVERED].lines[0], image=image)
    assert cards.item(line, 2, SERVICES)["image"] == address
    card = cards.choices([(cards.look_of_line(line), "/inform")], SERVICES)
    assert card and card["items"][0]["image"] == address


def test_parcels_of_several_say_what_is_in_them() -> None:
    card = cards.tracking(found(ORDERS[SPLIT]), SERVICES)
    assert [parcel["title"]["values"] for parcel in card["parcels"]] == [
        {"number": 1, "count": 2},
        {"number": 2, "count": 2},
    ]
    assert [len(parcel["items"]["items"]) for parcel in card["parcels"]] == [2, 1]


def test_scans_are_newest_first_by_the_clock_of_their_place() -> None:
    order = ORDERS[IN_TRANSIT]
    now = order.shipments[0].events[-1].time + timedelta(hours=30)
    card = cards.tracking(found(order, now=now), SERVICES)
    (parcel,) = card["parcels"]
    times = [datetime.fromisoformat(event["at"]) for event in parcel["events"]]
    assert times == sorted((event.time for event in order.shipments[0].events), reverse=True)
    assert all(time.utcoffset() == timedelta(hours=1) for time in times)


@pytest.mark.parametrize(
    ("time", "said"),
    [
        (datetime(2026, 11, 20, 7, 12, tzinfo=UTC), "utter_time_today"),
        # In Rotterdam, it is today already.
        (datetime(2026, 11, 19, 23, 30, tzinfo=UTC), "utter_time_today"),
        (datetime(2026, 11, 19, 22, 30, tzinfo=UTC), "utter_time_yesterday"),
        (datetime(2026, 11, 18, 7, 12, tzinfo=UTC), None),
    ],
)
def test_what_was_scanned_today_and_yesterday_is_said_so(time: datetime, said: str | None) -> None:
    order = scanned(ORDERS[IN_TRANSIT], TrackingCode.ARRIVED, time)
    (parcel,) = cards.tracking(found(order), SERVICES)["parcels"]
    event = next(event for event in parcel["events"] if datetime.fromisoformat(event["at"]) == time)
    assert event["time"].get("response") == said


def test_number_and_address_alone_tell_neither_items_nor_amounts() -> None:
    part = cards.tracking(found(ORDERS[IN_TRANSIT], personal=False), SERVICES)["order"]
    assert (part["items"], part["total"]) == ([], None)


def test_notes_say_what_the_headline_does_not() -> None:
    order = ORDERS[LATE]
    claim = Claim("CL-1", order.number, ClaimKind.MISSING, (), Remedy.REFUND, ClaimStatus.CARRIER, NOW)
    notes = cards.tracking(found(order, claims=(claim,)), SERVICES, None, sentence("utter_missing_wait"))["notes"]
    assert [response(note) for note in notes] == ["utter_order_late", "utter_claim_carrier", "utter_missing_wait"]


@pytest.mark.parametrize(("stock", "count"), [(1, 1), (3, 3), (4, None)])
def test_few_that_are_left_are_counted(stock: int, count: int | None) -> None:
    variant: Variant = replace(DEMO.products[0].variants[0], stock=stock)
    look = cards.look_of_variant(variant)
    assert look.swatch == variant.swatch
    assert (look.note["values"]["count"] if look.note else None) == count


def test_a_model_is_shown_by_its_picture() -> None:
    product: Product = DEMO.products[0]
    assert cards.look_of_model(product, names(product.names)).image == product.image


def test_choices_without_a_look_make_no_card() -> None:
    assert cards.choices([], SERVICES) is None


def test_days_are_chosen_by_the_payloads_of_their_buttons() -> None:
    assert cards.days({date(2026, 11, 24): "/inform"})["days"] == [
        {"date": "2026-11-24", "payload": "/inform", "title": {"kind": "weekday", "day": "2026-11-24"}}
    ]


def test_a_summary_says_the_same_as_text_and_as_a_card() -> None:
    (line, *_) = ORDERS[DELIVERED].lines
    heading, question, note = (sentence(f"utter_{name}") for name in ("heading", "question", "note"))
    amount, why = sentence("utter_amount"), sentence("utter_why")
    summary = Summary(
        "return",
        heading,
        [
            cards.of_order(DELIVERED),
            cards.piece(line, 2),
            None,
            Part(why, label="reason", value="too small"),
            Part(amount, label="refund", value=day(date(2026, 11, 24)), total=True),
            note,
        ],
        question,
    )
    said = summary.text["parts"]
    assert [part["response"] for part in said] == [
        "utter_heading",
        "utter_item_count",
        "utter_why",
        "utter_amount",
        "utter_note",
        "utter_question",
    ]
    card = summary.card(SERVICES)
    assert card["lead"] == question
    assert [(each["quantity"], each["name"]) for each in card["items"]] == [(2, names(line.names))]
    assert [(response(fact["label"]), fact["value"]) for fact in card["facts"]] == [
        ("utter_label_order", DELIVERED),
        ("utter_label_reason", "too small"),
    ]
    assert response(card["total"]["label"]) == "utter_label_refund"
    assert card["note"]["parts"] == [note]


def test_a_summary_without_notes_a_total_or_a_question() -> None:
    card = Summary("address", None, [cards.of_order(DELIVERED)]).card(SERVICES)
    assert (card["note"], card["total"], response(card["lead"])) == (None, None, "utter_summary_check")


def test_all_that_cards_say_is_in_the_domain() -> None:
    responses = set(yaml.load(DOMAIN.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)["responses"])
    assert {f"utter_progress_{step}" for step in cards.STEPS} <= responses
    parts = [cards.tracking(found(order), SERVICES) for order in DEMO.orders]
    parts.append(cards.orders(DEMO.orders, SERVICES, lead=""))
    assert set(_responses(parts)) <= responses


def _responses(part: Any) -> list[str]:
    """The responses that are somewhere in a card."""
    if isinstance(part, dict):
        own = [part["response"]] if part.get("kind") == "sentence" else []
        return [*own, *(name for value in part.values() for name in _responses(value))]
    return [name for value in part for name in _responses(value)] if isinstance(part, list | tuple) else []


def test_a_link_keeps_its_title_as_it_is() -> None:
    assert cards.link("Sizes [EU] & *more*", "https://halden.example/a") == (
        r"[Sizes \[EU\] & \*more\*](https://halden.example/a)"
    )


def test_the_paragraphs_of_a_text_stand_apart() -> None:
    assert cards.text("one", None, "two")["lead"]["parts"] == ["one", "\n", "two"]
