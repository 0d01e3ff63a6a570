"""What an agent has to know of a conversation before the first word: who it is, what they want, what was tried."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import structlog
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.intents import FLOWS, NOT_UNDERSTOOD
from conversations import Author, Conversations
from conversations.messages import MESSAGES
from conversations.tables import ConversationRow, HandoffRow, RatingRow
from desk.access.agents import Agent
from desk.console.local_time import zone_of
from desk.console.mood import MOST, Mood, score
from desk.models import Ticket
from desk.slots import VERIFIED, slots_of
from desk.tables import TicketRow
from shop import (
    Claim,
    Customer,
    Money,
    Order,
    Refund,
    Repair,
    Replacement,
    Return,
    Shop,
    ShopUnavailable,
    order_digits,
)
from shop.eligibility import refundable
from storage import Database, table

logger = structlog.get_logger()

CONVERSATIONS = table(ConversationRow)
HANDOFFS = table(HandoffRow)
RATINGS = table(RatingRow)
TICKETS = table(TicketRow)

MOST_ORDERS = 4
"""So many orders of a customer are looked at: those that they speak of, then the newest."""

MOST_PAST = 8

MOST_SAID = 500
"""So many messages of a conversation are looked at, the latest."""

ORDER = "order_number"
"""Slot of the bot: of which order they speak."""

NOT_SHOWN = frozenset({"flow", "severity"})
"""What a matter holds besides its facts."""

PERSONAL = frozenset({"email", "code", VERIFIED})
"""Slots that say who somebody is, or prove it: the summary says the first where it belongs, and nobody the second."""

INNER = frozenset({"case", "last_case", "settled", "rating_asked", "guesses", "requested_slot", "complaints"})
"""Slots that are the bot's own bookkeeping."""

_ARTICLE = re.compile(r"/help/[\w-]+/articles/([\w-]+)")


@dataclass(frozen=True)
class Who:
    """The customer.

    Attributes:
        name: as the shop knows them, or else the channel.
        verified: whether they proved to be who they are, in this conversation.
        zone: where they live, as far as their country, or a parcel of theirs, says so.
    """

    name: str | None
    email: str | None
    verified: bool
    country: str | None
    zone: tzinfo | None


@dataclass(frozen=True)
class Matter:
    """Something that the bot passed on.

    Attributes:
        flow: the intent of the flow in which it was.
        facts: what was known of it, by name.
    """

    flow: str | None
    facts: Mapping[str, Any]


@dataclass(frozen=True)
class Tried:
    """What happened before: the bot's flows, the articles it named (slugs), and how often it did not understand."""

    flows: tuple[str, ...] = ()
    articles: tuple[str, ...] = ()
    misunderstood: int = 0


@dataclass(frozen=True)
class OrderFile:
    """An order, what came of it, and what could still be refunded.

    Attributes:
        mentioned: whether the conversation is about it.
    """

    order: Order
    returns: tuple[Return, ...]
    refunds: tuple[Refund, ...]
    replacements: tuple[Replacement, ...]
    claims: tuple[Claim, ...]
    repairs: tuple[Repair, ...]
    refundable: Money
    mentioned: bool = False


@dataclass(frozen=True)
class Past:
    """Another conversation of the same customer; with its latest ticket, if it has one, and its latest rating."""

    conversation_id: str
    channel: str
    created_at: datetime
    ticket_id: int | None
    stars: int | None


@dataclass(frozen=True)
class Summary:
    """What there is to know.

    Attributes:
        language: of the conversation; None while nobody knows it.
        reason: why it was passed on, as `bot.directives.handoff` names reasons.
        ratings: the stars that were given in this conversation, the oldest first.
        slots: what the bot knows at present.
        shop_away: whether the shop could not be asked.
    """

    who: Who
    channel: str
    language: str | None
    reason: str
    matters: tuple[Matter, ...]
    tried: Tried
    orders: tuple[OrderFile, ...]
    past: tuple[Past, ...]
    ratings: tuple[int, ...]
    mood: Mood
    slots: Mapping[str, Any]
    reachable_until: datetime | None = None
    shop_away: bool = False

    def order(self, number: str) -> OrderFile | None:
        """The order with a number, if it is one of these."""
        digits = order_digits(number)
        return next((file for file in self.orders if order_digits(file.order.number) == digits), None)


class Summaries:
    """Puts together what is known of conversations."""

    def __init__(
        self,
        database: Database,
        conversations: Conversations,
        shop: Shop,
    ) -> None:
        self._database = database
        self._conversations = conversations
        self._shop = shop

    async def of(self, ticket: Ticket, agent: Agent) -> Summary:
        """The summary of a ticket's conversation, for an agent. Raises `storage.DatabaseUnavailable`."""
        conversation_id = ticket.conversation_id
        async with self._database.reading() as connection:
            row = (await connection.execute(select(CONVERSATIONS).where(CONVERSATIONS.c.id == conversation_id))).one()
            said = await _said(connection, conversation_id)
            contexts = await _contexts(connection, ticket)
            slots = await slots_of(connection, conversation_id)
            rated = select(RATINGS.c.stars).where(RATINGS.c.conversation_id == conversation_id)
            ratings = tuple(await connection.scalars(rated.order_by(RATINGS.c.created_at)))
        proven = set(await self._conversations.customers(conversation_id))
        matters = tuple(_matter(context) for context in contexts)
        mentioned = _mentioned([*(matter.facts for matter in matters), slots])
        away = False
        customer: Customer | None = None
        orders: tuple[OrderFile, ...] = ()
        try:
            customer, orders = await self._orders(slots, mentioned, proven)
        except ShopUnavailable as error:
            logger.warning("desk.shop_unavailable", conversation_id=conversation_id, reason=str(error))
            away = True
        return Summary(
            who=self._who(row.name, row.language, customer, orders, proven),
            channel=row.channel,
            language=row.language,
            reason=ticket.reason,
            matters=matters,
            tried=_tried(said),
            orders=orders,
            past=await self._past(conversation_id),
            ratings=ratings,
            mood=_mood(said, row.language or agent.locale),
            slots={name: value for name, value in slots.items() if name not in PERSONAL | INNER},
            reachable_until=row.reachable_until,
            shop_away=away,
        )

    async def _orders(
        self, slots: Mapping[str, Any], mentioned: Sequence[str], proven: set[str]
    ) -> tuple[Customer | None, tuple[OrderFile, ...]]:
        """The customer, and the orders that matter most. Raises `ShopUnavailable`."""
        verified = slots.get(VERIFIED) or {}
        found = [order for number in mentioned if (order := await self._shop.order(number))]
        customer = await self._shop.customer(verified["email"]) if verified.get("email") else None
        if customer is None:
            owners = [order.customer for order in found]
            customer = next((owner for owner in owners if owner.id in proven), owners[0] if owners else None)
        about = {order.number for order in found}
        # Whoever only names an order is not shown what else its owner bought.
        if customer and customer.id in proven:
            found += [order for order in await self._shop.orders_of(customer.email) if order.number not in about]
        return customer, tuple([await self._file(order, order.number in about) for order in found[:MOST_ORDERS]])

    async def _file(self, order: Order, mentioned: bool) -> OrderFile:
        number = order.number
        returns = await self._shop.returns_of(number)
        refunds = await self._shop.refunds_of(number)
        return OrderFile(
            order=order,
            returns=tuple(returns),
            refunds=tuple(refunds),
            replacements=tuple(await self._shop.replacements_of(number)),
            claims=tuple(await self._shop.claims_of(number)),
            repairs=tuple(await self._shop.repairs_of(number)),
            refundable=refundable(order, returns, refunds),
            mentioned=mentioned,
        )

    def _who(
        self,
        name: str | None,
        language: str | None,
        customer: Customer | None,
        orders: Sequence[OrderFile],
        proven: set[str],
    ) -> Who:
        if customer is None:
            # Only the language tells where somebody may be: too little to say what time it is there.
            return Who(name, None, bool(proven), None, None)
        scans = [
            event
            for file in orders
            if file.order.country == customer.country
            for shipment in file.order.shipments
            for event in shipment.events
            if event.country == customer.country
        ]
        newest = max(scans, key=lambda event: event.time, default=None)
        zone = zone_of(customer.country) if newest is None else _zone(newest.time_zone)
        return Who(customer.name, customer.email, customer.id in proven, customer.country, zone)

    async def _past(self, conversation_id: str) -> tuple[Past, ...]:
        """The other conversations of the customer, the newest first."""
        related = (await self._conversations.related(conversation_id))[:MOST_PAST]
        if not related:
            return ()
        ticket = select(func.max(TICKETS.c.id)).where(TICKETS.c.conversation_id == CONVERSATIONS.c.id)
        stars = (
            select(RATINGS.c.stars)
            .where(RATINGS.c.conversation_id == CONVERSATIONS.c.id)
            .order_by(RATINGS.c.created_at.desc())
            .limit(1)
        )
        query = (
            select(
                CONVERSATIONS.c.id.label("conversation_id"),
                CONVERSATIONS.c.channel,
                CONVERSATIONS.c.created_at,
                ticket.scalar_subquery().label("ticket_id"),
                stars.scalar_subquery().label("stars"),
            )
            .where(CONVERSATIONS.c.id.in_(related))
            .order_by(CONVERSATIONS.c.created_at.desc())
        )
        async with self._database.reading() as connection:
            return tuple(Past(**row) for row in (await connection.execute(query)).mappings())


@dataclass(frozen=True)
class _Said:
    author: str
    content: Mapping[str, Any]
    intent: str | None
    language: str | None


async def _said(connection: AsyncConnection, conversation_id: str) -> list[_Said]:
    """What was said, the oldest first, with what the bot made of it."""
    query = select(MESSAGES.c.author, MESSAGES.c.content, MESSAGES.c.understanding).where(
        MESSAGES.c.conversation_id == conversation_id
    )
    rows = (await connection.execute(query.order_by(MESSAGES.c.id.desc()).limit(MOST_SAID))).all()
    return [
        _Said(author, content, (understood or {}).get("intent"), (understood or {}).get("language"))
        for author, content, understood in reversed(rows)
    ]


async def _contexts(connection: AsyncConnection, ticket: Ticket) -> list[Mapping[str, Any]]:
    """What the bot said of the matters when it passed them on."""
    if ticket.handoff_id is None:
        return []
    context = await connection.scalar(select(HANDOFFS.c.context).where(HANDOFFS.c.id == ticket.handoff_id))
    return list(context or [])


def _matter(context: Mapping[str, Any]) -> Matter:
    facts = {name: value for name, value in context.items() if name not in NOT_SHOWN | PERSONAL and value}
    return Matter(context.get("flow"), facts)


def _mentioned(facts: Iterable[Mapping[str, Any]]) -> list[str]:
    """The numbers of the orders that it is about, each once."""
    return list(dict.fromkeys(str(known[ORDER]) for known in facts if known.get(ORDER)))


def _tried(said: Iterable[_Said]) -> Tried:
    flows: dict[str, None] = {}
    articles: dict[str, None] = {}
    misunderstood = 0
    for one in said:
        if one.author == Author.CUSTOMER:
            if one.intent in FLOWS:
                flows[str(one.intent)] = None
            misunderstood += one.intent == NOT_UNDERSTOOD
        elif one.author == Author.BOT:
            articles.update(dict.fromkeys(_ARTICLE.findall(str(one.content.get("text", "")))))
    return Tried(tuple(flows), tuple(articles), misunderstood)


def _mood(said: Iterable[_Said], language: str) -> Mood:
    theirs = [one for one in said if one.author == Author.CUSTOMER and is_written(one.content)]
    return Mood(tuple(score(one.content["text"], one.language or language, one.intent) for one in theirs[-MOST:]))


def is_written(content: Mapping[str, Any]) -> bool:
    """Whether a customer wrote it, and did not press a button."""
    text = str(content.get("text") or "")
    return bool(text) and not text.startswith("/") and not content.get("title")


def _zone(name: str) -> tzinfo | None:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return None
