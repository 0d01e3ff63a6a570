"""The lists of the desk: each is one query, whatever its length."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Row,
    Select,
    String,
    and_,
    case,
    cast,
    func,
    or_,
    select,
    true,
    tuple_,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from conversations.messages import MESSAGES
from conversations.tables import Author
from desk.access.agents import AGENTS, Agent, Role
from desk.models import HELD, QUEUED, Line, Search, State, Ticket, View
from desk.queue import CONVERSATIONS, NOT_CLOSED, TICKETS, rank
from desk.rules import Rules

EXCERPT = 200
"""So many characters of the last message are shown at most."""


async def lines(
    connection: AsyncConnection,
    rules: Rules,
    view: View,
    agent: Agent,
    search: Search,
    limit: int,
    before: int | None,
) -> list[Line]:
    """The tickets of a list that an agent sees; `before` is the last ticket of the page before."""
    order = _order(view, rules)
    by = [key.desc() if descending else key for key, descending in order]
    page = select(TICKETS.c.id).where(_visible(agent), _in_view(view, agent), *_found(search))
    if before is not None:
        mark = select(*(key for key, _ in order)).where(TICKETS.c.id == before).correlate(None)
        page = page.where(_after(order, mark))
    # What is said of each line is looked up for the lines of the page alone.
    rows = await connection.execute(_lines().where(TICKETS.c.id.in_(page.order_by(*by).limit(limit))).order_by(*by))
    return [_line(row) for row in rows]


async def counts(connection: AsyncConnection, agent: Agent) -> dict[str, int]:
    """How many tickets are in each list that is not of closed ones."""
    views = [view for view in View if view is not View.CLOSED]
    sums = [func.sum(case((_in_view(view, agent), 1), else_=0)).label(view.value) for view in views]
    row = (await connection.execute(select(*sums).where(NOT_CLOSED, _visible(agent)))).one()
    return {view.value: int(row._mapping[view.value] or 0) for view in views}


def _lines() -> Select[Any]:
    theirs = MESSAGES.c.conversation_id == TICKETS.c.conversation_id
    last = select(MESSAGES.c.id).where(theirs, MESSAGES.c.author != Author.SYSTEM)
    last = last.order_by(MESSAGES.c.conversation_id.desc(), MESSAGES.c.id.desc()).limit(1)
    unread = select(func.count()).where(
        theirs, MESSAGES.c.author == Author.CUSTOMER, MESSAGES.c.id > func.coalesce(CONVERSATIONS.c.read_by_shop, 0)
    )
    return (
        select(
            TICKETS,
            CONVERSATIONS.c.name.label("customer"),
            AGENTS.c.name.label("agent"),
            MESSAGES.c.content.label("last"),
            MESSAGES.c.author.label("last_author"),
            MESSAGES.c.created_at.label("last_at"),
            unread.correlate(TICKETS, CONVERSATIONS).scalar_subquery().label("unread"),
        )
        .join(CONVERSATIONS, CONVERSATIONS.c.id == TICKETS.c.conversation_id)
        .outerjoin(AGENTS, AGENTS.c.id == TICKETS.c.agent_id)
        .outerjoin(MESSAGES, MESSAGES.c.id == last.correlate(TICKETS).scalar_subquery())
    )


def _line(row: Row[Any]) -> Line:
    content: Mapping[str, Any] = row.last or {}
    text = str(content.get("title") or content.get("text") or "")
    return Line(
        ticket=Ticket.from_row(row),
        name=row.customer,
        agent=row.agent,
        last_text=text[:EXCERPT],
        last_author=row.last_author,
        last_at=row.last_at,
        unread=row.unread,
    )


def _visible(agent: Agent) -> ColumnElement[bool]:
    """As `desk.access.permissions.sees`."""
    if agent.role is not Role.AGENT:
        return true()
    return or_(TICKETS.c.team.is_(None), TICKETS.c.team == agent.team, TICKETS.c.agent_id == agent.id)


def _in_view(view: View, agent: Agent) -> ColumnElement[bool]:
    state = TICKETS.c.state
    match view:
        case View.QUEUE:
            return state.in_(QUEUED)
        case View.MINE:
            return and_(TICKETS.c.agent_id == agent.id, state.in_((State.OPEN, State.OFFERED)))
        case View.TEAM:
            theirs = select(AGENTS.c.id).where(AGENTS.c.team == agent.team)
            return and_(state.in_(HELD), or_(TICKETS.c.team == agent.team, TICKETS.c.agent_id.in_(theirs)))
        case View.SNOOZED:
            return and_(state == State.SNOOZED, true() if agent.role is not Role.AGENT else _is_theirs(agent))
        case View.CLOSED:
            return state == State.CLOSED
        case View.ALL:
            return NOT_CLOSED


def _is_theirs(agent: Agent) -> ColumnElement[bool]:
    return TICKETS.c.agent_id == agent.id


def _order(view: View, rules: Rules) -> list[tuple[ColumnElement[Any], bool]]:
    """What a list is ordered by, and whether downwards."""
    match view:
        case View.QUEUE:
            return [(rank(rules), False), (TICKETS.c.id, False)]
        case View.SNOOZED:
            return [(TICKETS.c.snoozed_until, False), (TICKETS.c.id, False)]
        case View.CLOSED:
            return [(TICKETS.c.closed_at, True), (TICKETS.c.id, True)]
        case _:
            return [(TICKETS.c.changed_at, True), (TICKETS.c.id, True)]


def _after(order: list[tuple[ColumnElement[Any], bool]], mark: Select[Any]) -> ColumnElement[bool]:
    """Whether a ticket comes after the one of the mark, in an order all of whose keys go the same way."""
    here = tuple_(*(key for key, _ in order))
    return here < mark.scalar_subquery() if order[0][1] else here > mark.scalar_subquery()


def _found(search: Search) -> list[ColumnElement[bool]]:
    wanted = {name: getattr(search, name) for name in ("language", "channel", "reason", "team", "agent_id")}
    found: list[ColumnElement[bool]] = [TICKETS.c[name] == value for name, value in wanted.items() if value]
    if search.tag:
        found.append(cast(TICKETS.c.tags, String).contains(f'"{search.tag}"', autoescape=True))
    found += _between(search.since, search.until)
    if words := search.words.strip():
        theirs = MESSAGES.c.conversation_id == TICKETS.c.conversation_id
        said = MESSAGES.c.content["text"].as_string().icontains(words, autoescape=True)
        its = CONVERSATIONS.c.id == TICKETS.c.conversation_id
        named = CONVERSATIONS.c.name.icontains(words, autoescape=True)
        found.append(
            or_(
                select(CONVERSATIONS.c.id).where(its, named).correlate(TICKETS).exists(),
                select(MESSAGES.c.id).where(theirs, said).correlate(TICKETS).exists(),
            )
        )
    return found


def _between(since: datetime | None, until: datetime | None) -> list[ColumnElement[bool]]:
    begun = TICKETS.c.created_at
    return [*([begun >= since] if since else []), *([begun < until] if until else [])]
