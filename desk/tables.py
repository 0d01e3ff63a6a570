"""The tables of the desk: agents, tickets, and what is kept beside them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Boolean, ForeignKey, Index, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from storage import Base, UtcDateTime


class AgentRow(Base):
    """Somebody who works at the desk; `email` is in lower case. Without a password hash nobody can sign in with it.

    `locale` is the language of the desk's pages for them; `languages` are those that they write to customers in, the
    best first; `language` is the one that they read translations in.
    """

    __tablename__ = "desk_agents"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    email: Mapped[str] = mapped_column(String(320), unique=True)
    name: Mapped[str] = mapped_column(String(100))
    role: Mapped[str] = mapped_column(String(16))
    team: Mapped[str | None] = mapped_column(String(64))
    locale: Mapped[str] = mapped_column(String(16))
    languages: Mapped[list[str]] = mapped_column(JSON)
    skills: Mapped[list[str]] = mapped_column(JSON)
    time_zone: Mapped[str] = mapped_column(String(64))
    capacity: Mapped[int]
    presence: Mapped[str] = mapped_column(String(16))
    seen_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    sound: Mapped[bool] = mapped_column(Boolean)
    password_hash: Mapped[str | None] = mapped_column(String(200))
    totp_secret: Mapped[bytes | None] = mapped_column(LargeBinary)
    totp_used: Mapped[int | None]
    """The number of the last time step whose code was used: no code is good twice."""
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    disabled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class AgentSessionRow(Base):
    """An agent who is signed in with a browser; the tokens are kept as hashes only."""

    __tablename__ = "desk_sessions"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    agent_id: Mapped[int] = mapped_column(ForeignKey("desk_agents.id"), index=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    earlier_hash: Mapped[str | None] = mapped_column(String(64), index=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    renewed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    seen_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    browser: Mapped[str] = mapped_column(String(100))


class AgentLinkRow(Base):
    """A link that is good once: to set a password, or to make the first administrator (`agent_id` is empty then)."""

    __tablename__ = "desk_links"

    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    agent_id: Mapped[int | None] = mapped_column(ForeignKey("desk_agents.id"))
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class AuditRow(Base):
    """Who saw or did what. `details` names things by their numbers; nothing in it is said by a customer."""

    __tablename__ = "desk_audit"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    agent_id: Mapped[int | None] = mapped_column(ForeignKey("desk_agents.id"), index=True)
    action: Mapped[str] = mapped_column(String(64))
    conversation_id: Mapped[str | None] = mapped_column(String(255), index=True)
    ticket_id: Mapped[int | None]
    details: Mapped[dict[str, Any]] = mapped_column(JSON)


class TicketRow(Base):
    """A conversation, or a part of it, that people settle; see `desk.tickets`.

    `handoff_id` is the bot's wish that it began with. A ticket of the states `waiting` and `offered` counts as waiting
    since `queued_at`; one that is offered belongs to `agent_id` until `offered_until` passes.
    """

    __tablename__ = "desk_tickets"
    __table_args__ = (
        Index("ix_desk_tickets_queue", "state", "priority", "queued_at"),
        Index("ix_desk_tickets_agent", "agent_id", "state"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    conversation_id: Mapped[str] = mapped_column(ForeignKey("conversations.id"), index=True)
    handoff_id: Mapped[int | None] = mapped_column(ForeignKey("conversation_handoffs.id"))
    state: Mapped[str] = mapped_column(String(16))
    reason: Mapped[str] = mapped_column(String(32))
    channel: Mapped[str] = mapped_column(String(32))
    language: Mapped[str] = mapped_column(String(16))
    skill: Mapped[str | None] = mapped_column(String(32))
    priority: Mapped[int]
    severity: Mapped[str | None] = mapped_column(String(32))
    intent: Mapped[str | None] = mapped_column(String(64))
    team: Mapped[str | None] = mapped_column(String(64))
    agent_id: Mapped[int | None] = mapped_column(ForeignKey("desk_agents.id"))
    declined_by: Mapped[list[int]] = mapped_column(JSON)
    """Who let an offer of this round pass."""
    offered_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    tags: Mapped[list[str]] = mapped_column(JSON)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    queued_at: Mapped[datetime] = mapped_column(UtcDateTime)
    accepted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    first_answer_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    answer_due_at: Mapped[datetime | None] = mapped_column(UtcDateTime, index=True)
    resolution_due_at: Mapped[datetime | None] = mapped_column(UtcDateTime, index=True)
    warned: Mapped[list[str]] = mapped_column(JSON)
    """The timers of which it was said already that they are about to run out, or did."""
    snoozed_until: Mapped[datetime | None] = mapped_column(UtcDateTime, index=True)
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime, index=True)
    close_reason: Mapped[str | None] = mapped_column(String(32))
    rating_message_id: Mapped[int | None] = mapped_column(index=True)
    reopened: Mapped[int]
    """How often."""
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)


class NoteRow(Base):
    """What agents write to each other about a conversation; customers never see it."""

    __tablename__ = "desk_notes"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    conversation_id: Mapped[str] = mapped_column(ForeignKey("conversations.id"), index=True)
    agent_id: Mapped[int | None] = mapped_column(ForeignKey("desk_agents.id"))
    text: Mapped[str] = mapped_column(Text)
    mentions: Mapped[list[int]] = mapped_column(JSON)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class CannedRow(Base):
    """A prepared answer, in one language, under a shortcut."""

    __tablename__ = "desk_canned"
    __table_args__ = (UniqueConstraint("shortcut", "language"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    shortcut: Mapped[str] = mapped_column(String(32))
    language: Mapped[str] = mapped_column(String(16))
    text: Mapped[str] = mapped_column(Text)
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime)


class FollowUpRow(Base):
    """Something that somebody has to look after: a low rating, a mention."""

    __tablename__ = "desk_follow_ups"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    kind: Mapped[str] = mapped_column(String(16))
    conversation_id: Mapped[str] = mapped_column(ForeignKey("conversations.id"), index=True)
    message_id: Mapped[int | None]
    note_id: Mapped[int | None] = mapped_column(ForeignKey("desk_notes.id"))
    agent_id: Mapped[int | None] = mapped_column(ForeignKey("desk_agents.id"), index=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    done_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class TranslationRow(Base):
    """A translation that was made, by the hash of its text: the same text is not translated twice."""

    __tablename__ = "desk_translations"

    text_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    source: Mapped[str] = mapped_column(String(16), primary_key=True)
    target: Mapped[str] = mapped_column(String(16), primary_key=True)
    text: Mapped[str] = mapped_column(Text)
    made_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)


class ReviewRow(Base):
    """What an agent made of a message that the bot was unsure about; `intent` is empty where it fits none."""

    __tablename__ = "desk_reviews"

    message_id: Mapped[int] = mapped_column(ForeignKey("conversation_messages.id"), primary_key=True)
    intent: Mapped[str | None] = mapped_column(String(100))
    agent_id: Mapped[int] = mapped_column(ForeignKey("desk_agents.id"))
    reviewed_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)


class WarningRow(Base):
    """Many complaints of one kind in a short time: what, and in which conversations."""

    __tablename__ = "desk_warnings"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    kind: Mapped[str] = mapped_column(String(32))
    subject: Mapped[str] = mapped_column(String(200))
    count: Mapped[int]
    expected: Mapped[float]
    conversations: Mapped[list[str]] = mapped_column(JSON)
    raised_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    dismissed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class ApiTokenRow(Base):
    """A token for programs, kept as a hash; it may do what its scopes name."""

    __tablename__ = "desk_tokens"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    name: Mapped[str] = mapped_column(String(100))
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    scopes: Mapped[list[str]] = mapped_column(JSON)
    agent_id: Mapped[int] = mapped_column(ForeignKey("desk_agents.id"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class WebhookRow(Base):
    """An address that is told of events; requests are signed with a key that is derived from `secret`.

    `texts` says whether it is told what was said as well. It has failed without a break since `failing_since`.
    """

    __tablename__ = "desk_webhooks"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    url: Mapped[str] = mapped_column(String(500))
    events: Mapped[list[str]] = mapped_column(JSON)
    secret: Mapped[bytes] = mapped_column(LargeBinary)
    texts: Mapped[bool] = mapped_column(Boolean)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    failing_since: Mapped[datetime | None] = mapped_column(UtcDateTime)
    disabled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class WebhookDeliveryRow(Base):
    """An event on its way to a webhook; it is to be tried at `next_attempt_at`, and over where that is empty.

    `key` tells it from others of its kind: no event is put down twice for a webhook.
    """

    __tablename__ = "desk_webhook_deliveries"
    __table_args__ = (UniqueConstraint("webhook_id", "event", "key"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    webhook_id: Mapped[int] = mapped_column(ForeignKey("desk_webhooks.id"))
    event: Mapped[str] = mapped_column(String(32))
    key: Mapped[str] = mapped_column(String(64))
    payload: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    attempts: Mapped[int]
    next_attempt_at: Mapped[datetime | None] = mapped_column(UtcDateTime, index=True)
    state: Mapped[str] = mapped_column(String(16))
    reason: Mapped[str | None] = mapped_column(String(200))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)


class MirrorRow(Base):
    """A conversation's counterpart in another help desk; `ticket_id` is the ticket that is open there, if one is."""

    __tablename__ = "desk_mirrors"

    conversation_id: Mapped[str] = mapped_column(ForeignKey("conversations.id"), primary_key=True)
    contact: Mapped[str] = mapped_column(String(100))
    counterpart: Mapped[str] = mapped_column(String(100), index=True)
    ticket_id: Mapped[int | None]
    told_up_to: Mapped[int]
    """The id of the last message that it has."""
