"""Operations on what is said: messages, notes, prepared answers, and what somebody has to look after."""

from __future__ import annotations

from functools import partial

from conversations import Author, Conversations
from desk.access.audit import Audit
from desk.access.permissions import May
from desk.api.models import (
    AddNote,
    CannedGiven,
    CannedList,
    CannedQuery,
    FollowUpGiven,
    FollowUpList,
    MarkRead,
    MessageGiven,
    MessageList,
    MessagesQuery,
    NoteGiven,
    NoteList,
    PutCanned,
    Send,
)
from desk.api.operations import Call, Operation, Problem
from desk.api.sight import Sight
from desk.api.tokens import Scope
from desk.canned import Canned
from desk.follow_ups import FollowUps
from desk.models import HELD, Ticket
from desk.notes import Notes
from desk.tickets import Tickets

CONVERSATION = "/conversations/<conversation_id:str>"

LONGEST_KEY = 100


class Talking:
    """What agents read and write."""

    def __init__(
        self,
        conversations: Conversations,
        tickets: Tickets,
        sight: Sight,
        notes: Notes,
        canned: Canned,
        follow_ups: FollowUps,
        audit: Audit,
    ) -> None:
        self._conversations = conversations
        self._tickets = tickets
        self._notes = notes
        self._canned = canned
        self._follow_ups = follow_ups
        self._audit = audit
        self._sight = sight

    def operations(self) -> list[Operation]:
        """The operations."""
        messages = partial(Operation, group="Messages")
        notes = partial(Operation, group="Notes", scope=Scope.NOTES)
        canned = partial(Operation, group="Prepared answers")
        follow_ups = partial(Operation, group="Follow-ups")
        return [
            messages(
                "list_messages",
                "GET",
                f"{CONVERSATION}/messages",
                "What was said in a conversation.",
                handle=self.read_messages,
                scope=Scope.MESSAGES_READ,
                query=MessagesQuery,
                answer=MessageList,
            ),
            messages(
                "send_message",
                "POST",
                "/tickets/<ticket_id:int>/messages",
                "Say something to the customer. The ticket must be the agent's.",
                handle=self.send,
                scope=Scope.MESSAGES_WRITE,
                body=Send,
                answer=MessageGiven,
                status=201,
                keyed=True,
            ),
            messages(
                "show_typing",
                "POST",
                "/tickets/<ticket_id:int>/typing",
                "Show the customer for a few seconds that somebody is writing.",
                self.show_typing,
                scope=Scope.MESSAGES_WRITE,
                status=204,
            ),
            messages(
                "mark_read",
                "PUT",
                "/tickets/<ticket_id:int>/read",
                "Say that the agent has seen what was said.",
                self.mark_read,
                scope=Scope.MESSAGES_READ,
                body=MarkRead,
                status=204,
            ),
            notes(
                "list_notes",
                "GET",
                f"{CONVERSATION}/notes",
                "What agents wrote to each other.",
                self.read_notes,
                answer=NoteList,
            ),
            notes(
                "add_note",
                "POST",
                f"{CONVERSATION}/notes",
                "Write a note; the customer does not see it.",
                self.add_note,
                body=AddNote,
                answer=NoteGiven,
                status=201,
            ),
            canned(
                "list_canned",
                "GET",
                "/canned",
                "The prepared answers.",
                self.read_canned,
                scope=Scope.MESSAGES_READ,
                query=CannedQuery,
                answer=CannedList,
            ),
            canned(
                "put_canned",
                "PUT",
                "/canned",
                "Write a prepared answer, or write it anew.",
                self.put_canned,
                scope=Scope.MESSAGES_WRITE,
                may=May.CANNED,
                body=PutCanned,
                answer=CannedGiven,
            ),
            canned(
                "delete_canned",
                "DELETE",
                "/canned/<canned_id:int>",
                "Delete a prepared answer.",
                self.delete_canned,
                scope=Scope.MESSAGES_WRITE,
                may=May.CANNED,
                status=204,
            ),
            follow_ups(
                "list_follow_ups",
                "GET",
                "/follow_ups",
                "What the agent has to look after.",
                self.read_follow_ups,
                scope=Scope.TICKETS_READ,
                answer=FollowUpList,
            ),
            follow_ups(
                "finish_follow_up",
                "POST",
                "/follow_ups/<follow_up_id:int>/done",
                "Say that something was looked after.",
                self.finish,
                scope=Scope.TICKETS_WRITE,
                status=204,
            ),
        ]

    async def read_messages(self, call: Call) -> MessageList:
        conversation_id = call.path["conversation_id"]
        ticket = await self._sight.conversation(call.agent, conversation_id)
        query: MessagesQuery = call.query
        found = await self._conversations.messages(
            conversation_id, after=query.after, before=query.before, limit=query.limit
        )
        await self._record(call, "conversation_read", conversation_id, ticket.id if ticket else None)
        return MessageList(items=[MessageGiven.model_validate(message) for message in found])

    async def send(self, call: Call) -> MessageGiven:
        ticket = await self._sight.ticket(call.agent, call.path["ticket_id"])
        if call.key is not None and not 0 < len(call.key) <= LONGEST_KEY:
            raise Problem(400, "invalid", f"'Idempotency-Key' has 1 to {LONGEST_KEY} characters.")
        # Of another caller, the same key is another one.
        source = f"token{call.caller.token.id}" if call.caller.token else f"agent{call.agent.id}"
        message = await self._tickets.answer(
            ticket.id,
            call.agent,
            call.body.text,
            translated=call.body.translated,
            message_id=f"api:{source}:{call.key}" if call.key else None,
        )
        if message.content.get("text") != (call.body.translated or call.body.text):
            raise Problem(409, "key_used", "Something else was sent with this 'Idempotency-Key'.")
        return MessageGiven.model_validate(message)

    async def show_typing(self, call: Call) -> None:
        ticket = await self._theirs(call)
        await self._conversations.show_typing(ticket.conversation_id, Author.AGENT, call.agent.name)

    async def mark_read(self, call: Call) -> None:
        ticket = await self._theirs(call)
        await self._conversations.mark_read(ticket.conversation_id, Author.AGENT, call.body.up_to)

    async def read_notes(self, call: Call) -> NoteList:
        conversation_id = call.path["conversation_id"]
        ticket = await self._sight.conversation(call.agent, conversation_id)
        found = await self._notes.of(conversation_id)
        await self._record(call, "notes_read", conversation_id, ticket.id if ticket else None)
        return NoteList(items=[NoteGiven.model_validate(note) for note in found])

    async def add_note(self, call: Call) -> NoteGiven:
        conversation_id = call.path["conversation_id"]
        ticket = await self._sight.conversation(call.agent, conversation_id)
        note = await self._notes.add(conversation_id, call.agent, call.body.text)
        await self._record(call, "note_added", conversation_id, ticket.id if ticket else None, note=note.id)
        return NoteGiven.model_validate(note)

    async def read_canned(self, call: Call) -> CannedList:
        found = await self._canned.all(call.query.language)
        return CannedList(items=[CannedGiven.model_validate(each) for each in found])

    async def put_canned(self, call: Call) -> CannedGiven:
        kept = await self._canned.save(call.body.shortcut, call.body.language, call.body.text)
        await self._record(call, "canned_written", canned=kept.id)
        return CannedGiven.model_validate(kept)

    async def delete_canned(self, call: Call) -> None:
        if not await self._canned.remove(call.path["canned_id"]):
            raise Problem(404, "unknown_canned", "There is no such prepared answer.")
        await self._record(call, "canned_deleted", canned=call.path["canned_id"])

    async def read_follow_ups(self, call: Call) -> FollowUpList:
        found = await self._follow_ups.open_for(call.agent)
        return FollowUpList(items=[FollowUpGiven.model_validate(each) for each in found])

    async def finish(self, call: Call) -> None:
        follow_up_id = call.path["follow_up_id"]
        if not await self._follow_ups.done(follow_up_id, call.agent):
            raise Problem(404, "unknown_follow_up", "There is no such thing to look after.")
        await self._record(call, "follow_up_done", follow_up=follow_up_id)

    async def _theirs(self, call: Call) -> Ticket:
        """The ticket of a path, which must be the agent's: others do not speak for the shop. Raises `Problem`."""
        ticket = await self._sight.ticket(call.agent, call.path["ticket_id"])
        if ticket.agent_id != call.agent.id or ticket.state not in HELD:
            raise Problem(409, "taken", "The ticket is not this agent's.")
        return ticket

    async def _record(
        self,
        call: Call,
        action: str,
        conversation_id: str | None = None,
        ticket_id: int | None = None,
        **details: object,
    ) -> None:
        if call.caller.token:
            details["token"] = call.caller.token.id
        await self._audit.record(call.agent.id, action, conversation_id=conversation_id, ticket_id=ticket_id, **details)
