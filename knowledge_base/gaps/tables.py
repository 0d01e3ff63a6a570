"""The table of questions that the knowledge base leaves open."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from storage import Base, UtcDateTime

MAX_QUESTION = 500
"""The characters of a question that are kept."""


class GapRow(Base):
    """A question without a good answer, as it was asked once; it names nobody."""

    __tablename__ = "knowledge_gaps"
    __table_args__ = (Index(None, "language", "created_at"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    kind: Mapped[str] = mapped_column(String(16))
    question: Mapped[str] = mapped_column(String(MAX_QUESTION))
    language: Mapped[str] = mapped_column(String(16))
    source: Mapped[str] = mapped_column(String(16))
    article: Mapped[str | None] = mapped_column(String(255))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
