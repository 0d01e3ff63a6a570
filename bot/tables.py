"""The tables of conversations' state, and of one-time codes."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from storage import Base, UtcDateTime


class TrackerRow(Base):
    """A conversation's tracker, as a JSON list of Rasa events."""

    __tablename__ = "bot_trackers"

    conversation_id: Mapped[str] = mapped_column(String(255), primary_key=True)
    events: Mapped[str] = mapped_column(Text)


class CodeRow(Base):
    """A one-time code that was sent. Conversation apart, all of it is keyed hashes; see `bot.identity`."""

    __tablename__ = "bot_codes"
    __table_args__ = (Index(None, "address", "created_at"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    conversation_id: Mapped[str] = mapped_column(String(255))
    address: Mapped[str] = mapped_column(String(64))
    code: Mapped[str | None] = mapped_column(String(64))
    """None once it was used or replaced, or the address had to pause."""
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)


class CodePauseRow(Base):
    """How often codes for an address were wrong, or pairs with an address or an order number; it is a keyed hash."""

    __tablename__ = "bot_code_pauses"

    address: Mapped[str] = mapped_column(String(64), primary_key=True)
    tries: Mapped[int]
    pauses: Mapped[int]
    paused_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    failed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    seen_at: Mapped[datetime] = mapped_column(UtcDateTime)
