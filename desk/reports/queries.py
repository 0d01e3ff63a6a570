"""The statements that reports are made from."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Float, Select, and_, case, func, or_, select
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from bot.intents import MATTERS, NOT_UNDERSTOOD
from conversations.messages import MESSAGES
from conversations.service import CONVERSATIONS, CUSTOMERS, RATING, RATINGS
from conversations.tables import Author
from desk.tables import AgentRow, TicketRow
from knowledge_base.gaps.tables import GapRow
from storage import table

AGENTS = table(AgentRow)
TICKETS = table(TicketRow)
GAPS = table(GapRow)

SUBJECTS = MATTERS | {"complain"}
"""The intents that a contact can be about."""

INTENT = MESSAGES.c.understanding["intent"].as_string()


class seconds(FunctionElement[float]):
    """A moment as seconds since 1970, to the millisecond: a report reads too many for aware datetimes."""

    type = Float()
    inherit_cache = True


class utc_day(FunctionElement[str]):
    """The day of a moment in UTC, as whatever the database makes of it."""

    inherit_cache = True


@compiles(seconds, "sqlite")
def _seconds_of_text(element: seconds, compiler: SQLCompiler, **options: Any) -> str:
    return f"ROUND((julianday({compiler.process(element.clauses, **options)}) - 2440587.5) * 86400, 3)"


@compiles(seconds, "postgresql")
def _seconds_of_timestamp(element: seconds, compiler: SQLCompiler, **options: Any) -> str:
    return f"CAST(EXTRACT(EPOCH FROM {compiler.process(element.clauses, **options)}) AS FLOAT)"


@compiles(utc_day, "sqlite")
def _day_of_text(element: utc_day, compiler: SQLCompiler, **options: Any) -> str:
    return f"substr({compiler.process(element.clauses, **options)}, 1, 10)"


@compiles(utc_day, "postgresql")
def _day_of_timestamp(element: utc_day, compiler: SQLCompiler, **options: Any) -> str:
    return f"CAST({compiler.process(element.clauses, **options)} AT TIME ZONE 'UTC' AS DATE)"


def stretches(start: datetime, end: datetime) -> Select[Any]:
    """What customers said between two moments, by conversation and day of UTC, in the order of both.

    In a day, there is no silence that would end a contact: `facts` puts these stretches together to contacts.
    """
    grouped = (
        select(
            MESSAGES.c.conversation_id,
            func.min(MESSAGES.c.id).label("first_id"),
            func.min(case((INTENT.in_(sorted(SUBJECTS)), MESSAGES.c.id))).label("matter_id"),
            func.min(MESSAGES.c.created_at).label("started_at"),
            func.max(MESSAGES.c.created_at).label("ended_at"),
            func.count(INTENT).label("understood"),
            func.sum(case((INTENT == NOT_UNDERSTOOD, 1), else_=0)).label("misunderstood"),
        )
        .where(_within(MESSAGES.c.created_at, start, end), MESSAGES.c.author == Author.CUSTOMER)
        .group_by(MESSAGES.c.conversation_id, utc_day(MESSAGES.c.created_at))
        .subquery("grouped")
    )
    answers = MESSAGES.alias("answers")
    first_answer = (
        select(func.min(answers.c.created_at))
        .where(answers.c.answers_id == grouped.c.first_id, answers.c.author == Author.BOT)
        .scalar_subquery()
    )
    return (
        select(
            grouped.c.conversation_id,
            CONVERSATIONS.c.channel,
            func.coalesce(CONVERSATIONS.c.language, "").label("language"),
            _customer().label("customer"),
            INTENT.label("intent"),
            seconds(grouped.c.started_at).label("started_at"),
            seconds(grouped.c.ended_at).label("ended_at"),
            seconds(first_answer).label("answered_at"),
            grouped.c.understood,
            grouped.c.misunderstood,
        )
        .join(CONVERSATIONS, CONVERSATIONS.c.id == grouped.c.conversation_id)
        .outerjoin(MESSAGES, MESSAGES.c.id == grouped.c.matter_id)
        .order_by(grouped.c.conversation_id, grouped.c.started_at)
    )


def _customer() -> ColumnElement[str]:
    """Whoever takes part in a conversation: the customer that was proved, else the one of the conversation."""
    proved = (
        select(func.min(CUSTOMERS.c.customer_id))
        .where(CUSTOMERS.c.conversation_id == CONVERSATIONS.c.id)
        .scalar_subquery()
    )
    return func.coalesce(proved, CONVERSATIONS.c.continues, CONVERSATIONS.c.id)


def tickets(start: datetime, end: datetime) -> Select[Any]:
    """The tickets that were there at some time between two moments, the oldest first."""
    there = and_(TICKETS.c.created_at < end, or_(TICKETS.c.closed_at.is_(None), TICKETS.c.closed_at >= start))
    columns = (
        TICKETS.c.conversation_id,
        TICKETS.c.channel,
        TICKETS.c.language,
        TICKETS.c.agent_id,
        case((TICKETS.c.intent.in_(sorted(SUBJECTS)), TICKETS.c.intent), else_="").label("intent"),
        seconds(TICKETS.c.created_at).label("created_at"),
        seconds(TICKETS.c.first_answer_at).label("first_answer_at"),
        seconds(TICKETS.c.closed_at).label("closed_at"),
        TICKETS.c.close_reason,
        TICKETS.c.reopened,
    )
    return select(*columns).where(there).order_by(TICKETS.c.id)


def askings(start: datetime, end: datetime) -> Select[Any]:
    """The messages of a time that ask for a rating, with the rating and with the ticket that was closed with it."""
    asks = MESSAGES.c.content["custom"]["type"].as_string() == RATING
    return (
        select(
            seconds(MESSAGES.c.created_at).label("at"),
            MESSAGES.c.conversation_id,
            CONVERSATIONS.c.channel,
            func.coalesce(CONVERSATIONS.c.language, "").label("language"),
            RATINGS.c.stars,
            TICKETS.c.id.label("ticket_id"),
            TICKETS.c.agent_id,
        )
        .join(CONVERSATIONS, CONVERSATIONS.c.id == MESSAGES.c.conversation_id)
        .outerjoin(RATINGS, RATINGS.c.message_id == MESSAGES.c.id)
        .outerjoin(TICKETS, TICKETS.c.rating_message_id == MESSAGES.c.id)
        .where(_within(MESSAGES.c.created_at, start, end), MESSAGES.c.author != Author.CUSTOMER, asks)
    )


def gaps(start: datetime, end: datetime, language: str | None) -> Select[Any]:
    """The questions of a time that the knowledge base left open, by language, article and kind, the most first."""
    same = (GAPS.c.language, GAPS.c.article, GAPS.c.kind)
    newest = func.max(GAPS.c.id).label("id")
    found = select(*same, func.count().label("count"), newest).where(_within(GAPS.c.created_at, start, end))
    if language:
        found = found.where(GAPS.c.language == language)
    counted = found.group_by(*same).subquery("counted")
    return (
        select(counted.c.language, counted.c.article, counted.c.kind, counted.c.count, GAPS.c.question)
        .join(GAPS, GAPS.c.id == counted.c.id)
        .order_by(counted.c.count.desc(), counted.c.id.desc())
    )


def _within(column: ColumnElement[datetime], start: datetime, end: datetime) -> ColumnElement[bool]:
    return and_(column >= start, column < end)
