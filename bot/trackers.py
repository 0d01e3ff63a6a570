"""Keeping what a turn made of a conversation's tracker, in the transaction in which its answer is kept.

Neither is there without the other: a message whose turn was cut off is answered anew, by a bot that knows nothing of
the first time. Two turns of a conversation must not overlap. Where they did all the same, because a lock was lost, the
later one is not kept.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import bindparam, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.tables import TrackerRow
from storage import insertion, table

# The bare table: through the mapped class, each statement takes twice as long.
TRACKERS = table(TrackerRow)


# Made once: making a statement takes longer than executing it.
_UNCHANGED = update(TRACKERS).where(
    TRACKERS.c.conversation_id == bindparam("whose"), TRACKERS.c.events == bindparam("before")
)


class Overtaken(Exception):
    """Another turn of the same conversation was kept meanwhile."""


@dataclass(frozen=True)
class TrackerChange:
    """A tracker before a turn and after it, as a JSON list of Rasa events; None before the first turn."""

    before: str | None
    after: str


async def keep_tracker(connection: AsyncConnection, conversation_id: str, change: TrackerChange) -> None:
    """Keep a tracker, in the caller's transaction. Raises `Overtaken`: then the transaction has to be rolled back."""
    if change.before is None:
        row = {"conversation_id": conversation_id, "events": change.after}
        kept = await connection.execute(insertion(connection, TRACKERS).values(row).on_conflict_do_nothing())
    else:
        same = {"whose": conversation_id, "before": change.before}
        kept = await connection.execute(_UNCHANGED, {**same, "events": change.after})
    if not kept.rowcount:
        raise Overtaken(conversation_id)
