"""What somebody gets to see through the API: the same as at the desk."""

from __future__ import annotations

from conversations import Conversations
from desk.access.agents import Agent
from desk.access.permissions import May, may, sees
from desk.api.operations import Problem
from desk.models import Ticket
from desk.tickets import Tickets


class Sight:
    """Finds tickets and conversations for those who see them; for others it is as if there were none."""

    def __init__(self, tickets: Tickets, conversations: Conversations) -> None:
        self._tickets = tickets
        self._conversations = conversations

    async def ticket(self, agent: Agent, ticket_id: int) -> Ticket:
        """A ticket. Raises `Problem`."""
        ticket = await self._tickets.get(ticket_id)
        if ticket is None or not sees(agent, ticket):
            raise Problem(404, "unknown_ticket", f"There is no ticket {ticket_id}.")
        return ticket

    async def conversation(self, agent: Agent, conversation_id: str) -> Ticket | None:
        """The ticket of a conversation, if people ever had to do with it; one that they had not is seen by those alone
        who see everything. Raises `Problem`.
        """
        ticket = await self._tickets.of(conversation_id)
        if ticket is None and may(agent, May.MOVE) and await self._exists(conversation_id):
            return None
        if ticket is None or not sees(agent, ticket):
            raise _unknown()
        return ticket

    async def begin(self, agent: Agent, conversation_id: str) -> None:
        """Raises `Problem` unless somebody may take a conversation over: one that no people had to do with, anybody."""
        ticket = await self._tickets.of(conversation_id)
        if not (sees(agent, ticket) if ticket else await self._exists(conversation_id)):
            raise _unknown()

    async def _exists(self, conversation_id: str) -> bool:
        return bool(await self._conversations.messages(conversation_id, limit=1))


def _unknown() -> Problem:
    return Problem(404, "unknown_conversation", "There is no such conversation.")
