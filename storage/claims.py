"""Rows that wait to be dealt with, each by one of any number of processes.

Their table has the columns `id`, `next_attempt_at` (empty once it is over) and `attempts`. A process claims a row by
moving its next attempt to when the claim runs out: if the process dies, another one tries again then.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from datetime import timedelta

from sqlalchemy import ColumnElement, FromClause, Table, Update, bindparam, exists, select, update

from storage.base import UtcDateTime


def claim(
    target: Table,
    *,
    lane: Sequence[str] = (),
    where: Callable[[FromClause], Sequence[ColumnElement[bool]]] = lambda row: (),
) -> Update:
    """The statement that claims the row which has been due the longest, and returns it as it is then.

    One statement, in which SQLite lets nobody else write; PostgreSQL passes over what another is claiming. It takes
    longer to make than to execute: it is to be made once, and executed with `due` (a moment, aware: what has its next
    attempt by then is due) and `until` (when the claim runs out).

    Args:
        target: has the columns that are named above.
        lane: columns; rows in which all of them are the same go one after the other, in the order of their ids.
        where: what must be true of the row besides.
    """
    row = target.alias()
    due = select(row.c.id).where(row.c.next_attempt_at <= bindparam("due", type_=UtcDateTime), *where(row))
    if lane:
        earlier = target.alias()
        same = [earlier.c[name] == row.c[name] for name in lane]
        due = due.where(~exists().where(*same, earlier.c.id < row.c.id, earlier.c.next_attempt_at.is_not(None)))
    longest_due = due.order_by(row.c.next_attempt_at, row.c.id).limit(1).with_for_update(skip_locked=True, of=row)
    return (
        update(target)
        .where(target.c.id == longest_due.scalar_subquery())
        .values(next_attempt_at=bindparam("until", type_=UtcDateTime), attempts=target.c.attempts + 1)
        .returning(target)
    )


def pause(attempts: int, first: timedelta, longest: timedelta, *, jitter: bool = False) -> timedelta:
    """How long to wait after so many attempts: twice as long each time.

    Args:
        jitter: take a random part of the second half, so that what failed together is not tried again together.
    """
    # Twenty doublings are more than enough to reach any longest pause.
    whole = min(first * (1 << min(max(attempts, 1) - 1, 20)), longest)
    return whole * random.uniform(0.5, 1) if jitter else whole  # noqa: S311, no secret
