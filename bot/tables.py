"""The table of conversations' state."""

from __future__ import annotations

from sqlalchemy import String, Text
from sqlalchemy.orm import Mapped, mapped_column

from storage import Base


class TrackerRow(Base):
    """A conversation's tracker, as a JSON list of Rasa events."""

    __tablename__ = "bot_trackers"

    conversation_id: Mapped[str] = mapped_column(String(255), primary_key=True)
    events: Mapped[str] = mapped_column(Text)
