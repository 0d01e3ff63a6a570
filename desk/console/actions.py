"""What agents do with tickets: the endpoints behind the buttons of all pages."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Annotated

from pydantic import AwareDatetime, Field
from sanic import Blueprint, Request
from sanic.exceptions import NotFound
from sanic.response import HTTPResponse

from bot.localization import language_name
from desk.access.agents import Agent, Presence
from desk.access.permissions import May, may
from desk.access.web import require
from desk.console.answers import Body, answer, read_body, seen
from desk.console.frame import frame_of
from desk.console.lists import want
from desk.models import NotAllowed, State, Ticket, View
from desk.notes import MOST
from desk.presence import Attendance
from desk.tickets import Tickets
from web.routing import Page

Text = Annotated[str, Field(max_length=MOST)]
Name = Annotated[str, Field(max_length=64)]
Id = Annotated[int, Field(ge=1, lt=2**31)]

Act = Callable[[Request, Ticket, Agent], Awaitable[Ticket | None]]
"""Does something with a ticket; returns what it is then, or None where that has to be looked up."""


class Assigning(Body):
    """To whom: an agent, or else a team; neither is anybody's."""

    agent_id: Id | None = None
    team: Name | None = None
    note: Text = ""


class Prioritizing(Body):
    """How urgent: a `desk.models.Priority`."""

    priority: int = Field(ge=0, le=3)


class Tagging(Body):
    """All tags that it has then."""

    tags: list[Name] = Field(max_length=50)


class Snoozing(Body):
    """Until when."""

    until: AwareDatetime


class HandingBack(Body):
    """What the colleagues should know, and what the bot begins with: a flow, or a payload."""

    note: Text = ""
    flow: Annotated[str, Field(max_length=500)] | None = None


class Closing(Body):
    """Why, and whether the customer is asked how it went."""

    reason: Name
    rating: bool = True


class Noting(Body):
    """What the colleagues should know."""

    text: Annotated[str, Field(min_length=1, max_length=MOST)]


class Taking(Body):
    """The conversation that an agent takes by themselves."""

    conversation_id: Annotated[str, Field(max_length=255)]


class Being(Body):
    """Whether the agent takes tickets."""

    presence: Presence


class Actions:
    """The endpoints. Each answers with the ticket as it is then."""

    def __init__(self, tickets: Tickets, attendance: Attendance, now: Callable[[], datetime]) -> None:
        self._tickets = tickets
        self._attendance = attendance
        self._now = now

    def add_to(self, routes: Blueprint) -> None:
        """Add them to the routes of the desk."""
        acts: dict[str, Act] = {
            "accept": self._accept,
            "decline": self._decline,
            "release": self._release,
            "assign": self._assign,
            "prioritize": self._prioritize,
            "tag": self._tag,
            "snooze": self._snooze,
            "wake": self._wake,
            "hand-back": self._hand_back,
            "close": self._close,
            "reopen": self._reopen,
            "note": self._note,
        }
        for name, act in acts.items():
            path = f"/tickets/<ticket_id:int>/{name}"
            routes.add_route(self._acting(act), path, methods=("POST",), name=f"POST {name}")
        routes.add_route(self._take_over, "/take-over", methods=("POST",), name="POST take-over")
        routes.add_route(self._follow_up_done, "/follow-ups/<number:int>/done", methods=("POST",), name="POST done")
        routes.add_route(self._presence, "/presence", methods=("POST",), name="POST presence")
        routes.add_route(self._counts, "/counts", name="GET counts")
        routes.add_route(self._offers, "/offers", name="GET offers")

    def _acting(self, act: Act) -> Page:
        async def handle(request: Request, ticket_id: int) -> HTTPResponse:
            agent = require(request, May.WORK)
            ticket = await seen(request, self._tickets.get, ticket_id)
            after = await act(request, ticket, agent) or await self._tickets.get(ticket_id)
            return answer({"ticket": told(after)} if after else {})

        return handle

    async def _accept(self, request: Request, ticket: Ticket, agent: Agent) -> Ticket:
        return await self._tickets.accept(ticket.id, agent)

    async def _decline(self, request: Request, ticket: Ticket, agent: Agent) -> None:
        await self._tickets.decline(ticket.id, agent)

    async def _release(self, request: Request, ticket: Ticket, agent: Agent) -> None:
        await self._tickets.release(ticket.id, agent)

    async def _assign(self, request: Request, ticket: Ticket, agent: Agent) -> Ticket:
        to = read_body(request, Assigning)
        return await self._tickets.assign(ticket.id, agent, agent_id=to.agent_id, team=to.team, note=to.note)

    async def _prioritize(self, request: Request, ticket: Ticket, agent: Agent) -> Ticket:
        return await self._tickets.prioritize(ticket.id, agent, read_body(request, Prioritizing).priority)

    async def _tag(self, request: Request, ticket: Ticket, agent: Agent) -> Ticket:
        return await self._tickets.tag(ticket.id, agent, read_body(request, Tagging).tags)

    async def _snooze(self, request: Request, ticket: Ticket, agent: Agent) -> Ticket:
        return await self._tickets.snooze(ticket.id, agent, read_body(request, Snoozing).until)

    async def _wake(self, request: Request, ticket: Ticket, agent: Agent) -> Ticket:
        if ticket.agent_id != agent.id and not may(agent, May.MOVE):
            raise NotAllowed(f"agent {agent.id} may not wake ticket {ticket.id}")
        return await self._tickets.wake(ticket.id)

    async def _hand_back(self, request: Request, ticket: Ticket, agent: Agent) -> None:
        how = read_body(request, HandingBack)
        await self._tickets.hand_back(ticket.id, agent, note=how.note, flow=how.flow or None)

    async def _close(self, request: Request, ticket: Ticket, agent: Agent) -> None:
        how = read_body(request, Closing)
        await self._tickets.close(ticket.id, agent, how.reason, rating=how.rating)

    async def _reopen(self, request: Request, ticket: Ticket, agent: Agent) -> Ticket:
        return await self._tickets.reopen(ticket.id, agent)

    async def _note(self, request: Request, ticket: Ticket, agent: Agent) -> None:
        await self._tickets.notes.add(ticket.conversation_id, agent, read_body(request, Noting).text)

    async def _take_over(self, request: Request) -> HTTPResponse:
        agent = require(request, May.WORK)
        conversation_id = read_body(request, Taking).conversation_id
        if known := await self._tickets.of(conversation_id):
            await seen(request, self._tickets.get, known.id)
        elif not await self._looks_after(agent, conversation_id):
            raise NotFound(conversation_id)
        return answer({"ticket": told(await self._tickets.open_for(agent, conversation_id))})

    async def _looks_after(self, agent: Agent, conversation_id: str) -> bool:
        """Whether a conversation that people had no part in yet is an agent's business."""
        if not await self._tickets.conversations.messages(conversation_id, limit=1):
            return False
        follow_ups = await self._tickets.follow_ups.open_for(agent)
        return may(agent, May.MOVE) or conversation_id in {each.conversation_id for each in follow_ups}

    async def _follow_up_done(self, request: Request, number: int) -> HTTPResponse:
        if not await self._tickets.follow_ups.done(number, require(request, May.WORK)):
            raise NotFound(str(number))
        return answer({})

    async def _presence(self, request: Request) -> HTTPResponse:
        agent = require(request, May.WORK)
        presence = read_body(request, Being).presence
        await self._attendance.set(agent.id, presence)
        return answer({"presence": presence})

    async def _counts(self, request: Request) -> HTTPResponse:
        return answer(await counts(self._tickets, require(request, May.WORK)))

    async def _offers(self, request: Request) -> HTTPResponse:
        """What is offered to the agent, and for how many seconds still: clocks of browsers are not to be trusted."""
        agent = require(request, May.WORK)
        now, words = self._now(), frame_of(request).words(agent.locale)
        offers = []
        for line in await self._tickets.listing(View.MINE, agent):
            ticket = line.ticket
            if ticket.state is State.OFFERED and ticket.offered_until and ticket.offered_until > now:
                offers.append(
                    {
                        "ticket_id": ticket.id,
                        "name": line.name or words.text("list_visitor", number=ticket.id),
                        "want": want(words, ticket),
                        "language": language_name(ticket.language, words.language),
                        "seconds": (ticket.offered_until - now).total_seconds(),
                    }
                )
        return answer(offers)


async def counts(tickets: Tickets, agent: Agent) -> dict[str, int]:
    """What stands beside the places of the frame, by their names; `unread` are messages in the agent's own tickets."""
    mine = await tickets.listing(View.MINE, agent)
    return {
        **await tickets.counts(agent),
        "unread": sum(line.unread for line in mine if line.ticket.state is State.OPEN),
        "follow_ups": len(await tickets.follow_ups.open_for(agent)),
    }


def told(ticket: Ticket) -> dict[str, object]:
    """A ticket as scripts get it."""
    return {
        "id": ticket.id,
        "state": ticket.state,
        "agent_id": ticket.agent_id,
        "priority": ticket.priority.value,
        "team": ticket.team,
        "tags": ticket.tags,
        "snoozed_until": ticket.snoozed_until.isoformat() if ticket.snoozed_until else None,
        "close_reason": ticket.close_reason,
    }
