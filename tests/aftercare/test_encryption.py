"""Personal data in the database: not to be read without the keys, which can be changed."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import make_url, select, text

from aftercare.errors import ConfigurationError
from aftercare.keys import prepare_storage, rotate
from aftercare.settings import Settings, SettingsError
from conversations.tables import PrivacyRequestRow
from mail.tables import OutboxRow
from shop import SqlShop
from shop.aftersales_tables import InvoiceRecipientRow
from shop.rows import from_customer, from_order
from shop.tables import CategoryRow, CustomerRow
from storage import Base, Database, DecryptionError, Keyring, rotation, table
from tests.shop.making import line, order

NOW = datetime(2026, 11, 5, tzinfo=UTC)
PHONE = "+44 7700 900142"
PERSONAL = ("Ann Lee", "ann@mail.example", "7700", "Mill Lane", "LS1 5QL", "Leeds", "Your code is 123456 ✓")
OLD, NEW, SECRET = "old-" * 8, "new-" * 8, "secret-" * 8


def settings(url: str, home: Path, *keys: str, secret: str = SECRET) -> Settings:
    joined = ",".join(keys)
    return Settings(  # type: ignore[call-arg]
        database_url=url, home=home, secret=secret, encryption_keys=joined, _env_file=None  # type: ignore[arg-type]
    )  # fmt: skip


def opened(url: str, *keys: str, secret: str = SECRET) -> Database:
    return Database(url, Keyring([*keys, secret], secret))


async def fill(database: Database, customers: int = 3) -> None:
    """Customers, an order, a letter, a request and the recipient of an invoice; all of it is Ann Lee's."""
    bought = order(line("A-1", "20", "GBP"))
    ann = replace(bought.customer, phone=PHONE)
    async with database.session() as session:
        session.add(CategoryRow(key="tops", names={"en": "Tops"}))
        session.add(from_customer(ann))
        for number in range(2, customers + 1):
            session.add(from_customer(replace(ann, id=f"C{number}", email=f"{number}.ann@mail.example", phone=None)))
        await session.flush()
        placed = from_order(replace(bought, customer=ann))
        # Nobody's address: that of a parcel's scan.
        placed.shipments.clear()
        session.add(placed)
        session.add(
            OutboxRow(
                key="k",
                letter="code",
                recipient="ann@mail.example",
                recipient_key="ann@mail.example",
                message="Your code is 123456 ✓",
                next_attempt_at=NOW,
                created_at=NOW,
            )
        )
        session.add(
            PrivacyRequestRow(
                id="r",
                kind="copy",
                state="open",
                customer_id="C1",
                email="ann@mail.example",
                language="en",
                requested_at=NOW,
                due_at=NOW + timedelta(days=1),
            )
        )
        await session.flush()
        recipient = {"name": "Ann Lee", "address": {"street": "1 Mill Lane"}, "kept_until": NOW.date()}
        session.add(InvoiceRecipientRow(order_id=placed.id, **recipient))


async def readable(database: Database) -> set[str]:
    """What of Ann Lee stands in the database for everybody to read."""
    found = set()
    async with database.reading() as connection:
        for name in Base.metadata.tables:
            for row in await connection.execute(text(f'SELECT * FROM "{name}"')):
                found |= {word for word in PERSONAL if word in str(row)}
    return found


async def check_all_is_there(database: Database) -> None:
    shop = SqlShop(database)
    found = await shop.order("AC-1")
    assert found and found.customer == replace(order(line("A-1", "20", "GBP")).customer, phone=PHONE)
    assert found.shipping_address.street == "1 Mill Lane"
    assert [each.number for each in await shop.orders_of("Ann@Mail.example")] == ["AC-1"]
    by_phone = await shop.customer_by_phone(PHONE)
    assert by_phone and by_phone.id == "C1"
    async with database.reading() as connection:
        letter = (await connection.execute(select(table(OutboxRow)))).one()
        request = (await connection.execute(select(table(PrivacyRequestRow)))).one()
        recipient = (await connection.execute(select(table(InvoiceRecipientRow)))).one()
    assert (letter.recipient, letter.message) == ("ann@mail.example", "Your code is 123456 ✓")
    assert request.email == "ann@mail.example"
    assert (recipient.name, recipient.address) == ("Ann Lee", {"street": "1 Mill Lane"})


async def test_nobody_reads_it_without_the_key_and_all_of_it_with_one(database_url: str) -> None:
    database = opened(database_url, OLD)
    await fill(database)
    assert await readable(database) == set()
    await check_all_is_there(database)
    await database.close()
    for stranger in (opened(database_url, NEW, secret="another-" * 8), Database(database_url)):
        with pytest.raises(DecryptionError):
            await check_all_is_there(stranger)
        await stranger.close()


async def test_what_is_from_before_is_encrypted_at_start(database_url: str, tmp_path: Path) -> None:
    earlier = Database(database_url)
    await fill(earlier)
    assert await readable(earlier) == set(PERSONAL)
    await earlier.close()
    database = opened(database_url)
    await asyncio.to_thread(prepare_storage, settings(database_url, tmp_path), database)
    assert await readable(database) == set()
    await check_all_is_there(database)
    await database.close()
    url = make_url(database_url)
    if url.get_backend_name() == "sqlite":
        files = Path(url.database or "").parent.glob("test.db*")
        assert not any(word.encode() in content for content in (f.read_bytes() for f in files) for word in PERSONAL)


async def test_keys_are_changed_step_by_step(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = opened(database_url, OLD)
    await fill(database, customers=5)
    await database.close()
    # Both keys: all is read. The change is broken off after the first two customers.
    database = opened(database_url, NEW, OLD)
    await check_all_is_there(database)
    await database.close()
    monkeypatch.setattr(rotation, "BATCH", 2)
    write, written = rotation._write, []

    async def stop(*arguments: object) -> int:
        if len(written) == 3:
            raise InterruptedError
        written.append(arguments)
        return await write(*arguments)  # type: ignore[arg-type]

    both = settings(database_url, tmp_path, NEW, OLD)
    with monkeypatch.context() as broken:
        broken.setattr(rotation, "_write", stop)
        with pytest.raises(InterruptedError):
            await asyncio.to_thread(rotate, both, database)
    await check_all_is_there(database)
    await database.close()
    # Begun again, it does what is left, and then nothing.
    done = await asyncio.to_thread(rotate, both, database)
    assert sum(done.values()) == 5 + 4 - 2
    assert not await asyncio.to_thread(rotate, both, database)
    database = opened(database_url, NEW)
    await check_all_is_there(database)
    await database.close()


async def test_a_missing_key_ends_the_start_with_its_name(database_url: str, tmp_path: Path) -> None:
    database = opened(database_url, OLD)
    await fill(database)
    await database.close()
    without = opened(database_url, NEW)
    with pytest.raises(ConfigurationError, match="AFTERCARE_ENCRYPTION_KEYS: none of the encryption keys"):
        await asyncio.to_thread(prepare_storage, settings(database_url, tmp_path, NEW), without)
    with pytest.raises(ConfigurationError, match="AFTERCARE_ENCRYPTION_KEYS"):
        await asyncio.to_thread(rotate, settings(database_url, tmp_path, NEW), without)


async def test_after_another_secret_customers_are_found_again(database_url: str, tmp_path: Path) -> None:
    database = opened(database_url)
    await fill(database)
    await database.close()
    later = "later-" * 8
    # The secret that was the key is listed as one.
    database = opened(database_url, later, SECRET, secret=later)
    assert await SqlShop(database).customer_by_phone(PHONE) is None
    await database.close()
    given = settings(database_url, tmp_path, later, SECRET, secret=later)
    await asyncio.to_thread(prepare_storage, given, database)
    await check_all_is_there(database)
    await database.close()


async def test_the_database_is_found_by_nobody_who_tries_addresses(database_url: str) -> None:
    database = opened(database_url)
    await fill(database)
    customers = table(CustomerRow)
    async with database.reading() as connection:
        keys = (await connection.execute(select(customers.c.email_key).where(customers.c.id == "C1"))).scalars().all()
    assert keys == [Keyring([SECRET], SECRET).digest("ann@mail.example")]
    assert keys != [Keyring([SECRET], NEW).digest("ann@mail.example")]
    await database.close()


def test_a_short_key_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AFTERCARE_ENCRYPTION_KEYS", f"{NEW},short")
    with pytest.raises(SettingsError, match="AFTERCARE_ENCRYPTION_KEYS: must have at least 32 characters") as caught:
        Settings.load(home=tmp_path)
    assert "short" not in str(caught.value)
