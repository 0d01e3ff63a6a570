"""Live events for programs: what the desks are told, and what is said in the conversations that a program asks for."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, suppress
from typing import Any

from sanic import Request, Websocket
from sanic.exceptions import WebsocketClosed
from websockets.exceptions import ConnectionClosed

from conversations import LOST, Event, Feed, Subscription
from desk.access.permissions import May, may, sees
from desk.api.operations import Caller, Problem
from desk.api.sight import Sight
from desk.api.tokens import Scope
from desk.events import DESK
from desk.presence import Attendance
from desk.tickets import Tickets

CHECK_SECONDS = 30.0
"""So often it is asked whether a program still may listen."""

MOST_CONVERSATIONS = 200
"""So many a socket listens to at a time."""

REVOKED, MISUNDERSTOOD = 4401, 4400
"""Codes with which sockets are closed; those from 4000 on are the application's own."""

SCOPES: Mapping[str, Scope] = {
    "ticket": Scope.TICKETS_READ,
    "offer": Scope.TICKETS_READ,
    "warning": Scope.TICKETS_READ,
    "follow_up": Scope.TICKETS_READ,
    "spike": Scope.REPORTS_READ,
    "presence": Scope.AGENTS_READ,
    "note": Scope.NOTES,
}
"""What a token needs to be told of an event of the desk."""

Still = Callable[[Caller, Request], Awaitable[Caller | None]]


class Live:
    """Serves sockets.

    Args:
        still: tells whether a caller may still come in.
    """

    def __init__(self, feed: Feed, tickets: Tickets, sight: Sight, attendance: Attendance, still: Still) -> None:
        self._feed = feed
        self._tickets = tickets
        self._sight = sight
        self._attendance = attendance
        self._still = still

    async def serve(self, caller: Caller, request: Request, socket: Websocket) -> None:
        """Tell a program what happens, until it goes or is no longer let in."""
        listener = _Listener(self._feed, self._tickets, self._sight, caller, socket)

        async def check() -> None:
            while True:
                await asyncio.sleep(CHECK_SECONDS)
                fresh = await self._still(listener.caller, request)
                if fresh is None or not may(fresh.agent, May.WORK):
                    await socket.close(REVOKED, "not let in any more")
                    return
                listener.caller = fresh
                await self._attend(fresh)

        await self._attend(caller)
        with suppress(WebsocketClosed, ConnectionClosed):
            tasks = [asyncio.create_task(each) for each in (listener.hear(), listener.tell(), check())]
            try:
                done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
                for each in done:
                    each.result()
            finally:
                for each in tasks:
                    each.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)

    async def _attend(self, caller: Caller) -> None:
        """A program that works tickets is there as long as it listens."""
        if caller.token and caller.has(Scope.TICKETS_WRITE):
            await self._attendance.heartbeat(caller.agent.id)


class _Listener:
    """What one socket listens to."""

    def __init__(self, feed: Feed, tickets: Tickets, sight: Sight, caller: Caller, socket: Websocket) -> None:
        self.caller = caller
        self._feed = feed
        self._tickets = tickets
        self._sight = sight
        self._socket = socket
        self._conversations: dict[str, asyncio.Task[None]] = {}

    async def tell(self) -> None:
        """Tell what happens at the desk."""
        async with self._feed.subscribe(DESK) as subscription:
            await self._send({"type": "ready"})
            while True:
                event = await subscription.next()
                if event == LOST or await self._is_for_them(event):
                    await self._send(event)

    async def hear(self) -> None:
        """Do what the program asks for, until it goes."""
        try:
            async for frame in self._socket:
                await self._do(_read(frame))
        except _Misunderstood as error:
            await self._socket.close(MISUNDERSTOOD, str(error))
        finally:
            for each in self._conversations.values():
                each.cancel()
            await asyncio.gather(*self._conversations.values(), return_exceptions=True)

    async def _do(self, frame: Mapping[str, Any]) -> None:
        match frame:
            case {"type": "ping"}:
                await self._send({"type": "pong"})
            case {"type": "subscribe", "conversation_id": str(conversation_id)}:
                await self._subscribe(conversation_id)
            case {"type": "unsubscribe", "conversation_id": str(conversation_id)}:
                if task := self._conversations.pop(conversation_id, None):
                    task.cancel()
            case _:
                raise _Misunderstood("unknown frame")

    async def _subscribe(self, conversation_id: str) -> None:
        about = {"conversation_id": conversation_id}
        try:
            self.caller.require(Scope.MESSAGES_READ, May.WORK)
            if len(self._conversations) >= MOST_CONVERSATIONS:
                raise Problem(409, "too_many", f"A socket listens to up to {MOST_CONVERSATIONS} conversations.")
            await self._sight.conversation(self.caller.agent, conversation_id)
        except Problem as problem:
            await self._send({"type": "refused", **about, "error": problem.code, "message": str(problem)})
            return
        if conversation_id in self._conversations:
            return
        listening = AsyncExitStack()
        # Subscribed before the program hears so: what it reads after that lacks nothing.
        subscription = await listening.enter_async_context(self._feed.subscribe(conversation_id))
        self._conversations[conversation_id] = asyncio.create_task(
            self._follow(conversation_id, subscription, listening)
        )
        await self._send({"type": "subscribed", **about})

    async def _follow(self, conversation_id: str, subscription: Subscription, listening: AsyncExitStack) -> None:
        async with listening:
            while True:
                event = await subscription.next()
                with suppress(Problem):
                    # It may have gone to another team meanwhile.
                    await self._sight.conversation(self.caller.agent, conversation_id)
                    await self._send({"type": "conversation", "conversation_id": conversation_id, "event": event})

    async def _is_for_them(self, event: Event) -> bool:
        """Whether the caller may hear of something: by the scope, and by the ticket that it is about."""
        scope = SCOPES.get(event["type"])
        if scope is None or not self.caller.has(scope):
            return False
        match event:
            case {"type": "spike"}:
                return may(self.caller.agent, May.REPORTS)
            case {"type": "offer", "agent_id": int(agent_id)} if agent_id == self.caller.agent.id:
                return True
            case {"type": "ticket", "id": int(ticket_id)} | {"ticket_id": int(ticket_id)}:
                ticket = await self._tickets.get(ticket_id)
            case {"conversation_id": str(conversation_id)}:
                ticket = await self._tickets.of(conversation_id)
            case _:
                return True
        return sees(self.caller.agent, ticket) if ticket else may(self.caller.agent, May.MOVE)

    async def _send(self, event: Event) -> None:
        await self._socket.send(json.dumps(event, ensure_ascii=False))


class _Misunderstood(Exception):
    """A frame that is none."""


def _read(frame: Any) -> Mapping[str, Any]:
    try:
        read = json.loads(frame)
    except (ValueError, RecursionError) as error:
        raise _Misunderstood("not JSON") from error
    if not isinstance(read, dict):
        raise _Misunderstood("not an object")
    return read
