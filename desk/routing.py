"""Who gets a ticket."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from desk.access.agents import Agent
from desk.models import Ticket
from desk.rules import Rules

LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Candidate:
    """An agent who is there.

    Attributes:
        load: so many tickets are open for them or offered to them.
        busy_since: when they took the last one; None for who has had none.
    """

    agent: Agent
    load: int
    busy_since: datetime | None

    @property
    def room(self) -> int:
        """So many tickets more they can have."""
        return max(0, self.agent.capacity - self.load)


def choose(ticket: Ticket, candidates: Sequence[Candidate], rules: Rules, now: datetime) -> Candidate | None:
    """To whom a waiting ticket is offered; None for nobody now.

    The language comes first, then the skill; of those who have both, the one with the least to do relative to their
    capacity, then the one who has been without a new ticket for longest. After a while, each alone is dispensable.
    """
    waited = now - ticket.queued_at
    able = [one for one in candidates if _may_have(one, ticket)]
    speakers = [one for one in able if ticket.language in one.agent.languages]
    if not any(_is_free(one, ticket) for one in speakers) and waited >= rules.overflow_after:
        speakers = able
    free = [one for one in speakers if _is_free(one, ticket)]
    skilled = [one for one in free if _is_skilled(one, ticket)]
    anybody_skilled = any(_is_skilled(one, ticket) for one in speakers)
    if not skilled and anybody_skilled and waited < rules.skill_after:
        return None
    return min(skilled or free, key=_fairness, default=None)


def all_declined(ticket: Ticket, candidates: Sequence[Candidate]) -> bool:
    """Whether a ticket finds nobody only because those who could have it let an offer of it pass."""
    able = [one for one in candidates if _may_have(one, ticket) and one.room]
    return bool(able) and all(one.agent.id in ticket.declined_by for one in able)


def _may_have(candidate: Candidate, ticket: Ticket) -> bool:
    return ticket.team is None or candidate.agent.team == ticket.team


def _is_free(candidate: Candidate, ticket: Ticket) -> bool:
    return candidate.room > 0 and candidate.agent.id not in ticket.declined_by


def _is_skilled(candidate: Candidate, ticket: Ticket) -> bool:
    return ticket.skill is None or ticket.skill in candidate.agent.skills


def _fairness(candidate: Candidate) -> tuple[float, datetime, int]:
    return candidate.load / candidate.agent.capacity, candidate.busy_since or LONG_AGO, candidate.agent.id
