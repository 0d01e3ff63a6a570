"""Questions that the knowledge base leaves open, kept so that the shop sees what to write."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum

from sqlalchemy import insert, select

from knowledge_base.gaps.anonymous import anonymous, without_masks
from knowledge_base.gaps.tables import MAX_QUESTION, GapRow
from storage import Database, forget, table

GAPS = table(GapRow)

MAX_TEXT = 4000
"""The characters of a text that are looked at; what is kept of them is less."""


class GapKind(StrEnum):
    """What was wrong with the answer."""

    UNANSWERED = "unanswered"
    """There was none."""
    UNSURE = "unsure"
    """Several articles were offered, since none was likely enough."""
    UNHELPFUL = "unhelpful"
    """It did not help."""


class GapSource(StrEnum):
    """Where a question was asked."""

    CHAT = "chat"
    HELP_CENTRE = "help_centre"


@dataclass(frozen=True)
class Gap:
    """A question without a good answer."""

    kind: GapKind
    question: str
    language: str
    source: GapSource
    article: str | None = None
    """The slug of the likeliest article, or of the one that did not help."""


@dataclass(frozen=True)
class RecordedGap(Gap):
    """A question as it was kept: without personal data, and with the moment at which it was asked."""

    created_at: datetime = field(kw_only=True)


class GapLog:
    """The questions without a good answer. Every method raises `storage.DatabaseUnavailable` when the database is away.

    Args:
        database: has the table `knowledge_gaps`.
        now: the present moment, aware.
    """

    def __init__(self, database: Database, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._database = database
        self._now = now

    async def record(self, gap: Gap, personal: Collection[str] = ()) -> None:
        """Keep a question, masked by `anonymous` and cut to `MAX_QUESTION` characters.

        A question of which only masks are left says nothing, and is not kept.

        Args:
            gap: the question as it was asked.
            personal: parts of the question that are known to be personal, such as the values of entities.
        """
        question = _shortened(anonymous(gap.question[:MAX_TEXT], gap.language, personal))
        if not re.search(r"[^\W_]", without_masks(question)):
            return
        row = {
            "kind": gap.kind,
            "question": question,
            "language": gap.language,
            "source": gap.source,
            "article": gap.article,
            "created_at": self._now(),
        }
        async with self._database.writing() as connection:
            await connection.execute(insert(GAPS), row)

    async def gaps(
        self, language: str | None = None, since: datetime | None = None, limit: int = 10_000
    ) -> list[RecordedGap]:
        """What was kept, the newest first.

        Args:
            language: only questions in this language.
            since: only questions that were asked at this moment or later; aware.
            limit: how many at most.
        """
        query = select(GAPS).order_by(GAPS.c.created_at.desc(), GAPS.c.id.desc()).limit(limit)
        if language is not None:
            query = query.where(GAPS.c.language == language)
        if since is not None:
            query = query.where(GAPS.c.created_at >= since)
        async with self._database.reading() as connection:
            return [
                RecordedGap(
                    kind=GapKind(row.kind),
                    question=row.question,
                    language=row.language,
                    source=GapSource(row.source),
                    article=row.article,
                    created_at=row.created_at,
                )
                for row in await connection.execute(query)
            ]

    async def forget(self, before: datetime, *, dry_run: bool = False) -> int:
        """Delete what was asked before a moment (aware), or only count it; returns how many questions that were."""
        return await forget(self._database, GAPS, GAPS.c.created_at < before, dry_run=dry_run)


def _shortened(text: str) -> str:
    """The text in one line, without what goes beyond `MAX_QUESTION` characters."""
    text = " ".join(text.split())
    return text if len(text) <= MAX_QUESTION else f"{text[: MAX_QUESTION - 1].rstrip()}…"
