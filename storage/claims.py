"""Rows that wait to be dealt with, each by one of any number of processes.

Their table has the columns `id`, `next_attempt_at` (empty once it is over) and `attempts`. A process claims a row by
moving its next attempt to when the claim runs out: if the process dies, another one tries again then.

What lies farther ahead than it can was put there by a clock that was wrong then, and is due: a clock that was set back
holds up nothing.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, FromClause, Table, Update, and_, bindparam, exists, or_, select, update

from storage.base import UtcDateTime

SOON = timedelta(minutes=1)
"""What was never tried is put in to be tried now, or very soon."""


def claim(
    target: Table,
    *,
    lane: Sequence[str] = (),
    where: Callable[[FromClause], Sequence[ColumnElement[bool]]] = lambda row: (),
) -> Update:
    """The statement that claims the row which has been due the longest, and returns it as it is then.

    One statement, in which SQLite lets nobody else write; PostgreSQL passes over what another is claiming. It takes
    longer to make than to execute: it is to be made once, and executed with what `moments` returns.

    Args:
        target: has the columns that are named above.
        lane: columns; rows in which all of them are the same go one after the other, in the order of their ids.
        where: what must be true of the row besides.
    """
    row = target.alias()
    at = row.c.next_attempt_at
    is_due = or_(
        at <= bindparam("due", type_=UtcDateTime),
        at > bindparam("beyond", type_=UtcDateTime),
        and_(row.c.attempts == 0, at > bindparam("soon", type_=UtcDateTime)),
    )
    due = select(row.c.id).where(is_due, *where(row))
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


def moments(now: datetime, lease: timedelta, ahead: timedelta, hold: timedelta = timedelta()) -> dict[str, datetime]:
    """What a statement of `claim` is executed with.

    Args:
        now: the present moment, aware.
        lease: so long the claim lasts.
        ahead: so far ahead a next attempt is at most.
        hold: what becomes due within this time is due as well.
    """
    return {"due": now + hold, "until": now + lease, "soon": now + SOON, "beyond": now + ahead}


def pause(attempts: int, first: timedelta, longest: timedelta, *, jitter: bool = False) -> timedelta:
    """How long to wait after so many attempts: twice as long each time.

    Args:
        jitter: take a random part of the second half, so that what failed together is not tried again together.
    """
    # Twenty doublings are more than enough to reach any longest pause.
    whole = min(first * (1 << min(max(attempts, 1) - 1, 20)), longest)
    return whole * random.uniform(0.5, 1) if jitter else whole  # noqa: S311, no secret
