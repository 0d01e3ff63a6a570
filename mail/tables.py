"""The table of letters on their way."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from storage import Base, BlindIndex, Encrypted, UtcDateTime

MAX_KEY = 255


class OutboxRow(Base):
    """A letter that was put into the outbox.

    It is to be tried again at `next_attempt_at`. Where that is empty, it was sent (`sent_at`) or given up, and its
    message is not kept.
    """

    __tablename__ = "mail_outbox"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    key: Mapped[str] = mapped_column(String(MAX_KEY), unique=True)
    letter: Mapped[str] = mapped_column(String(64))
    recipient: Mapped[str] = mapped_column(Encrypted)
    recipient_key: Mapped[str] = mapped_column(BlindIndex("recipient", str, 320), index=True)
    """The recipient, to be searched for."""
    message: Mapped[str | None] = mapped_column(Encrypted)
    attempts: Mapped[int] = mapped_column(default=0)
    next_attempt_at: Mapped[datetime | None] = mapped_column(UtcDateTime, index=True)
    sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
