"""A house on a clock that the test sets, and a customer who has left traces in all of its rooms."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

from PIL import Image
from sqlalchemy import JSON, String, insert, select

from aftercare.house import Ground, furnish, lay_ground, open_photos, open_privacy_requests
from aftercare.settings import Settings
from bot.directives import handoff
from bot.identity import Codes
from bot.letters import Letter
from bot.reply import Reply, Understanding
from bot.tables import TrackerRow
from conversations import Conversations, Inbox, Incoming, LocalLocks, Notice, NotNow, Outbox, Outgoing
from knowledge_base import Gap, GapKind, GapLog, GapSource
from shop import ClaimKind, ClaimRequest, ClaimStatus, Customer, Item, Remedy
from storage import Base, Database, Encrypted, table
from tests.aftercare.desk_traces import work_on

ANNA = "anna.lindner@posteo.example"
"""All of her orders are finished."""

EMRE = "emre.yilmaz@mail.example"
"""One of his is on its way."""

WORDS = "the red thread snapped"

INVOICES = "shop_invoice_recipients"
"""The table of what the tax office may see, and nobody else."""


class Clock:
    """The present moment, which goes on only when it is told to."""

    def __init__(self) -> None:
        self.moment = datetime.now(UTC)

    def __call__(self) -> datetime:
        return self.moment

    def wait(self, **duration: float) -> None:
        """Let time pass."""
        self.moment += timedelta(**duration)


class Assistant:
    """A bot that finds out who the customer is, and asks for a person."""

    def __init__(self, customer_id: str | None) -> None:
        self.customer_id = customer_id

    async def reply(self, conversation_id: str, text: str, locale_hint: str | None = None, **context: Any) -> Reply:
        understanding = Understanding("report_damaged", 1.0, "en", [{"entity": "email", "value": text}])
        asks = [handoff("claim", summary={"description": text})]
        return Reply([{"text": f"You said: {text}"}], "en", understanding, asks, self.customer_id)


async def furnished(home: Path, database_url: str, clock: Clock) -> Ground:
    """The ground of a house with the demonstration shop, on a migrated database."""
    (home / "articles").mkdir(exist_ok=True)
    ground = lay_ground(
        Settings(  # type: ignore[call-arg]
            home=home, database_url=database_url, articles=home / "articles", _env_file=None
        ),
        clock,
    )
    await furnish(ground)
    return ground


async def customer(ground: Ground, email: str) -> Customer:
    """A customer who is there."""
    found = await ground.shop.customer(email)
    assert found is not None
    return found


async def talk(ground: Ground, sender: str, text: str, customer_id: str | None) -> None:
    """A message, with a photograph, and what the bot remembers of it; it waits in the inbox, its answer in the
    outbox.
    """
    outbox = Outbox(ground.database, ground.now)
    outbox.register("rest", lambda content, language: [dict(content)], undelivered)
    conversations = Conversations(ground.database, Assistant(customer_id), LocalLocks(), ground.now, outbox=outbox)
    await Inbox(ground.database, ground.now).put("rest", [Notice(f"{sender}:{text}", f"rest:{sender}", {"text": text})])
    photo = await open_photos(ground).keep(f"rest:{sender}", picture())
    await conversations.receive(Incoming("rest", sender, text, photos=(photo.id,)))
    async with ground.database.writing() as connection:
        await connection.execute(
            insert(table(TrackerRow)), {"conversation_id": f"rest:{sender}", "events": f'[{{"text": "{text}"}}]'}
        )


async def undelivered(outgoing: Outgoing) -> None:
    """A platform that takes nothing."""
    raise NotNow("it is away")


async def leave_traces(ground: Ground, email: str) -> Customer:
    """Have a customer talk, complain, get letters and codes; returns the customer."""
    who = await customer(ground, email)
    await talk(ground, "verified", f"I am {who.name}, {WORDS}", who.id)
    await talk(ground, "unverified", f"hello, my address is {email.upper()}, {WORDS}", None)
    await talk(ground, "+4917604069012", f"{WORDS}, again", None)
    for sender in ("verified", "unverified", "+4917604069012"):
        await work_on(ground, f"rest:{sender}", f"{who.name} says: {WORDS}")
    codes = Codes(ground.database, ground.outbox, ground.secret, ground.now)
    await codes.begin("rest:verified", email, who, "en", minutes=10)
    await codes.close()
    await ground.outbox.put(Letter("invoice", email, "en", {"order_number": "AC-1", "url": "http://x"}), "invoice:1")
    order = (await ground.shop.orders_of(email))[-1]
    claim = ClaimRequest(
        order.number,
        ClaimKind.DAMAGED,
        (Item(order.lines[0].sku),),
        Remedy.REFUND,
        ClaimStatus.REVIEW,
        description=WORDS,
    )
    await ground.shop.open_claim(claim, "claim")
    gap = Gap(GapKind.UNANSWERED, f"why does {email} not get any mail", "en", GapSource.CHAT)
    await GapLog(ground.database, ground.now).record(gap)
    return who


async def ask_for_deletion(ground: Ground, who: Customer) -> None:
    """Have a customer's data deleted in a week."""
    due = ground.now() + timedelta(days=7)
    await open_privacy_requests(ground).request_deletion(who, "en", due, f"rest:{who.id}:deletion")


async def texts(database: Database, but: Sequence[str] = ()) -> dict[str, str]:
    """All texts of each table, but for some."""
    found = {}
    async with database.reading() as connection:
        for name, target in Base.metadata.tables.items():
            columns = [column for column in target.c if isinstance(column.type, String | JSON | Encrypted)]
            if columns and name not in but:
                rows = await connection.execute(select(*columns))
                found[name] = "\n".join(str(value) for row in rows for value in row).casefold()
    return found


def picture() -> bytes:
    """A small photograph."""
    data = BytesIO()
    Image.new("RGB", (64, 48), "grey").save(data, "jpeg")
    return data.getvalue()


def uploads(ground: Ground) -> int:
    """How many photographs lie in the folder."""
    return len(list(ground.settings.uploads.glob("*")))
