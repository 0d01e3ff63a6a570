"""The table of visitors' sessions."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from storage import Base, UtcDateTime


class SessionRow(Base):
    """A visitor's session. `customer` is a keyed hash of the e-mail address of whom the shop vouched for in it."""

    __tablename__ = "widget_sessions"

    visitor: Mapped[str] = mapped_column(String(32), primary_key=True)
    generation: Mapped[int]
    customer: Mapped[str | None] = mapped_column(String(64))
    renewed_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
