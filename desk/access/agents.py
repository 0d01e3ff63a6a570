"""The accounts of the people at the desk."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any
from zoneinfo import available_timezones

from sqlalchemy import Row, Select, delete, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from desk.tables import AgentLinkRow, AgentRow, AgentSessionRow
from mail import parse_address
from storage import Database, table

AGENTS = table(AgentRow)
LINKS = table(AgentLinkRow)
SESSIONS = table(AgentSessionRow)

MAX_NAME = 100
"""In characters."""

MAX_CAPACITY = 50
"""So many open tickets at once are more than anybody can look after."""


class Role(StrEnum):
    """What somebody is at the desk; each may do what those before it may (`desk.access.permissions`)."""

    AGENT = "agent"
    SUPERVISOR = "supervisor"
    ADMINISTRATOR = "administrator"


class Presence(StrEnum):
    """Whether somebody takes tickets; those who are away finish what they have."""

    ONLINE = "online"
    AWAY = "away"
    OFFLINE = "offline"


@dataclass(frozen=True)
class Agent:
    """Somebody who works at the desk.

    Attributes:
        email: in lower case.
        locale: the language of the desk's pages for them.
        languages: those that they write to customers in, the best first.
        time_zone: a name of the tz database.
        capacity: how many open tickets they have at most.
        sound: whether the desk may make a noise.
        signs_in: whether they have set a password.
        totp: whether signing in takes a code of an authenticator app besides.
        seen_at: when they were last at the desk.
    """

    id: int
    email: str
    name: str
    role: Role
    team: str | None
    locale: str
    languages: tuple[str, ...]
    skills: tuple[str, ...]
    time_zone: str
    capacity: int
    presence: Presence
    sound: bool
    disabled: bool
    signs_in: bool = True
    totp: bool = False
    seen_at: datetime | None = None


class EmailTaken(Exception):
    """There is an account with this e-mail address already."""


class LastAdministrator(Exception):
    """Nobody would be left who can sign in as an administrator."""


class UnknownAgent(LookupError):
    """There is no such account."""


class InvalidAgent(ValueError):
    """Something about an account cannot be; `field` is the name of the column."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(f"{field}: {message}")
        self.field = field


class Agents:
    """Keeps the accounts.

    Accounts are disabled, never deleted: what somebody did stays theirs.
    """

    def __init__(self, database: Database, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._database = database
        self._now = now

    async def add(
        self,
        email: str,
        name: str,
        role: Role,
        *,
        team: str | None = None,
        locale: str = "en",
        languages: Iterable[str] = ("en",),
        skills: Iterable[str] = (),
        time_zone: str = "UTC",
        capacity: int = 5,
    ) -> Agent:
        """A new account, with which nobody can sign in before a password is set.

        Raises:
            EmailTaken: there is one with this address.
            InvalidAgent: something cannot be.
        """
        async with self._database.writing() as connection:
            return await self.insert(
                connection,
                email=email,
                name=name,
                role=role,
                team=team,
                locale=locale,
                languages=languages,
                skills=skills,
                time_zone=time_zone,
                capacity=capacity,
            )

    async def insert(self, connection: AsyncConnection, **columns: Any) -> Agent:
        """A new account, as `add` makes it, in a transaction that is under way."""
        row = _checked(columns) | {"presence": Presence.OFFLINE, "sound": True, "created_at": self._now()}
        try:
            made = await connection.execute(insert(AGENTS).values(row).returning(AGENTS))
        except IntegrityError as error:
            raise EmailTaken(columns["email"]) from error
        return agent_of(made.one())

    async def get(self, agent_id: int) -> Agent | None:
        """An account; None where there is none."""
        return await self._one(select(AGENTS).where(AGENTS.c.id == agent_id))

    async def by_email(self, email: str) -> Agent | None:
        """The account with an e-mail address, however it is written; None where there is none."""
        return await self._one(select(AGENTS).where(AGENTS.c.email == email.strip().lower()))

    async def all(self, *, disabled: bool = False) -> list[Agent]:
        """All accounts by their names, with those that are disabled or without."""
        query = select(AGENTS).order_by(AGENTS.c.name, AGENTS.c.id)
        if not disabled:
            query = query.where(AGENTS.c.disabled_at.is_(None))
        async with self._database.reading() as connection:
            return [agent_of(row) for row in await connection.execute(query)]

    async def change(self, agent_id: int, **columns: Any) -> Agent:
        """Change some of what `add` takes, or `presence`, `sound`, `seen_at`.

        Raises:
            UnknownAgent: there is no such account.
            EmailTaken: there is another one with this address.
            InvalidAgent: something cannot be.
            LastAdministrator: nobody else is one.
        """
        changes = _checked(columns)
        async with self._database.writing() as connection:
            if changes.get("role", Role.ADMINISTRATOR) != Role.ADMINISTRATOR:
                await _keep_an_administrator(connection, agent_id)
            changing = update(AGENTS).where(AGENTS.c.id == agent_id).values(changes).returning(AGENTS)
            try:
                row = (await connection.execute(changing)).first()
            except IntegrityError as error:
                raise EmailTaken(columns["email"]) from error
        if row is None:
            raise UnknownAgent(agent_id)
        return agent_of(row)

    async def disable(self, agent_id: int) -> None:
        """Let somebody in no more: their sessions and links are gone at once.

        Raises:
            UnknownAgent: there is no such account.
            LastAdministrator: nobody else is one.
        """
        changes = {"disabled_at": self._now(), "presence": Presence.OFFLINE}
        async with self._database.writing() as connection:
            await _keep_an_administrator(connection, agent_id)
            done = await connection.execute(update(AGENTS).where(AGENTS.c.id == agent_id).values(changes))
            await connection.execute(delete(SESSIONS).where(SESSIONS.c.agent_id == agent_id))
            await connection.execute(delete(LINKS).where(LINKS.c.agent_id == agent_id))
        if not done.rowcount:
            raise UnknownAgent(agent_id)

    async def enable(self, agent_id: int) -> None:
        """Let somebody in again, with the password that they had. Raises `UnknownAgent`."""
        async with self._database.writing() as connection:
            done = await connection.execute(update(AGENTS).where(AGENTS.c.id == agent_id).values(disabled_at=None))
        if not done.rowcount:
            raise UnknownAgent(agent_id)

    async def anybody(self) -> bool:
        """Whether there is anybody who can sign in."""
        async with self._database.reading() as connection:
            return await anybody(connection)

    async def _one(self, query: Select[Any]) -> Agent | None:
        async with self._database.reading() as connection:
            row = (await connection.execute(query)).first()
        return agent_of(row) if row else None


def agent_of(row: Row[Any]) -> Agent:
    """The account of a row of `AgentRow`'s table."""
    return Agent(
        id=row.id,
        email=row.email,
        name=row.name,
        role=Role(row.role),
        team=row.team,
        locale=row.locale,
        languages=tuple(row.languages),
        skills=tuple(row.skills),
        time_zone=row.time_zone,
        capacity=row.capacity,
        presence=Presence(row.presence),
        sound=row.sound,
        disabled=row.disabled_at is not None,
        signs_in=row.password_hash is not None,
        totp=row.totp_secret is not None,
        seen_at=row.seen_at,
    )


async def anybody(connection: AsyncConnection) -> bool:
    """Whether there is anybody who can sign in."""
    able = AGENTS.c.password_hash.is_not(None) & AGENTS.c.disabled_at.is_(None)
    return (await connection.execute(select(AGENTS.c.id).where(able).limit(1))).first() is not None


async def _keep_an_administrator(connection: AsyncConnection, agent_id: int) -> None:
    """Raise `LastAdministrator` where somebody is the only administrator who can sign in."""
    able = (
        AGENTS.c.role == Role.ADMINISTRATOR,
        AGENTS.c.password_hash.is_not(None),
        AGENTS.c.disabled_at.is_(None),
    )
    # Two who leave at once would each count on the other.
    locked = await connection.execute(select(AGENTS.c.id).where(*able).order_by(AGENTS.c.id).with_for_update())
    if [row.id for row in locked] == [agent_id]:
        raise LastAdministrator(agent_id)


def _checked(columns: dict[str, Any]) -> dict[str, Any]:
    """Columns as they are stored. Raises `InvalidAgent`, and `TypeError` for one that does not belong here."""
    if unknown := columns.keys() - _CHECKS.keys():
        raise TypeError(f"{', '.join(sorted(unknown))} cannot be changed here")
    return {name: _CHECKS[name](value) for name, value in columns.items()}


def _email(value: str) -> str:
    try:
        return parse_address(value).addr_spec.lower()
    except ValueError as error:
        raise InvalidAgent("email", str(error)) from error


def _name(value: str) -> str:
    name = " ".join(value.split())
    if not 0 < len(name) <= MAX_NAME or not name.isprintable():
        raise InvalidAgent("name", f"must have 1 to {MAX_NAME} characters")
    return name


def _team(value: str | None) -> str | None:
    return " ".join((value or "").split())[:64] or None


def _locale(value: str) -> str:
    if not 0 < len(value) <= 16:
        raise InvalidAgent("locale", "must be the code of a language")
    return value


def _languages(value: Iterable[str]) -> list[str]:
    languages = _list(value)
    if not languages:
        raise InvalidAgent("languages", "must name at least one")
    return languages


def _list(value: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(item.strip() for item in value if item.strip()))


def _time_zone(value: str) -> str:
    if value not in available_timezones():
        raise InvalidAgent("time_zone", "must be a time zone such as Europe/Berlin")
    return value


def _capacity(value: int) -> int:
    if not 1 <= value <= MAX_CAPACITY:
        raise InvalidAgent("capacity", f"must be from 1 to {MAX_CAPACITY}")
    return value


def _as_is(value: Any) -> Any:
    return value


_CHECKS: dict[str, Callable[[Any], Any]] = {
    "email": _email,
    "name": _name,
    "role": Role,
    "team": _team,
    "locale": _locale,
    "languages": _languages,
    "skills": _list,
    "time_zone": _time_zone,
    "capacity": _capacity,
    "presence": Presence,
    "sound": bool,
    "seen_at": _as_is,
}
