"""A desk with the demonstration's shop behind it, and its page of a conversation."""

from __future__ import annotations

import json
import shutil
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import insert

from aftercare.settings import ROOT
from bot.tables import TrackerRow
from conversations import Photos
from conversations.service import CUSTOMERS
from desk.access.agents import Agent
from desk.console.pages import Part
from desk.console.parts import Rooms, conversation_parts
from desk.models import Ticket
from desk.translation import Translations
from documents import Links
from knowledge_base import KnowledgeBase
from mail import Composer, FolderMailer, Outbox
from shop import SqlShop
from shop.demo import seed
from shop.policies import Policies
from storage import Database, table
from tests.desk.house import LANGUAGES, SECRET, SHOP, House, open_house
from tests.mail.samples import LETTERHEAD, LOCALES

PUBLIC_URL = "https://care.halden.example"
TRACKERS = table(TrackerRow)

DELIVERED = "AC-114590"
"""An order that was delivered four days ago, for less than the agents' limit in part, and for more as a whole."""
LATE = "AC-116283"
"""One that was delivered 70 days ago: too late for a return."""
ANNOUNCED = "AC-138265"
"""One of which a part is to go back, and has a label."""


ARTICLES = ("return-policy", "warranty", "payment-methods")
"""Those of the shop's own articles that the desk has: reading all of them takes a while."""


def articles(home: Path, policies: Policies) -> KnowledgeBase:
    """A few of the shop's own articles."""
    for language in LANGUAGES:
        (home / language).mkdir(parents=True)
        for slug in ARTICLES:
            shutil.copy(ROOT / "knowledge_base" / "articles" / language / f"{slug}.md", home / language)
    return KnowledgeBase(home, policies.for_country)


class Dictionary:
    """A translator that knows a few sentences."""

    name = "dictionary"

    def __init__(self, sentences: dict[tuple[str, str, str], str]) -> None:
        self._sentences = sentences

    async def open(self) -> None:
        """There is nothing to open."""

    async def close(self) -> None:
        """There is nothing to close."""

    def supports(self, source: str, target: str) -> bool:
        """Whether it knows a sentence of the kind."""
        return any((known, into) == (source, target) for _, known, into in self._sentences)

    async def translate(self, texts: Sequence[str], source: str, target: str) -> list[str]:
        """What it knows; what it does not know stays as it is."""
        return [self._sentences.get((text, source, target), text) for text in texts]


@dataclass
class Talks:
    """The house, and what its page of a conversation works with."""

    house: House
    shop: SqlShop
    post: Outbox
    photos: Photos
    rooms: Rooms
    folder: Path

    async def about(
        self, order_number: str, *, language: str | None = None, verified: bool = True, sender: str = "ann", **wish: Any
    ) -> Ticket:
        """The ticket of the customer of an order, who spoke of it with the bot."""
        order = await self.shop.order(order_number)
        assert order
        customer, conversation_id = order.customer, f"widget:{sender}"
        ticket = await self.house.ask(
            sender,
            wish.pop("text", "My order arrived, but there is something wrong with it."),
            name=customer.name,
            language=language or customer.language,
            summary={"flow": "report_damaged", "order_number": order_number, **wish.pop("summary", {})},
            **wish,
        )
        slots = {"order_number": order_number, "damage_kind": "scratched_or_stained"}
        if verified:
            slots["verified"] = {"id": customer.id, "email": customer.email, "until": "2026-01-01T00:00:00+00:00"}  # type: ignore[assignment]
        events = json.dumps([{"event": "slot", "name": name, "value": value} for name, value in slots.items()])
        async with self.house.database.writing() as connection:
            await connection.execute(insert(TRACKERS), {"conversation_id": conversation_id, "events": events})
            if verified:
                proven = {"conversation_id": conversation_id, "customer_id": customer.id}
                await connection.execute(insert(CUSTOMERS), proven)
        return ticket

    async def held(self, agent: Agent, order_number: str = DELIVERED, **wish: Any) -> Ticket:
        """The same, accepted by an agent."""
        ticket = await self.about(order_number, **wish)
        return await self.house.tickets.accept(ticket.id, agent)

    def letters(self) -> list[str]:
        """What was written to customers, once it was delivered."""
        return [path.read_text(encoding="utf-8") for path in sorted(self.folder.rglob("*.eml"))]


@asynccontextmanager
async def open_talks(
    home: Path,
    *,
    sentences: dict[tuple[str, str, str], str] | None = None,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> AsyncIterator[Talks]:
    """Serve a desk, with agents' prepared answers, and a shop that has orders.

    Args:
        sentences: what the translator knows: (text, source, target) to the translation; None for no translator.
    """
    made: list[Talks] = []

    def parts(house: House) -> tuple[Part, ...]:
        database: Database = house.database
        shop = SqlShop(database, house.policies, now=now)
        post = Outbox(database, FolderMailer(home / "mail", now), Composer(LOCALES, LETTERHEAD, now), now)
        photos = Photos(database, home / "photos", now)
        rooms = Rooms(
            database=database,
            conversations=house.conversations,
            outbox=house.outbox,
            tickets=house.tickets,
            access=house.access,
            canned=house.canned,
            shop=shop,
            policies=house.policies,
            knowledge_base=articles(home / "articles", house.policies),
            translations=Translations(Dictionary(sentences) if sentences else None, database, now),
            photos=photos,
            post=post,
            link=Links(SECRET, PUBLIC_URL, now).url,
            public_url=PUBLIC_URL,
            reason_text=lambda reason, language: f"{reason} ({language})",
            shop_name=SHOP,
            now=now,
        )
        made.append(Talks(house, shop, post, photos, rooms, home / "mail"))
        return conversation_parts(rooms, house.frame)

    async with open_house(home, now=now, parts=parts) as house:
        await seed(house.database, now(), policies=house.policies)
        await house.canned.seed()
        yield made[0]
