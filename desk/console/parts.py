"""The page of a conversation, put together."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from bot.letters import Post
from conversations import Conversations, Outbox, Photos
from desk.access.web import Access
from desk.canned import Canned
from desk.console.acting import Acting, Link
from desk.console.conversation import ConversationPages, Readings
from desk.console.frame import Frame
from desk.console.pages import Part
from desk.console.summary import Summaries
from desk.console.talking import Means, Talking
from desk.console.transcript import ReasonText, Transcript
from desk.tickets import Tickets
from desk.translation import Translations
from knowledge_base import KnowledgeBase
from shop import Policies, Shop
from storage import Database


@dataclass(frozen=True)
class Rooms:
    """What the page of a conversation is made from.

    Attributes:
        outbox: of the messengers; it knows what was delivered.
        photos: what customers and agents show; None where nothing is kept.
        post: takes letters to customers.
        link: makes the links to labels.
        public_url: under which customers reach the server, without a slash at its end.
        reason_text: why something was not delivered, in words: from the reason that the outbox keeps, and a language.
        shop_name: what the shop is called.
        now: the present moment, aware.
    """

    database: Database
    conversations: Conversations
    outbox: Outbox
    tickets: Tickets
    access: Access
    canned: Canned
    shop: Shop
    policies: Policies
    knowledge_base: KnowledgeBase
    translations: Translations
    photos: Photos | None
    post: Post
    link: Link
    public_url: str
    reason_text: ReasonText
    shop_name: str
    now: Callable[[], datetime] = lambda: datetime.now(UTC)


def conversation_parts(rooms: Rooms, frame: Frame) -> tuple[Part, ...]:
    """What `desk.console.pages.Desk` shows of conversations."""
    rules, audit = rooms.tickets.rules, rooms.access.audit
    summaries = Summaries(rooms.database, rooms.conversations, rooms.shop)
    readings = Readings(
        conversations=rooms.conversations,
        tickets=rooms.tickets,
        agents=rooms.access.agents,
        audit=audit,
        rules=rules,
        summaries=summaries,
        transcript=Transcript(rooms.database, rooms.outbox, rooms.access.agents, rooms.photos),
        translations=rooms.translations,
        knowledge_base=rooms.knowledge_base,
        photos=rooms.photos,
        reason_text=rooms.reason_text,
    )
    means = Means(
        conversations=rooms.conversations,
        tickets=rooms.tickets,
        canned=rooms.canned,
        summaries=summaries,
        acting=Acting(rooms.shop, rooms.policies, audit, rooms.post, rooms.link, rules.refund_limit, rooms.now),
        translations=rooms.translations,
        knowledge_base=rooms.knowledge_base,
        photos=rooms.photos,
        public_url=rooms.public_url,
        country_of=lambda language: rooms.policies.language_country.get(language, ""),
        shop=rooms.shop_name,
    )
    return ConversationPages(readings, frame), Talking(means, frame)
