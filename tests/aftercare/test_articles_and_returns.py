"""What the articles promise about returns is what the rules apply, in every country."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import cache

import pytest

from aftercare.settings import ROOT
from knowledge_base import KnowledgeBase
from knowledge_base.figures import Kind, figures
from shop import Item, Order, Policies, Reason, Resolution
from shop.eligibility import inspected_by, quote, refund_due, return_refund_due, returnable
from shop.policies import BUNDLED
from shop.workdays import add_workdays
from tests.shop.making import DELIVERED, line, order

POLICIES = Policies.load(BUNDLED)
ITEMS = [Item("TOP-101-BLU-M", 2)]
WINDOWS = {"return-policy": False, "exchanges": True}


@cache
def articles() -> KnowledgeBase:
    return KnowledgeBase(ROOT / "knowledge_base" / "articles", POLICIES.for_country)


def stated(slug: str, country: str, kind: Kind, language: str = "en") -> list[Decimal]:
    """The figures of a kind in the answer of an article."""
    answer = articles().answer(slug, language, country).rendered.answer
    return [value for figure in figures(answer, language) if figure.kind is kind for value in figure.values]


def bought(country: str) -> Order:
    """An order of two pieces that was delivered, without anything that would come back besides."""
    currency = POLICIES.for_country(country).currency
    return replace(
        order(line("TOP-101-BLU-M", "100.00", currency, 2), country=country, shipping="0"), currency=currency
    )


@pytest.mark.parametrize("country", POLICIES.countries)
@pytest.mark.parametrize("slug", WINDOWS)
def test_the_period_is_the_stated_one(slug: str, country: str) -> None:
    (days,) = set(stated(slug, country, Kind.DAYS)[:1])
    policies, exchange = POLICIES.for_country(country), WINDOWS[slug]
    last = DELIVERED + timedelta(days=int(days))
    (before,) = returnable(bought(country), [], policies, last, exchange=exchange)
    (after,) = returnable(bought(country), [], policies, last + timedelta(days=1), exchange=exchange)
    assert (before.quantity, after.quantity) == (2, 0)
    assert before.until == last.date()


@pytest.mark.parametrize("country", POLICIES.countries)
def test_the_way_back_costs_what_is_stated(country: str) -> None:
    policies = POLICIES.for_country(country)
    # The only fee is in yuan, which are written as such in Chinese.
    fees = stated("return-shipping-cost", country, Kind.MONEY, "zh")
    assert bool(fees) is not policies.returns.free
    for reason in Reason:
        quoted = quote(bought(country), ITEMS, reason, Resolution.REFUND, [], [], policies, DELIVERED)
        expected = Decimal(0) if reason.shops_fault else sum(fees, Decimal(0))
        assert quoted.fee.amount == expected
        assert quoted.total.amount == 200 - expected


@pytest.mark.parametrize("country", POLICIES.countries)
def test_the_bonus_on_store_credit_is_the_stated_one(country: str) -> None:
    (percent,) = stated("refund-methods", country, Kind.PERCENT)
    policies = POLICIES.for_country(country)
    quoted = quote(
        bought(country), ITEMS, Reason.NOT_AS_DESCRIBED, Resolution.STORE_CREDIT, [], [], policies, DELIVERED
    )
    assert quoted.bonus.amount == 200 * percent / 100
    assert quoted.total.amount == 200 + quoted.bonus.amount


@pytest.mark.parametrize("country", POLICIES.countries)
def test_the_money_arrives_when_it_is_stated(country: str) -> None:
    inspection, card = stated("refund-times", country, Kind.WORKDAYS)
    policies = POLICIES.for_country(country)
    arrived = datetime(2026, 11, 20, tzinfo=UTC).date()
    assert inspected_by(arrived, policies) == add_workdays(arrived, int(inspection))
    assert refund_due(arrived, "Visa", policies) == add_workdays(arrived, int(card))
    assert return_refund_due(arrived, "Visa", policies) == add_workdays(
        add_workdays(arrived, int(inspection)), int(card)
    )


@pytest.mark.parametrize("country", POLICIES.countries)
def test_what_is_kept_and_for_how_long_is_stated(country: str) -> None:
    policies = POLICIES.for_country(country)
    assert stated("how-to-return", country, Kind.DAYS) == [policies.returns.label_valid_days]
    assert stated("exchanges", country, Kind.DAYS)[1:] == [policies.exchanges.reserve_days]
