"""What is said of an order whose parcel had adventures, and which matters are offered."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from bot.actions.whereabouts import Whereabouts, describe, offers
from shop import (
    STORE_CREDIT,
    Claim,
    ClaimKind,
    ClaimStatus,
    Item,
    Money,
    Order,
    Policies,
    Refund,
    RefundCause,
    RefundStatus,
    Remedy,
    Replacement,
    Section,
    TrackingCode,
    TrackingEvent,
)
from shop.demo import build
from shop.policies import BUNDLED

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
POLICIES = Policies.load(BUNDLED)
ORDERS = {order.number: order for order in build(NOW, seed=20, policies=POLICIES).orders}

IN_TRANSIT, LATE, CUSTOMS, OUT, LOST = "AC-104233", "AC-105518", "AC-110206", "AC-112047", "AC-121459"


@pytest.fixture
def whereabouts() -> Callable[..., Whereabouts]:
    def of(number: str, **fields: Any) -> Whereabouts:
        order = ORDERS[number]
        found = Whereabouts(
            order=order,
            returns=(),
            refunds=(),
            replacements=(),
            claims=(),
            policies=POLICIES.for_country(order.country),
            now=NOW,
            personal=False,
        )
        return replace(found, **fields)

    return of


def said(value: Any) -> list[str]:
    """The responses of which an answer is made."""
    return list(_responses(value))


def _responses(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if value.get("kind") == "sentence":
            yield value["response"]
        for part in value.values():
            yield from _responses(part)
    elif isinstance(value, list):
        for part in value:
            yield from _responses(part)


def offered(found: Whereabouts) -> list[str]:
    """The intents of the buttons."""
    return [button["payload"].removeprefix("/").partition("{")[0] for button in offers(found)]


def scanned(number: str, code: TrackingCode) -> Order:
    """An order whose only parcel was scanned once more, just now."""
    order = ORDERS[number]
    (parcel,) = order.shipments
    scan = TrackingEvent(NOW, "Europe/London", "London", order.country, code)
    return replace(order, shipments=(replace(parcel, events=(*parcel.events, scan)),))


@pytest.mark.parametrize(
    ("code", "headline"),
    [
        (TrackingCode.DELIVERY_ATTEMPTED, "utter_order_attempted"),
        (TrackingCode.HELD_AT_PICKUP, "utter_order_at_pickup"),
        (TrackingCode.RETURNED_TO_SENDER, "utter_order_sent_back"),
    ],
)
def test_what_happened_at_the_door_comes_first(
    whereabouts: Callable[..., Whereabouts], code: TrackingCode, headline: str
) -> None:
    answer = describe(whereabouts(OUT, order=scanned(OUT, code)))
    assert said(answer)[0] == headline
    assert "utter_order_out_for_delivery" not in said(answer)
    assert "utter_order_expected" not in said(answer)


def test_a_pick_up_point_keeps_a_parcel_as_long_as_the_policies_say(whereabouts: Callable[..., Whereabouts]) -> None:
    headline = describe(whereabouts(OUT, order=scanned(OUT, TrackingCode.HELD_AT_PICKUP)))["parts"][0]
    assert headline["values"]["until"]["day"] == "2026-11-27"


@pytest.mark.parametrize("code", [TrackingCode.HELD_AT_PICKUP, TrackingCode.RETURNED_TO_SENDER])
def test_what_waits_for_the_customer_or_comes_back_is_not_late(
    whereabouts: Callable[..., Whereabouts], code: TrackingCode
) -> None:
    found = whereabouts(LATE, order=scanned(LATE, code))
    assert not {"utter_order_late", "utter_order_search"} & set(said(describe(found)))
    assert "report_missing_parcel" not in offered(found)


def test_duties_are_prepaid_only_where_the_policies_say_so(whereabouts: Callable[..., Whereabouts]) -> None:
    policies = POLICIES.for_country("CH")
    customs = Section({**policies.customs, "duties_prepaid": False})
    assert "utter_customs_prepaid" in said(describe(whereabouts(CUSTOMS)))
    answer = said(describe(whereabouts(CUSTOMS, policies=Section({**policies, "customs": customs}))))
    assert "utter_customs_not_prepaid" in answer
    assert "utter_customs_prepaid" not in answer


@pytest.mark.parametrize("kind", list(ClaimKind))
@pytest.mark.parametrize("status", list(ClaimStatus))
def test_a_late_order_is_not_searched_twice(
    whereabouts: Callable[..., Whereabouts], status: ClaimStatus, kind: ClaimKind
) -> None:
    claim = Claim("CL-1", LATE, kind, (Item("ELE-1001-SLV"),), Remedy.REFUND, status, NOW)
    found = whereabouts(LATE, claims=(claim,))
    worked_on = kind is ClaimKind.MISSING and status is not ClaimStatus.SETTLED
    assert (f"utter_claim_{status}" in said(describe(found))) is worked_on
    assert ("report_missing_parcel" in offered(found)) is not worked_on
    assert "human_handoff" in offered(found)


def test_what_is_lost_is_made_good_though_the_carrier_still_looks_for_it(
    whereabouts: Callable[..., Whereabouts],
) -> None:
    claim = Claim("CL-1", LOST, ClaimKind.MISSING, (), Remedy.REFUND, ClaimStatus.CARRIER, NOW)
    assert offered(whereabouts(LOST, claims=(claim,)))[0] == "report_missing_parcel"
    decided = replace(claim, status=ClaimStatus.REVIEW)
    assert offered(whereabouts(LOST, claims=(decided,))) == ["human_handoff"]


def refund(**fields: Any) -> Refund:
    due = date(2026, 11, 27)
    made = Refund(
        "RF-1", LOST, Money(Decimal("20.00"), "CAD"), "Visa", RefundCause.MISSING, RefundStatus.SENT, NOW, due
    )
    return replace(made, **fields)


def test_what_was_made_good_is_not_offered_again(whereabouts: Callable[..., Whereabouts]) -> None:
    replacement = Replacement("RP-1", LOST, (), RefundCause.MISSING, NOW, date(2026, 11, 30))
    sent_again = whereabouts(LOST, replacements=(replacement,))
    assert "utter_order_sent_again" in said(describe(sent_again))
    refunded = whereabouts(LOST, refunds=(refund(),))
    assert "utter_refund_due" in said(describe(refunded))
    for found in (sent_again, refunded):
        assert "utter_order_make_good" not in said(describe(found))
        assert "report_missing_parcel" not in offered(found)


def test_amounts_are_told_to_the_customer_alone(whereabouts: Callable[..., Whereabouts]) -> None:
    for given in (refund(), refund(method=STORE_CREDIT)):
        assert "money" not in str(describe(whereabouts(LOST, refunds=(given,))))
        assert "'20.00'" in str(describe(whereabouts(LOST, refunds=(given,), personal=True)))


def test_a_refund_past_its_day_is_for_a_person(whereabouts: Callable[..., Whereabouts]) -> None:
    early, late = NOW, NOW + timedelta(days=10)
    assert "utter_refund_overdue" not in said(describe(whereabouts(LOST, refunds=(refund(),), now=early)))
    found = whereabouts(LOST, refunds=(refund(),), now=late)
    assert "utter_refund_overdue" in said(describe(found))
    assert "human_handoff" in offered(found)


@pytest.mark.parametrize("order", ORDERS.values(), ids=list(ORDERS))
def test_every_order_has_an_answer(whereabouts: Callable[..., Whereabouts], order: Order) -> None:
    answer = describe(whereabouts(order.number))
    assert order.number in str(answer)
    assert order.customer.name not in str(answer)
    assert order.shipping_address.street not in str(answer)
    assert "money" not in str(answer)
