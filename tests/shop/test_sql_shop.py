import socket
from datetime import UTC, datetime

import pytest
from sqlalchemy import event, func, select

from shop import Shop, ShopUnavailable, SqlShop
from shop.demo import build, seed
from shop.policies import BUNDLED, Policies
from shop.tables import OrderRow
from storage import Database

NOW = datetime(2026, 11, 20, 15, 30, tzinfo=UTC)


@pytest.fixture
async def shop(database: Database) -> Shop:
    assert await seed(database, NOW) == 120
    return SqlShop(database)


async def test_what_is_stored_comes_back(shop: Shop) -> None:
    demo = build(NOW, seed=20, policies=Policies.load(BUNDLED))
    found = await shop.recent_orders(1000)
    assert sorted(found, key=lambda o: o.number) == sorted(demo.orders, key=lambda o: o.number)
    assert await shop.products() == sorted(demo.products, key=lambda p: p.sku)
    for customer in demo.customers:
        assert await shop.customer(customer.email.upper()) == customer
        assert customer.phone and await shop.customer_by_phone(customer.phone) == customer
    for made in demo.returns:
        assert await shop.return_(made.number) == made
    for number in {record.order_number for record in (*demo.returns, *demo.refunds, *demo.claims, *demo.repairs)}:
        assert await shop.refunds_of(number) == [r for r in demo.refunds if r.order_number == number]
        assert await shop.claims_of(number) == [c for c in demo.claims if c.order_number == number]
        assert await shop.repairs_of(number) == [r for r in demo.repairs if r.order_number == number]


async def test_an_order_by_its_number(shop: Shop) -> None:
    for text in ["AC-104233", "ac104233", "#104233", "１０４２３３"]:
        order = await shop.order(text)
        assert order is not None and order.number == "AC-104233"


async def test_what_is_no_order(shop: Shop) -> None:
    for text in ["", "AC-", "999999", "0104233", "1" * 100_000, "\x00", "\ud800", "'; --"]:
        assert await shop.order(text) is None


async def test_who_is_no_customer(shop: Shop) -> None:
    for text in ["", "nobody@mail.example", "a\x00@b", "\ud800@x", "%@%", "x" * 100_000 + "@x"]:
        assert await shop.orders_of(text) == []
        assert await shop.customer(text) is None


async def test_orders_of_a_customer_newest_first(shop: Shop) -> None:
    everything = await shop.recent_orders(1000)
    email = "lucia.fernandez@correo.example"
    orders = await shop.orders_of(f" {email.title()} ")
    assert orders == [order for order in everything if order.customer.email == email]
    assert len(orders) >= 2
    assert orders == sorted(orders, key=lambda order: order.placed_at, reverse=True)


async def test_recent_orders_are_limited(shop: Shop) -> None:
    everything = await shop.recent_orders(1000)
    assert await shop.recent_orders(7) == everything[:7]
    assert await shop.recent_orders(0) == []


async def test_an_order_takes_two_statements(shop: Shop, database: Database) -> None:
    statements: list[str] = []
    event.listen(database.engine.sync_engine, "before_cursor_execute", lambda *args: statements.append(args[2]))
    assert await shop.order("AC-108820")
    assert len([s for s in statements if s.startswith("SELECT")]) == 2
    await shop.recent_orders(120)
    assert len([s for s in statements if s.startswith("SELECT")]) == 4


async def test_seeding_again_changes_nothing(shop: Shop, database: Database) -> None:
    before = await shop.recent_orders(1000)
    assert await seed(database, datetime(2027, 1, 1, tzinfo=UTC), seed=3) == 0
    assert await shop.recent_orders(1000) == before
    async with database.session() as session:
        assert await session.scalar(select(func.count()).select_from(OrderRow)) == 120


async def test_no_back_end_is_an_error_of_the_port() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        database = Database(f"postgresql://ann:secret@127.0.0.1:{unused.getsockname()[1]}/shop")
        shop = SqlShop(database)
        for call in (
            shop.order("1"),
            shop.orders_of("a@b"),
            shop.recent_orders(1),
            shop.products(),
            shop.customer("a@b"),
            shop.refunds_of("1"),
            shop.cancel_order("1", "key"),
            shop.erase("a@b"),
        ):
            with pytest.raises(ShopUnavailable, match="ann") as caught:
                await call
            assert "secret" not in str(caught.value)
        await database.close()
