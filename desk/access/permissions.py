"""What somebody may do and see at the desk."""

from __future__ import annotations

from enum import StrEnum
from typing import Protocol

from desk.access.agents import Agent, Role


class May(StrEnum):
    """What somebody may do."""

    WORK = "work"
    """Take tickets and settle them."""
    REVIEW = "review"
    """Label the messages that the bot was unsure about."""
    MOVE = "move"
    """Assign and transfer the tickets of others."""
    REPORTS = "reports"
    """See the board and the reports."""
    CANNED = "canned"
    """Edit the prepared answers."""
    AGENTS = "agents"
    """Keep the accounts."""
    AUDIT = "audit"
    """Read who saw and did what."""
    TOKENS = "tokens"
    """Make API tokens and webhooks."""


class Settled(Protocol):
    """What of a ticket says who sees it."""

    @property
    def team(self) -> str | None:
        """The team that it is for."""
        ...

    @property
    def agent_id(self) -> int | None:
        """Who has it."""
        ...


_OF_AGENTS = frozenset({May.WORK, May.REVIEW})
_OF_SUPERVISORS = _OF_AGENTS | {May.MOVE, May.REPORTS, May.CANNED}

_MAY = {
    Role.AGENT: _OF_AGENTS,
    Role.SUPERVISOR: _OF_SUPERVISORS,
    Role.ADMINISTRATOR: frozenset(May),
}


def may(agent: Agent, what: May) -> bool:
    """Whether somebody may do something."""
    return not agent.disabled and what in _MAY[agent.role]


def sees(agent: Agent, ticket: Settled) -> bool:
    """Whether somebody sees a ticket: agents see those of no team, of their own team, and their own."""
    if agent.role is not Role.AGENT:
        return not agent.disabled
    return not agent.disabled and (ticket.team in (None, agent.team) or ticket.agent_id == agent.id)
