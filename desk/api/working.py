"""Operations on tickets."""

from __future__ import annotations

from functools import partial

from desk.access.permissions import May
from desk.api.models import (
    Assign,
    Close,
    Counts,
    HandBack,
    LineGiven,
    OpenTicket,
    PlaceGiven,
    SetPriority,
    SetTags,
    Snooze,
    TicketGiven,
    TicketList,
    TicketsQuery,
)
from desk.api.operations import Call, Operation, Problem, cursor
from desk.api.sight import Sight
from desk.api.tokens import Scope
from desk.models import Line, Priority, Search, Ticket
from desk.tickets import Tickets

GROUP = "Tickets"

ONE = "/tickets/<ticket_id:int>"


class Working:
    """What agents do with tickets. What they may not do, or no longer, the tickets say themselves, and record who did
    what.
    """

    def __init__(self, tickets: Tickets, sight: Sight) -> None:
        self._tickets = tickets
        self._sight = sight

    def operations(self) -> list[Operation]:
        """The operations."""
        read = partial(Operation, group=GROUP, scope=Scope.TICKETS_READ)
        write = partial(Operation, group=GROUP, scope=Scope.TICKETS_WRITE, answer=TicketGiven)
        return [
            read(
                "list_tickets",
                "GET",
                "/tickets",
                "The tickets of a view, in its order.",
                handle=self.listing,
                query=TicketsQuery,
                answer=TicketList,
            ),
            read("count_tickets", "GET", "/tickets/counts", "How many are in each view.", self.count, answer=Counts),
            read("get_ticket", "GET", ONE, "A ticket.", handle=self.get, answer=TicketGiven),
            read(
                "get_place",
                "GET",
                f"{ONE}/place",
                "Where a waiting ticket stands in the queue.",
                handle=self.place,
                answer=PlaceGiven,
            ),
            write(
                "open_ticket",
                "POST",
                "/tickets",
                "Take a conversation over; the bot is silent from then on.",
                handle=self.open,
                body=OpenTicket,
                status=201,
            ),
            write("accept_ticket", "POST", f"{ONE}/accept", "Take a ticket that waits or is offered.", self.accept),
            write("decline_ticket", "POST", f"{ONE}/decline", "Let an offer pass.", self.decline),
            write("release_ticket", "POST", f"{ONE}/release", "Give a ticket back to the queue.", self.release),
            write(
                "assign_ticket",
                "POST",
                f"{ONE}/assign",
                "Give a ticket to an agent or a team.",
                self.assign,
                body=Assign,
            ),
            write("snooze_ticket", "POST", f"{ONE}/snooze", "Put a ticket off.", self.snooze, body=Snooze),
            write("wake_ticket", "POST", f"{ONE}/wake", "Go on with a ticket that was put off.", self.wake),
            write("close_ticket", "POST", f"{ONE}/close", "Settle a ticket.", self.close, body=Close),
            write("reopen_ticket", "POST", f"{ONE}/reopen", "Go on with a ticket that was closed.", self.reopen),
            write(
                "hand_back_ticket",
                "POST",
                f"{ONE}/hand_back",
                "Close a ticket and let the bot go on.",
                self.hand_back,
                body=HandBack,
            ),
            write("tag_ticket", "PUT", f"{ONE}/tags", "Set the tags of a ticket.", self.tag, body=SetTags),
            write(
                "prioritize_ticket",
                "PUT",
                f"{ONE}/priority",
                "Say how urgent a ticket is.",
                self.prioritize,
                body=SetPriority,
            ),
        ]

    async def listing(self, call: Call) -> TicketList:
        query: TicketsQuery = call.query
        if call.caller.token and query.words and not call.caller.has(Scope.MESSAGES_READ):
            raise Problem(403, "scope_missing", f"To look for words, the token needs the scope {Scope.MESSAGES_READ}.")
        search = Search(**query.model_dump(exclude={"limit", "cursor", "view"}))
        before = cursor(query.cursor)
        found = await self._tickets.listing(query.view, call.agent, search=search, limit=query.limit, before=before)
        full = len(found) == query.limit
        texts = call.caller.has(Scope.MESSAGES_READ)
        return TicketList(
            items=[_line(line, texts=texts) for line in found], next=str(found[-1].ticket.id) if full else None
        )

    async def count(self, call: Call) -> Counts:
        return Counts(counts=await self._tickets.counts(call.agent))

    async def get(self, call: Call) -> TicketGiven:
        return TicketGiven.of(await self._ticket(call))

    async def place(self, call: Call) -> PlaceGiven:
        ticket = await self._ticket(call)
        if not ticket.queued:
            raise Problem(409, "taken", "This ticket is not in the queue.")
        place = await self._tickets.place(ticket.id)
        return PlaceGiven(
            position=place.position, wait_seconds=round(place.wait.total_seconds()) if place.wait else None
        )

    async def open(self, call: Call) -> TicketGiven:
        conversation_id = call.body.conversation_id
        await self._sight.begin(call.agent, conversation_id)
        return TicketGiven.of(await self._tickets.open_for(call.agent, conversation_id))

    async def accept(self, call: Call) -> TicketGiven:
        ticket = await self._ticket(call)
        await self._tickets.accept(ticket.id, call.agent)
        return await self._shown(ticket)

    async def decline(self, call: Call) -> TicketGiven:
        ticket = await self._ticket(call)
        await self._tickets.decline(ticket.id, call.agent)
        return await self._shown(ticket)

    async def release(self, call: Call) -> TicketGiven:
        ticket = await self._ticket(call)
        await self._tickets.release(ticket.id, call.agent)
        return await self._shown(ticket)

    async def assign(self, call: Call) -> TicketGiven:
        ticket, to = await self._ticket(call), call.body
        if to.agent_id is None and to.team is None:
            raise Problem(400, "invalid", "'agent_id' or 'team' is missing.")
        await self._tickets.assign(ticket.id, call.agent, agent_id=to.agent_id, team=to.team, note=to.note)
        return await self._shown(ticket)

    async def snooze(self, call: Call) -> TicketGiven:
        ticket = await self._ticket(call)
        await self._tickets.snooze(ticket.id, call.agent, call.body.until)
        return await self._shown(ticket)

    async def wake(self, call: Call) -> TicketGiven:
        ticket = await self._ticket(call)
        if ticket.agent_id != call.agent.id:
            call.caller.require(Scope.TICKETS_WRITE, May.MOVE)
        await self._tickets.wake(ticket.id)
        return await self._shown(ticket)

    async def close(self, call: Call) -> TicketGiven:
        ticket = await self._ticket(call)
        await self._tickets.close(ticket.id, call.agent, call.body.reason, rating=call.body.rating)
        return await self._shown(ticket)

    async def reopen(self, call: Call) -> TicketGiven:
        ticket = await self._ticket(call)
        await self._tickets.reopen(ticket.id, call.agent)
        return await self._shown(ticket)

    async def hand_back(self, call: Call) -> TicketGiven:
        ticket = await self._ticket(call)
        await self._tickets.hand_back(ticket.id, call.agent, note=call.body.note, flow=call.body.flow)
        return await self._shown(ticket)

    async def tag(self, call: Call) -> TicketGiven:
        ticket = await self._ticket(call)
        await self._tickets.tag(ticket.id, call.agent, call.body.tags)
        return await self._shown(ticket)

    async def prioritize(self, call: Call) -> TicketGiven:
        ticket = await self._ticket(call)
        await self._tickets.prioritize(ticket.id, call.agent, Priority[call.body.priority.upper()])
        return await self._shown(ticket)

    async def _ticket(self, call: Call) -> Ticket:
        return await self._sight.ticket(call.agent, call.path["ticket_id"])

    async def _shown(self, ticket: Ticket) -> TicketGiven:
        """The ticket as it is now."""
        return TicketGiven.of(await self._tickets.get(ticket.id) or ticket)


def _line(line: Line, *, texts: bool) -> LineGiven:
    return LineGiven(
        ticket=TicketGiven.of(line.ticket),
        name=line.name if texts else None,
        agent=line.agent,
        last_text=line.last_text if texts else None,
        last_author=line.last_author,
        last_at=line.last_at,
        unread=line.unread,
    )
