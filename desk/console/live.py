"""The socket of each page of the desk: what happens, as it happens."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from contextlib import suppress
from typing import Annotated, Any, Literal

import structlog
from pydantic import Field, TypeAdapter, ValidationError
from sanic import Blueprint, Request, Websocket
from sanic.exceptions import WebsocketClosed
from websockets.exceptions import ConnectionClosed

from conversations import LOST, Event, Feed
from desk.access.agents import Agent
from desk.access.permissions import May, may, sees
from desk.access.web import Access, current
from desk.console.answers import Body
from desk.events import DESK
from desk.presence import Attendance
from desk.tickets import Tickets
from storage import DatabaseUnavailable

logger = structlog.get_logger()

MOST_WATCHED = 20
"""So many conversations a page looks at, at most."""

SIGNED_OUT, MISUNDERSTOOD, BROKEN = 4401, 4400, 1011
"""Codes with which sockets are closed; those from 4000 on are the application's own."""


class Heartbeat(Body):
    """The page is open still."""

    type: Literal["heartbeat"]


class Watch(Body):
    """Tell what happens in the conversation of a ticket, too; or not any more."""

    type: Literal["watch", "unwatch"]
    ticket_id: Annotated[int, Field(ge=1, lt=2**31)]


_FRAME: TypeAdapter[Heartbeat | Watch] = TypeAdapter(Annotated[Heartbeat | Watch, Field(discriminator="type")])


class Live:
    """The route. Browsers send `Heartbeat` every fifteen seconds, and `Watch`.

    They get `welcome`, `heartbeat`, the events of `desk.events` as far as they are their agent's business, and of the
    conversations that they watch `{"type": "conversation", "ticket_id", "event"}`, with the event as the feed has it;
    on `lost`, they load again what they show.
    """

    def __init__(self, access: Access, tickets: Tickets, attendance: Attendance, feed: Feed) -> None:
        self._access = access
        self._tickets = tickets
        self._attendance = attendance
        self._feed = feed

    def add_to(self, routes: Blueprint) -> None:
        """Add it to the routes of the desk."""
        routes.add_websocket_route(self._serve, "/live", name="live")

    async def _serve(self, request: Request, ws: Websocket) -> None:
        window = Window(current(request), ws, self._tickets, self._feed)
        with suppress(WebsocketClosed, ConnectionClosed):
            try:
                await self._attendance.heartbeat(window.agent.id)
                await window.listen()
                while True:
                    await self._take(request, window, await ws.recv())
            except ValidationError:
                await ws.close(MISUNDERSTOOD, "bad frame")
            except DatabaseUnavailable as error:
                logger.error("desk.live_unavailable", reason=str(error))
                await ws.close(BROKEN, "error")
            finally:
                await window.close()

    async def _take(self, request: Request, window: Window, received: str | bytes | None) -> None:
        frame = _FRAME.validate_json(received or b"")
        match frame:
            case Heartbeat():
                agent = await self._access.still(request)
                if agent is None:
                    await window.ws.close(SIGNED_OUT, "signed out")
                    return
                window.agent = agent
                await self._attendance.heartbeat(agent.id)
                await window.send({"type": "heartbeat"})
            case Watch(type="watch"):
                await window.watch(frame.ticket_id)
            case Watch():
                await window.unwatch(frame.ticket_id)


class Window:
    """One open page: what it listens to."""

    def __init__(self, agent: Agent, ws: Websocket, tickets: Tickets, feed: Feed) -> None:
        self.agent = agent
        self.ws = ws
        self._tickets = tickets
        self._feed = feed
        self._watched: dict[int, str] = {}
        self._listening: dict[int | None, asyncio.Task[None]] = {}

    async def listen(self) -> None:
        """Begin with what all desks hear."""
        ready = asyncio.Event()
        self._listening[None] = asyncio.create_task(self._forward(DESK, self._told, ready))
        await ready.wait()
        await self.send({"type": "welcome", "presence": self.agent.presence})

    async def watch(self, ticket_id: int) -> None:
        """Listen to the conversation of a ticket, if its agent may see it."""
        if ticket_id in self._watched or len(self._watched) >= MOST_WATCHED:
            return
        ticket = await self._tickets.get(ticket_id)
        if ticket is None or not sees(self.agent, ticket):
            return
        self._watched[ticket_id] = ticket.conversation_id

        async def told(event: Event) -> Event | None:
            return event if event == LOST else {"type": "conversation", "ticket_id": ticket_id, "event": event}

        ready = asyncio.Event()
        self._listening[ticket_id] = asyncio.create_task(self._forward(ticket.conversation_id, told, ready))
        await ready.wait()
        # From here on nothing is missed: what was before is told here, or there to be loaded.
        ticket = await self._tickets.get(ticket_id) or ticket
        now = {"state": ticket.state, "agent_id": ticket.agent_id}
        await self.send({"type": "watching", "ticket_id": ticket_id, **now})

    async def unwatch(self, ticket_id: int) -> None:
        """Listen to it no more."""
        self._watched.pop(ticket_id, None)
        if task := self._listening.pop(ticket_id, None):
            await _end(task)

    async def send(self, frame: Event) -> None:
        """Tell the page something."""
        await self.ws.send(json.dumps(frame, ensure_ascii=False, separators=(",", ":")))

    async def close(self) -> None:
        """Listen to nothing any more."""
        for task in self._listening.values():
            await _end(task)

    async def _forward(self, topic: str, told: Callable[[Event], Any], ready: asyncio.Event) -> None:
        try:
            async with self._feed.subscribe(topic) as subscription:
                ready.set()
                while True:
                    if frame := await told(await subscription.next()):
                        await self.send(frame)
        except (WebsocketClosed, ConnectionClosed):
            pass
        except Exception as error:
            logger.error("desk.live_failed", exc_info=error)
            # The page comes back, and loads what it has missed.
            await self.ws.close(BROKEN, "error")
        finally:
            ready.set()

    async def _told(self, event: Event) -> Event | None:
        """What this agent is told of an event at the desk: of conversations that they do not look at, no ids."""
        match event:
            case {"type": "offer", "agent_id": agent_id} if agent_id != self.agent.id:
                return None
            case {"type": "spike"} if not may(self.agent, May.REPORTS):
                return None
            case {"type": "warning", "ticket_id": ticket_id} if not await self._holds(ticket_id):
                return None
            case {"type": "ticket", "id": ticket_id} if ticket_id in self._watched:
                await self._look_again(ticket_id)
        if event.get("conversation_id") in self._watched.values():
            return event
        return {name: value for name, value in event.items() if name != "conversation_id"}

    async def _holds(self, ticket_id: int) -> bool:
        ticket = await self._tickets.get(ticket_id)
        return ticket is not None and ticket.agent_id == self.agent.id

    async def _look_again(self, ticket_id: int) -> None:
        """A ticket that moved to another team is not everybody's business any more."""
        ticket = await self._tickets.get(ticket_id)
        if ticket is None or not sees(self.agent, ticket):
            await self.unwatch(ticket_id)


async def _end(task: asyncio.Task[None]) -> None:
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
