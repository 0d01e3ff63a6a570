"""What Chatwoot tells us: what agents write there, and that they resolved a conversation.

https://www.chatwoot.com/docs/product/features/webhooks. The inbox's webhook gets everything; what is taken is stored
before it is acknowledged, since Chatwoot does not repeat itself.
"""

from __future__ import annotations

import hmac
import re
import time
from collections.abc import Callable, Mapping
from typing import Any

import structlog
from sanic import Blueprint, Request
from sanic.response import HTTPResponse, json

from conversations import Inbox, Notice
from desk.access.agents import Agent
from desk.api.chatwoot.calls import ChatwootAccount
from desk.api.chatwoot.counterparts import Counterpart, Counterparts
from desk.api.chatwoot.mirror import FROM_CHATWOOT, Mirror
from desk.api.chatwoot.stand_in import StandIn
from desk.messages import Words
from desk.models import State, Taken, Ticket
from desk.tickets import Tickets
from storage import Database

logger = structlog.get_logger()

CHANNEL = "chatwoot"
"""The name of what it tells, in the inbox of `conversations`."""

SIGNATURE, TIMESTAMP = "X-Chatwoot-Signature", "X-Chatwoot-Timestamp"

TOLERANCE_SECONDS = 300

LONGEST_TEXT = 4000


class Callbacks:
    """Does at the desk what agents do in Chatwoot.

    Args:
        inbox: keeps what Chatwoot tells until it is done; it has to be worked on in this process.
        close_reason: why a ticket is closed that was resolved there, one of the rules' reasons.
    """

    def __init__(
        self,
        mirror: Mirror,
        database: Database,
        tickets: Tickets,
        stand_in: StandIn,
        inbox: Inbox,
        words: Words,
        close_reason: str = "solved",
    ) -> None:
        self._mirror = mirror
        self._counterparts = Counterparts(database)
        self._tickets = tickets
        self._stand_in = stand_in
        self._inbox = inbox
        self._words = words
        self._close_reason = close_reason
        inbox.register(CHANNEL, self.handle)

    async def take(self, told: Mapping[str, Any]) -> bool:
        """Keep what Chatwoot tells; returns whether it is for us. Raises `storage.DatabaseUnavailable`."""
        content: dict[str, Any]
        match told:
            case {
                "event": "message_created",
                "message_type": "outgoing",
                "id": int(number),
                "conversation": {"id": int(counterpart)},
            } if not told.get("private"):
                content = {"said": str(number), "text": _text(told), "name": _name(told)}
                key = f"message:{number}"
                known = await self._known(counterpart, told["conversation"])
            case {"event": "conversation_status_changed", "status": "resolved", "id": int(counterpart)}:
                content, key = {"resolved": True}, f"resolved:{counterpart}:{told.get('updated_at')}"
                known = await self._known(counterpart, told)
            case _:
                return False
        if known is None:
            return False
        await self._inbox.put(CHANNEL, [Notice(key, known.conversation_id, content)])
        return True

    async def handle(self, notice: Notice) -> None:
        """Do it; a second time, it changes nothing."""
        ticket = await self._tickets.of(notice.conversation_id)
        if ticket is None:
            return
        if notice.content.get("resolved"):
            await self._resolve(ticket)
            return
        message_id = f"{FROM_CHATWOOT}{notice.content['said']}"
        if notice.content["text"] and not await self._counterparts.was_said(ticket.conversation_id, message_id):
            agent = await self._stand_in.agent(notice.content["name"])
            await self._answer(ticket, agent, notice.content["text"], message_id)

    async def _known(self, counterpart: int, conversation: Mapping[str, Any]) -> Counterpart | None:
        """The conversation of ours; None for one of another inbox of the same account."""
        known = await self._counterparts.find(str(counterpart))
        source = _members(conversation, "contact_inbox").get("source_id")
        return known if known and source in (None, known.contact) else None

    async def _answer(self, ticket: Ticket, agent: Agent, text: str, message_id: str) -> None:
        held = await self._get(ticket, agent)
        if held is None:
            await self._mirror.note(ticket.conversation_id, self._words.text("api_chatwoot_not_sent"))
            return
        await self._tickets.answer(held.id, agent, text, message_id=message_id)

    async def _get(self, ticket: Ticket, agent: Agent) -> Ticket | None:
        """Make a ticket this agent's; None where somebody else has it."""
        try:
            if ticket.closed:
                ticket = await self._tickets.reopen(ticket.id, agent)
            if ticket.queued:
                ticket = await self._tickets.accept(ticket.id, agent)
        except Taken:
            ticket = await self._tickets.get(ticket.id) or ticket
        if ticket.agent_id != agent.id or ticket.closed:
            return None
        if ticket.state is State.SNOOZED:
            await self._tickets.wake(ticket.id)
        return ticket

    async def _resolve(self, ticket: Ticket) -> None:
        agent = await self._stand_in.agent()
        if ticket.closed:
            return
        if ticket.queued or ticket.agent_id == agent.id:
            await self._tickets.close(ticket.id, agent, self._close_reason)
        else:
            await self._mirror.note(ticket.conversation_id, self._words.text("api_chatwoot_not_closed"))


def chatwoot_routes(account: ChatwootAccount, callbacks: Callbacks, now: Callable[[], float] = time.time) -> Blueprint:
    """The route `/desk/api/chatwoot`, to which the webhook of Chatwoot's inbox leads.

    Newer versions of Chatwoot sign what they tell. For older ones the webhook's address ends with `?secret=…`.
    """
    routes = Blueprint("desk_chatwoot", url_prefix="/desk/api/chatwoot")

    @routes.post("/")
    async def told(request: Request) -> HTTPResponse:
        if not is_genuine(request, account.webhook_secret, now()):
            return json({"error": "invalid_signature", "message": "The signature does not fit the body."}, status=401)
        try:
            body = request.json
        except Exception:
            return json({"error": "invalid_json", "message": "The body is not JSON."}, status=400)
        return json({"taken": isinstance(body, dict) and await callbacks.take(body)})

    return routes


def is_genuine(request: Request, secret: str, now: float) -> bool:
    """Whether a request comes from Chatwoot: it is signed, lately, or else knows the secret."""
    given = request.headers.get(SIGNATURE)
    if given is None:
        return _same(request.args.get("secret") or "", secret)
    sent_at = request.headers.get(TIMESTAMP) or ""
    fresh = re.fullmatch(r"\d{1,12}", sent_at, re.ASCII) is not None and abs(now - int(sent_at)) <= TOLERANCE_SECONDS
    signed = hmac.digest(secret.encode(), f"{sent_at}.".encode() + request.body, "sha256").hex()
    return fresh and _same(given, f"sha256={signed}")


def _same(given: str, right: str) -> bool:
    return hmac.compare_digest(given.encode("utf-8", "surrogatepass"), right.encode())


def _members(told: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """An object in what is told; an empty one where there is none."""
    found = told.get(name)
    return found if isinstance(found, dict) else {}


def _name(told: Mapping[str, Any]) -> str | None:
    return str(_members(told, "sender").get("name") or "").strip() or None


def _text(told: Mapping[str, Any]) -> str:
    """What was written, and the addresses of what was attached."""
    attached = told.get("attachments")
    attachments = [file for file in attached if isinstance(file, dict)] if isinstance(attached, list) else []
    files = [str(file["data_url"]) for file in attachments if file.get("data_url")]
    return "\n".join([*filter(None, [str(told.get("content") or "").strip()]), *files])[:LONGEST_TEXT]
