"""What is looked up once a turn."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from bot.turn import LOOKS, once_a_turn, one_turn, remembering
from shop import Shop, ShopUnavailable


class CountingShop:
    """Notes what it is asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.away = False

    async def orders_of(self, email: str) -> list[str]:
        self.asked.append(email)
        if self.away:
            raise ShopUnavailable("away")
        return [f"order of {email}"]

    async def cancel_order(self, number: str, key: str) -> str:
        self.asked.append(number)
        return number


@pytest.fixture
def counting() -> CountingShop:
    return CountingShop()


@pytest.fixture
def shop(counting: CountingShop) -> Any:
    return remembering(counting)  # type: ignore[arg-type]


async def test_a_shop_is_asked_the_same_thing_once_a_turn(counting: CountingShop, shop: Any) -> None:
    for _ in range(2):
        with one_turn():
            assert [await shop.orders_of(who) for who in ("anna", "anna", "ben", "anna")][-1] == ["order of anna"]
    assert counting.asked == ["anna", "ben"] * 2


async def test_outside_of_a_turn_it_is_asked_every_time(counting: CountingShop, shop: Any) -> None:
    await shop.orders_of("anna")
    await shop.orders_of("anna")
    assert counting.asked == ["anna", "anna"]


async def test_after_a_change_it_is_asked_again(counting: CountingShop, shop: Any) -> None:
    with one_turn():
        await shop.orders_of("anna")
        assert await shop.cancel_order("AC-1", key="k") == "AC-1"
        await shop.orders_of("anna")
        await shop.cancel_order("AC-1", key="k")
    assert counting.asked == ["anna", "AC-1", "anna", "AC-1"]


async def test_who_changes_a_list_changes_nobody_elses(shop: Any) -> None:
    with one_turn():
        (await shop.orders_of("anna")).clear()
        assert await shop.orders_of("anna") == ["order of anna"]


async def test_an_error_is_not_remembered(counting: CountingShop, shop: Any) -> None:
    with one_turn():
        counting.away = True
        with pytest.raises(ShopUnavailable):
            await shop.orders_of("anna")
        counting.away = False
        assert await shop.orders_of("anna") == ["order of anna"]


async def test_nothing_is_an_answer_too() -> None:
    asked = SimpleNamespace(times=0)

    async def look() -> None:
        asked.times += 1

    with one_turn():
        await once_a_turn("what", look)
        await once_a_turn("what", look)
    assert asked.times == 1


def test_all_that_is_remembered_is_a_method_of_the_port() -> None:
    assert all(callable(getattr(Shop, name, None)) for name in LOOKS)
