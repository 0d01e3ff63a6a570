"""The account with which those who work in Chatwoot take part in the desk."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace

from desk.access.agents import Agent, Agents, EmailTaken, Presence, Role
from desk.presence import Attendance

EMAIL = "chatwoot@desk.invalid"
"""No mailbox: nobody can be invited by it (RFC 2606)."""

NAME = "Chatwoot"

CAPACITY = 50


class StandIn:
    """The account. It is away, so that nothing is offered to it, and it keeps what it has.

    Args:
        agents: where it is made when it is first needed.
    """

    def __init__(self, agents: Agents, attendance: Attendance) -> None:
        self._agents = agents
        self._attendance = attendance

    async def agent(self, name: str | None = None) -> Agent:
        """The account, under the name of whoever writes."""
        known = await self._agents.by_email(EMAIL) or await self._add()
        return replace(known, name=name[:100]) if name else known

    async def attend(self) -> None:
        """Say that it is still there; to be called every few seconds."""
        await self._attendance.heartbeat((await self.agent()).id)

    async def _add(self) -> Agent:
        with suppress(EmailTaken):  # by another process, just now
            # It sees the tickets of all teams.
            await self._agents.add(EMAIL, NAME, Role.SUPERVISOR, capacity=CAPACITY)
        made = await self._agents.by_email(EMAIL)
        assert made
        await self._attendance.set(made.id, Presence.AWAY)
        return made
