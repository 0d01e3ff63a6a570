"""How quickly the desk learns what customers write, and shows its queue, with many agents and conversations.

    AFTERCARE_HOME=/tmp/busy uv run aftercare serve &
    AFTERCARE_HOME=/tmp/busy uv run python -m benchmarks.desk [--url …] [--agents 50] [--tickets 2000]

A quarter of the tickets waits, the others are open, spread over the agents; each conversation has some messages. Every
agent has the desk open and looks at some conversations. Customers write by REST, so many a second; it is measured from
their request to the frame that tells the agent. For a home folder that is thrown away: accounts and tickets stay.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
from sqlalchemy import insert
from websockets.asyncio.client import ClientConnection, connect

from aftercare.desk import open_access
from aftercare.house import Ground, lay_ground
from aftercare.settings import Settings
from benchmarks.figures import percentile
from conversations.tables import Author, ConversationRow, MessageRow
from desk.access.agents import Role
from desk.access.web import COOKIE
from desk.tables import TicketRow
from storage import table

MESSAGES_EACH = 20
WATCHED = 10
"""So many conversations an agent looks at, at most."""

PAGES = 20


async def fill(ground: Ground, agents: int, tickets: int) -> tuple[list[tuple[int, str]], dict[int, list[int]]]:
    """Make accounts and tickets; returns (number, session token) of each agent, and whose the open tickets are."""
    access, now = open_access(ground), datetime.now(UTC)
    known = []
    for number in range(agents):
        made = await access.agents.add(f"agent{number}-{now:%H%M%S}@desk.example", f"Agent {number}", Role.AGENT)
        known.append((made.id, await access.sessions.begin(made.id, "benchmark")))
    holders: dict[int, list[int]] = {agent_id: [] for agent_id, _ in known}
    async with ground.database.writing() as connection:
        for number in range(tickets):
            conversation_id = f"rest:bench-{now:%H%M%S}-{number}"
            at = now - timedelta(minutes=number % 300)
            waits, holder = number % 4 == 0, known[number % agents][0]
            row = {"id": conversation_id, "channel": "rest", "sender": conversation_id[5:], "language": "en"}
            floor = None if waits else f"Agent {number % agents}"
            await connection.execute(insert(table(ConversationRow)), {**row, "created_at": at, "floor": floor})
            said = {"conversation_id": conversation_id, "author": Author.CUSTOMER, "created_at": at}
            messages = [{**said, "content": {"text": f"Message {each}"}} for each in range(MESSAGES_EACH)]
            await connection.execute(insert(table(MessageRow)), messages)
            state: dict[str, Any] = {"state": "waiting"} if waits else {"state": "open", "agent_id": holder}
            plain = {"reason": "asked", "channel": "rest", "language": "en", "priority": 1, "reopened": 0}
            times = dict.fromkeys(("created_at", "queued_at", "changed_at"), at)
            lists: dict[str, Any] = {"declined_by": [], "tags": [], "warned": []}
            values = {"conversation_id": conversation_id, **plain, **times, **lists, **state}
            inserted = await connection.execute(insert(table(TicketRow)), values)
            if not waits:
                holders[holder].append(inserted.inserted_primary_key[0])  # type: ignore[index]
    return known, holders


async def open_desk(url: str, token: str, tickets: Sequence[int]) -> ClientConnection:
    """A desk that is open, and looks at some tickets."""
    address = url.replace("http", "ws", 1) + "/desk/live"
    ws = await connect(address, origin=url, additional_headers={"Cookie": f"{COOKIE}={token}"})  # type: ignore[arg-type]
    for ticket_id in tickets:
        await ws.send(json.dumps({"type": "watch", "ticket_id": ticket_id}))
    watching = 0
    while watching < len(tickets):
        watching += json.loads(await ws.recv())["type"] == "watching"
    return ws


async def hear(ws: ClientConnection, arrived: dict[str, float]) -> None:
    """Note when what customers wrote arrives."""
    async for frame in ws:
        told = json.loads(frame)
        if told["type"] == "conversation" and told["event"]["type"] == "message":
            arrived[told["event"]["message"]["content"]["text"]] = time.perf_counter()


async def main(url: str, agents: int, tickets: int, rate: float, messages: int) -> None:
    """Measure and print."""
    ground = lay_ground(Settings.load())
    known, holders = await fill(ground, agents, tickets)
    by_ticket = {ticket: each for each in holders.values() for ticket in each[:WATCHED]}
    desks = [await open_desk(url, token, holders[agent_id][:WATCHED]) for agent_id, token in known]
    arrived: dict[str, float] = {}
    listening = [asyncio.create_task(hear(ws, arrived)) for ws in desks]
    async with ground.database.reading() as connection:
        looked_at = table(TicketRow).select().where(table(TicketRow).c.id.in_(by_ticket))
        senders = {row.id: row.conversation_id[5:] for row in await connection.execute(looked_at)}
    sent: dict[str, float] = {}
    async with httpx.AsyncClient(base_url=url, timeout=30) as client:
        watched = list(senders.values())

        async def write(number: int) -> None:
            text = f"benchmark {number}"
            sent[text] = time.perf_counter()
            body = {"sender": watched[number % len(watched)], "message": text}
            (await client.post("/webhooks/rest/webhook", json=body)).raise_for_status()

        writing = []
        for number in range(messages):
            writing.append(asyncio.create_task(write(number)))
            await asyncio.sleep(1 / rate)
        await asyncio.gather(*writing)
        await asyncio.sleep(1)
        times = [(arrived[text] - at) * 1000 for text, at in sent.items() if text in arrived]
        print(
            f"{len(times)} of {messages} messages told, {rate:g} a second, to {agents} agents with {tickets} tickets:"
        )
        print("  " + ", ".join(f"p{part * 100:g} {percentile(times, part):.1f} ms" for part in (0.5, 0.95, 0.99)))
        cookies = {"Cookie": f"{COOKIE}={known[0][1]}", "Accept": "text/html", "Sec-Fetch-Site": "same-origin"}
        for view in ("queue", "mine"):
            pages = []
            for _ in range(PAGES):
                started = time.perf_counter()
                (await client.get(f"/desk/{view}", headers=cookies)).raise_for_status()
                pages.append((time.perf_counter() - started) * 1000)
            print(f"/desk/{view}: p50 {percentile(pages, 0.5):.1f} ms, p95 {percentile(pages, 0.95):.1f} ms")
    for task in listening:
        task.cancel()
    for ws in desks:
        await ws.close()
    await ground.database.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--url", default="http://localhost:8000")
    parser.add_argument("--agents", type=int, default=50)
    parser.add_argument("--tickets", type=int, default=2000)
    parser.add_argument("--rate", type=float, default=10, help="messages a second")
    parser.add_argument("--messages", type=int, default=300)
    arguments = parser.parse_args()
    asyncio.run(main(arguments.url, arguments.agents, arguments.tickets, arguments.rate, arguments.messages))
