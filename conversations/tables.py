"""The tables of what is said."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from storage import Base, Encrypted, UtcDateTime


class Author(StrEnum):
    """Who said a message."""

    CUSTOMER = "customer"
    BOT = "bot"
    AGENT = "agent"
    SYSTEM = "system"
    """Nobody: what happened to the conversation, such as that an agent joined it."""


class ConversationRow(Base):
    """A customer on a channel; `id` is `<channel>:<sender>`.

    `read_by_customer` and `read_by_shop` are the ids of the last messages that were seen, where the channel tells.
    `name` is what the customer is called on the channel; after `reachable_until`, the platform lets nobody write to the
    customer until they write again. `continues` is the conversation on another channel that this one goes on with.
    While somebody of the shop has the floor, `floor` says what they are called, and the bot is silent.
    """

    __tablename__ = "conversations"

    id: Mapped[str] = mapped_column(String(255), primary_key=True)
    channel: Mapped[str] = mapped_column(String(32))
    sender: Mapped[str] = mapped_column(String(200))
    language: Mapped[str | None] = mapped_column(String(16))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    read_by_customer: Mapped[int | None]
    read_by_shop: Mapped[int | None]
    name: Mapped[str | None] = mapped_column(String(100))
    reachable_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    continues: Mapped[str | None] = mapped_column(String(255))
    floor: Mapped[str | None] = mapped_column(String(100))


class MessageRow(Base):
    """One message, in or out. An answer names the message that it answers."""

    __tablename__ = "conversation_messages"
    __table_args__ = (
        UniqueConstraint("conversation_id", "channel_message_id"),
        Index("ix_conversation_messages_conversation", "conversation_id", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    conversation_id: Mapped[str] = mapped_column(ForeignKey("conversations.id"))
    author: Mapped[str] = mapped_column(String(16))
    content: Mapped[dict[str, Any]] = mapped_column(JSON)
    understanding: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    channel_message_id: Mapped[str | None] = mapped_column(String(255))
    answers_id: Mapped[int | None] = mapped_column(ForeignKey("conversation_messages.id"), index=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)


class InboxRow(Base):
    """Something that a platform told us, see `conversations.inbox`.

    It is to be dealt with at `next_attempt_at`. Where that is empty, it is over, and its content is not kept. `answer`
    is what the webhook was answered with, where that says something.
    """

    __tablename__ = "conversation_inbox"
    __table_args__ = (
        UniqueConstraint("channel", "key"),
        Index("ix_conversation_inbox_lane", "conversation_id", "lane", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    channel: Mapped[str] = mapped_column(String(32))
    key: Mapped[str] = mapped_column(String(255))
    conversation_id: Mapped[str] = mapped_column(String(255))
    lane: Mapped[str] = mapped_column(String(16))
    content: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    answer: Mapped[Any | None] = mapped_column(JSON(none_as_null=True))
    attempts: Mapped[int]
    next_attempt_at: Mapped[datetime | None] = mapped_column(UtcDateTime, index=True)
    reason: Mapped[str | None] = mapped_column(String(200))
    received_at: Mapped[datetime] = mapped_column(UtcDateTime)


class OutboxRow(Base):
    """A message, or a part of one, that a customer is to have on a platform, see `conversations.outbox`.

    It is to be sent at `next_attempt_at`. Where that is empty, it is over, and its payload is not kept.
    """

    __tablename__ = "conversation_outbox"
    __table_args__ = (
        Index("ix_conversation_outbox_lane", "conversation_id", "id"),
        Index("ix_conversation_outbox_platform_id", "channel", "platform_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    channel: Mapped[str] = mapped_column(String(32))
    conversation_id: Mapped[str] = mapped_column(ForeignKey("conversations.id"))
    message_id: Mapped[int] = mapped_column(ForeignKey("conversation_messages.id"), index=True)
    payload: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    state: Mapped[str] = mapped_column(String(16))
    reason: Mapped[str | None] = mapped_column(String(200))
    platform_id: Mapped[str | None] = mapped_column(String(255))
    attempts: Mapped[int]
    next_attempt_at: Mapped[datetime | None] = mapped_column(UtcDateTime, index=True)
    sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class ConversationCustomerRow(Base):
    """A customer of the shop, by the shop's id, who was proved to take part in a conversation."""

    __tablename__ = "conversation_customers"

    conversation_id: Mapped[str] = mapped_column(ForeignKey("conversations.id"), primary_key=True)
    customer_id: Mapped[str] = mapped_column(String(64), primary_key=True, index=True)


class RatingRow(Base):
    """What a customer thinks of how it went: the answer to a message that asks for it."""

    __tablename__ = "conversation_ratings"

    message_id: Mapped[int] = mapped_column(ForeignKey("conversation_messages.id"), primary_key=True)
    conversation_id: Mapped[str] = mapped_column(ForeignKey("conversations.id"), index=True)
    stars: Mapped[int]
    comment: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)


class HandoffRow(Base):
    """A wish for a human agent; open until `closed_at`.

    `priority` is one of `bot.directives`; `context` has a mapping for each matter that it is about, the oldest first.
    """

    __tablename__ = "conversation_handoffs"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    conversation_id: Mapped[str] = mapped_column(ForeignKey("conversations.id"), index=True)
    reason: Mapped[str] = mapped_column(String(32))
    priority: Mapped[str] = mapped_column(String(16))
    context: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class PhotoRow(Base):
    """A photograph that a customer sent; its file lies in the folder of uploads. It may be there before the first
    message of its conversation.
    """

    __tablename__ = "conversation_photos"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    conversation_id: Mapped[str] = mapped_column(String(255), index=True)
    content_type: Mapped[str] = mapped_column(String(16))
    bytes: Mapped[int]
    width: Mapped[int]
    height: Mapped[int]
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)


class PrivacyRequestRow(Base):
    """A customer's wish for a copy of their data, or for its deletion; see `conversations.privacy`.

    `due_at` is when a copy is no longer to be had, or when a deletion is to be carried out (or tried again). The
    address is forgotten as soon as it is not needed, the customer with the deletion; that there was one stays known.
    """

    __tablename__ = "privacy_requests"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    kind: Mapped[str] = mapped_column(String(16))
    state: Mapped[str] = mapped_column(String(16))
    customer_id: Mapped[str | None] = mapped_column(String(64), index=True)
    email: Mapped[str | None] = mapped_column(Encrypted)
    language: Mapped[str] = mapped_column(String(16))
    invoice_years: Mapped[int | None]
    """Of a deletion that left invoices which the law keeps, for how many years."""
    requested_at: Mapped[datetime] = mapped_column(UtcDateTime)
    due_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    erased_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    done_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class PrivacyAuditRow(Base):
    """How much of what was erased for a request, and when; nothing about whom."""

    __tablename__ = "privacy_audit"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    request_id: Mapped[str] = mapped_column(ForeignKey("privacy_requests.id"), index=True)
    what: Mapped[str] = mapped_column(String(64))
    count: Mapped[int]
    erased_at: Mapped[datetime] = mapped_column(UtcDateTime)
