"""What is deleted, when, and what stays; on both databases."""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import sys
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select
from structlog.testing import capture_logs

from aftercare.house import Ground, open_keeping, open_privacy_requests
from aftercare.retention import MAIL_PATIENCE, Enforcement, enforce
from aftercare.settings import ROOT
from bot.letters import Letter
from conversations import Author, Conversations, Incoming, LocalLocks, MessageRow
from conversations.privacy import AUDIT, CLAIM, REQUESTS
from mail import messages_in, read_message
from shop import CarrierScan, Erasure, NotOffered, ShopUnavailable, SqlShop, TrackingCode
from storage import Base, table
from tests.aftercare.privacy import (
    ANNA,
    EMRE,
    INVOICES,
    WORDS,
    Assistant,
    Clock,
    ask_for_deletion,
    customer,
    furnished,
    leave_traces,
    talk,
    texts,
    uploads,
)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def ground(tmp_path: Path, database_url: str, clock: Clock) -> AsyncIterator[Ground]:
    laid = await furnished(tmp_path, database_url, clock)
    yield laid
    await laid.database.close()


async def rows(ground: Ground, target: Any) -> list[dict[str, Any]]:
    async with ground.database.reading() as connection:
        return [dict(row) for row in (await connection.execute(select(target))).mappings()]


async def size(ground: Ground) -> dict[str, int]:
    """How many rows each table has."""
    async with ground.database.reading() as connection:
        return {
            name: await connection.scalar(select(func.count()).select_from(target)) or 0
            for name, target in Base.metadata.tables.items()
        }


def farewells(ground: Ground) -> list[str]:
    """To whom it was written that everything is deleted."""
    letters = [read_message(path) for path in messages_in(ground.settings.mail)]
    return [letter["To"] for letter in letters if "has been deleted" in letter["Subject"]]


async def test_after_a_deletion_nothing_is_left_but_what_the_law_keeps(ground: Ground, clock: Clock) -> None:
    await talk(ground, "somebody", "where is my parcel", (await customer(ground, EMRE)).id)
    who = await leave_traces(ground, ANNA)
    await ask_for_deletion(ground, who)
    assert who.phone is not None
    traces = [who.name, who.email, who.phone, who.address.street, WORDS, who.phone.replace(" ", "")[1:]]
    before = "\n".join((await texts(ground.database)).values())
    assert [trace for trace in traces if trace.casefold() not in before] == []

    clock.wait(days=8)
    assert (await enforce(ground)).deleted == 1
    kept = await texts(ground.database, but=[INVOICES])
    assert [(name, trace) for name, text in kept.items() for trace in traces if trace.casefold() in text] == []
    assert not {who.id.casefold()} & set("\n".join(kept.values()).split())
    invoices = (await texts(ground.database))[INVOICES]
    assert who.name.casefold() in invoices and who.email not in invoices

    assert uploads(ground) == 1
    assert await ground.shop.customer(EMRE) is not None
    assert {row["conversation_id"] for row in await rows(ground, table(MessageRow))} == {"rest:somebody"}


async def test_what_was_erased_is_on_record_without_a_name(ground: Ground, clock: Clock) -> None:
    await ask_for_deletion(ground, await leave_traces(ground, ANNA))
    clock.wait(days=8)
    await enforce(ground)
    (request,) = await rows(ground, REQUESTS)
    assert (request["state"], request["customer_id"], request["email"]) == ("done", None, None)
    assert request["done_at"] == clock() and request["invoice_years"] == 8
    audit = {row["what"]: row["count"] for row in await rows(ground, AUDIT)}
    assert {row["request_id"] for row in await rows(ground, AUDIT)} == {request["id"]}
    assert audit["conversations"] == audit["photos"] == audit["trackers"] == 3
    assert (audit["messages"], audit["handoffs"], audit["letters"]) == (6, 3, 1)
    assert (audit["customers"], audit["claims"]) == (1, 1)


async def test_the_customer_is_told_once_however_often_it_runs(ground: Ground, clock: Clock) -> None:
    await ask_for_deletion(ground, await leave_traces(ground, ANNA))
    clock.wait(days=8)
    runs = await asyncio.gather(enforce(ground), enforce(ground))
    assert sum(run.deleted for run in runs) == 1
    erased = await rows(ground, AUDIT)
    assert (await enforce(ground)).deleted == 0
    clock.wait(days=2)
    assert (await enforce(ground)).deleted == 0
    assert await rows(ground, AUDIT) == erased
    assert farewells(ground) == [ANNA]


async def test_what_was_withdrawn_in_time_is_not_deleted(ground: Ground, clock: Clock) -> None:
    who = await customer(ground, ANNA)
    requests = open_privacy_requests(ground)
    await ask_for_deletion(ground, who)
    clock.wait(days=6)
    assert (await enforce(ground)).deleted == 0
    assert await requests.withdraw_deletion(who)
    assert not await requests.withdraw_deletion(who)
    clock.wait(days=6)
    assert await enforce(ground) == Enforcement(forgotten=(await enforce(ground)).forgotten)
    assert await ground.shop.customer(ANNA) == who
    (request,) = await rows(ground, REQUESTS)
    assert (request["state"], request["email"]) == ("withdrawn", None)


async def test_a_second_request_changes_nothing(ground: Ground, clock: Clock) -> None:
    who = await customer(ground, ANNA)
    requests = open_privacy_requests(ground)
    await ask_for_deletion(ground, who)
    due = await requests.deletion_due(who)
    clock.wait(days=1)
    assert await requests.request_deletion(who, "en", clock() + timedelta(days=7), "another") == due
    assert len(await rows(ground, REQUESTS)) == 1


async def test_what_is_under_way_is_finished_first(ground: Ground, clock: Clock) -> None:
    who = await customer(ground, EMRE)
    await ask_for_deletion(ground, who)
    await talk(ground, "verified", WORDS, who.id)
    clock.wait(days=8)
    waiting = await enforce(ground)
    assert (waiting.deleted, waiting.waiting) == (0, 1)
    assert await open_privacy_requests(ground).deletion_due(who) is not None
    assert (await size(ground))["conversation_messages"] == 2

    for order in await ground.shop.orders_of(EMRE):
        for parcel in order.shipments:
            scan = CarrierScan(parcel.tracking_number, TrackingCode.DELIVERED, clock(), "Köln", "DE")
            await ground.shop.record_scan(scan)
    clock.wait(days=1)
    assert (await enforce(ground)).deleted == 1
    assert await ground.shop.customer(EMRE) is None


class Unreliable(SqlShop):
    """A shop that is away when a customer is to be erased, or cannot erase at all."""

    error: Exception | None = None

    async def erase(self, email: str) -> Erasure:
        if self.error:
            raise self.error
        return await super().erase(email)


@pytest.fixture
def unreliable(ground: Ground, clock: Clock) -> Ground:
    return replace(ground, shop=Unreliable(ground.database, ground.policies, now=clock))


async def test_what_failed_is_gone_on_with(unreliable: Ground, clock: Clock) -> None:
    ground, shop = unreliable, unreliable.shop
    assert isinstance(shop, Unreliable)
    who = await leave_traces(ground, ANNA)
    await ask_for_deletion(ground, who)
    clock.wait(days=8)
    shop.error = ShopUnavailable("the power went out")
    with pytest.raises(ShopUnavailable):
        await enforce(ground)
    assert not await open_privacy_requests(ground).withdraw_deletion(who)
    shop.error = None
    assert (await enforce(ground)).deleted == 0
    clock.wait(seconds=CLAIM.total_seconds())
    assert (await enforce(ground)).deleted == 1
    assert await shop.customer(ANNA) is None
    (request,) = await rows(ground, REQUESTS)
    assert (request["state"], request["email"]) == ("done", None)


async def test_a_shop_that_cannot_erase_is_left_to_its_operator(unreliable: Ground, clock: Clock) -> None:
    ground, shop = unreliable, unreliable.shop
    assert isinstance(shop, Unreliable)
    await ask_for_deletion(ground, await leave_traces(ground, ANNA))
    clock.wait(days=8)
    shop.error = NotOffered("not here")
    with capture_logs() as logs:
        assert (await enforce(ground)).waiting == 1
    (said,) = [entry for entry in logs if entry["event"] == "privacy.put_off"]
    (request,) = await rows(ground, REQUESTS)
    assert said == {
        "event": "privacy.put_off",
        "log_level": "error",
        "request_id": request["id"],
        "reason": "not_offered",
    }
    assert farewells(ground) == []
    # By hand, in the back end of the shop.
    await SqlShop.erase(shop, ANNA)
    clock.wait(days=1)
    assert (await enforce(ground)).deleted == 1
    assert farewells(ground) == [ANNA]


async def test_another_customer_with_the_address_is_not_deleted(ground: Ground, clock: Clock) -> None:
    await ask_for_deletion(ground, replace(await customer(ground, ANNA), id="C99999"))
    clock.wait(days=8)
    assert (await enforce(ground)).waiting == 1
    assert await ground.shop.customer(ANNA) is not None


async def test_the_address_is_forgotten_though_no_mail_server_takes_the_letter(ground: Ground, clock: Clock) -> None:
    await ask_for_deletion(ground, await customer(ground, ANNA))
    clock.wait(days=8)
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        settings = ground.settings.model_copy(update={"smtp_url": f"smtp://127.0.0.1:{nobody.getsockname()[1]}"})
        cut_off = replace(ground, settings=settings)
        assert (await enforce(cut_off)).waiting == 1
        assert await ground.shop.customer(ANNA) is None
        clock.wait(days=1)
        assert (await enforce(cut_off)).waiting == 1
        clock.wait(seconds=MAIL_PATIENCE.total_seconds())
        assert (await enforce(cut_off)).deleted == 1
    (request,) = await rows(ground, REQUESTS)
    assert (request["state"], request["email"], request["invoice_years"]) == ("done", None, 8)


async def test_a_conversation_of_two_customers_is_told_to_neither_and_deleted_with_either(
    ground: Ground, clock: Clock
) -> None:
    anna, emre = await customer(ground, ANNA), await customer(ground, EMRE)
    await talk(ground, "own", WORDS, anna.id)
    await talk(ground, "shared", WORDS, anna.id)
    second = Conversations(ground.database, Assistant(emre.id), LocalLocks(), clock)
    await second.receive(Incoming("rest", "shared", "now it is me"))
    keeping = open_keeping(ground)
    assert (await keeping.of(anna.id), await keeping.of(emre.id)) == (["rest:own"], [])
    await keeping.erase(emre.id, emre.email, None)
    assert await keeping.of(anna.id) == ["rest:own"]
    assert {row["conversation_id"] for row in await rows(ground, table(MessageRow))} == {"rest:own"}


async def test_what_is_older_than_its_period_goes(ground: Ground, clock: Clock) -> None:
    who = await customer(ground, ANNA)
    await leave_traces(ground, ANNA)
    await ground.outbox.deliver_due()
    clock.wait(days=200)
    await talk(ground, "later", WORDS, who.id)
    conversations = Conversations(ground.database, Assistant(who.id), LocalLocks(), clock)
    await conversations.receive(Incoming("rest", "verified", "and another thing"))

    counted = await enforce(ground, dry_run=True)
    before = await size(ground)
    assert counted.forgotten == {
        "messages": 0,
        "photos": 3,
        "letters": 1,
        "questions": 0,
        "translations": 4,
        "audit log": 0,
        "agents' sessions": 0,
        "agents' links": 0,
        "notifications": 0,
        "codes": 2,
        "webhooks": 0,
        "sessions": 0,
    }
    assert uploads(ground) == 4
    assert (await enforce(ground)).forgotten == counted.forgotten
    after = await size(ground)
    changed = {name: (before[name], after[name]) for name in before if before[name] != after[name]}
    assert changed == {
        "conversation_photos": (4, 1),
        "mail_outbox": (1, 0),
        "desk_translations": (4, 0),
        "bot_codes": (1, 0),
        "bot_code_pauses": (1, 0),
    }
    assert uploads(ground) == 1

    clock.wait(days=170)
    counted = await enforce(ground, dry_run=True)
    assert (counted.forgotten["messages"], counted.forgotten["questions"]) == (6, 1)
    assert (await enforce(ground)).forgotten == counted.forgotten
    left = [(row["conversation_id"], row["author"]) for row in await rows(ground, table(MessageRow))]
    assert sorted(left) == [
        ("rest:later", Author.BOT),
        ("rest:later", Author.CUSTOMER),
        ("rest:verified", Author.BOT),
        ("rest:verified", Author.CUSTOMER),
    ]
    sizes = await size(ground)
    assert (sizes["conversations"], sizes["bot_trackers"], sizes["knowledge_gaps"]) == (2, 2, 0)
    assert await ground.shop.customer(ANNA) == who


async def test_an_answer_may_outlive_its_question(ground: Ground, clock: Clock) -> None:
    class Slow(Assistant):
        async def reply(self, *arguments: Any, **options: Any) -> Any:
            clock.wait(minutes=2)
            return await super().reply(*arguments, **options)

    await Conversations(ground.database, Slow(None), LocalLocks(), clock).receive(Incoming("rest", "u1", "hello"))
    assert await open_keeping(ground).forget(clock() - timedelta(minutes=1)) == 1
    (answer,) = await rows(ground, table(MessageRow))
    assert (answer["author"], answer["answers_id"]) == (Author.BOT, None)


async def test_copies_that_can_no_longer_be_fetched_forget_the_address(ground: Ground, clock: Clock) -> None:
    who = await customer(ground, ANNA)
    requests = open_privacy_requests(ground)
    request_id = await requests.request_export(who, "en", clock() + timedelta(hours=24), "key")
    assert await requests.request_export(who, "en", clock() + timedelta(hours=24), "key") == request_id
    await enforce(ground)
    assert await requests.export(request_id) is not None
    clock.wait(hours=24)
    assert await requests.export(request_id) is None
    await enforce(ground)
    (request,) = await rows(ground, REQUESTS)
    assert (request["state"], request["email"], request["customer_id"]) == ("done", None, who.id)


def test_the_command_counts_first(tmp_path: Path) -> None:
    (tmp_path / "articles").mkdir()
    environment = {"AFTERCARE_HOME": str(tmp_path), "AFTERCARE_ARTICLES": str(tmp_path / "articles")}
    for arguments, said in (["--dry-run"], "To delete"), ([], "Deleted"):
        command = [sys.executable, "-m", "aftercare", "retention", *arguments]
        result = subprocess.run(
            command, cwd=ROOT, env=os.environ | environment, capture_output=True, text=True, timeout=60
        )
        assert result.returncode == 0, result.stderr
        assert said in result.stdout and "Messages" in result.stdout and "Customers" in result.stdout


async def test_letters_to_others_stay(ground: Ground) -> None:
    for address in (ANNA, EMRE):
        await ground.outbox.put(Letter("invoice", address, "en", {"order_number": "AC-1", "url": "u"}), address)
    assert await ground.outbox.forget_recipient(ANNA) == 1
    (left,) = await ground.outbox.letters_to(EMRE)
    assert (left.letter, left.recipient, left.sent_at) == ("invoice", EMRE, None)
