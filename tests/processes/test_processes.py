"""Two processes serve one installation: together, one after the other's death, and with a new model."""

from __future__ import annotations

import asyncio
import itertools
import os
import re
import signal
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import asyncpg  # type: ignore[import-untyped]
import httpx
import pytest
from websockets.exceptions import ConnectionClosed

from aftercare.house import lay_ground
from aftercare.settings import Settings
from aftercare.training import model_path
from tests.app.conftest import Server
from tests.processes.talking import PATIENCE, Traffic, connection, port_of, process_behind, processes_of, say
from tests.widget.visiting import Window, window

SAID = """
    SELECT c.sender, m.author, m.channel_message_id, m.id, m.answers_id
    FROM conversation_messages m JOIN conversations c ON c.id = m.conversation_id
    WHERE c.sender = ANY($1) ORDER BY m.id
"""


def pid_of(server: Server) -> int:
    assert server.process
    return server.process.pid


async def both(server: Server) -> set[int]:
    """The two processes, as soon as there are two."""
    await until(lambda: len(processes_of(pid_of(server))) == 2)
    return processes_of(pid_of(server))


async def until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < deadline
        await asyncio.sleep(0.05)


@asynccontextmanager
async def one_at_each(server: Server) -> AsyncIterator[list[httpx.AsyncClient]]:
    """Two clients, each at a process of its own."""
    pids = await both(server)
    async with AsyncExitStack() as stack:
        found: dict[int, httpx.AsyncClient] = {}
        for _ in range(200):
            client = await stack.enter_async_context(connection(server.url))
            process = process_behind(await port_of(client), pids)
            assert process is not None
            found.setdefault(process, client)
            if len(found) == 2:
                break
        assert len(found) == 2, "all connections are at one process"
        yield list(found.values())


@asynccontextmanager
async def window_at_each(server: Server) -> AsyncIterator[dict[int, Window]]:
    """Two windows of one visitor, each at a process of its own, by the process."""
    pids = await both(server)
    async with AsyncExitStack() as stack:
        found: dict[int, Window] = {}
        token: str | None = None
        for _ in range(50):
            hello = {"token": token} if token else {}
            opened = await stack.enter_async_context(window(server.url, **hello))
            token = opened.welcome["token"]
            process = process_behind(opened.ws.local_address[1], pids)
            assert process is not None
            found.setdefault(process, opened)
            if len(found) == 2:
                break
        assert len(found) == 2, "all windows are at one process"
        yield found


async def said_by(server: Server, *senders: str) -> list[asyncpg.Record]:
    database = await asyncpg.connect(server.settings["AFTERCARE_DATABASE_URL"])
    try:
        return list(await database.fetch(SAID, list(senders)))
    finally:
        await database.close()


async def check_books(server: Server, answered: dict[str, dict[str, int]]) -> None:
    """Each message is there once, was answered once, and before the next one of its conversation.

    Args:
        answered: by sender, how many messages answered each message, in their order. One more may be there that had
            no answer yet when the server went away.
    """
    rows = await said_by(server, *answered)
    for sender, expected in answered.items():
        found: list[tuple[str, int]] = []
        turn = None
        for row in (row for row in rows if row["sender"] == sender):
            if row["author"] == "customer":
                turn = row["id"]
                found.append((row["channel_message_id"], 0))
            else:
                assert row["answers_id"] == turn
                found[-1] = (found[-1][0], found[-1][1] + 1)
        assert found[: len(expected)] == list(expected.items())
        assert len(found) <= len(expected) + 1


async def test_a_window_at_one_process_gets_what_is_answered_at_the_other(workers: Server) -> None:
    async with window_at_each(workers) as windows:
        one, other = windows.values()
        frames = await one.say("how long does delivery take?")
        assert frames[-1]["type"] == "done"
        heard = [(await other.until("message"))["message"] for _ in range(2)]
        assert [message["author"] for message in heard] == ["customer", "bot"]


async def test_messages_of_one_customer_to_both_are_answered_in_order_and_once(workers: Server) -> None:
    sender = uuid.uuid4().hex
    message_ids = [uuid.uuid4().hex for _ in range(12)]
    async with one_at_each(workers) as clients:

        async def talk(client: httpx.AsyncClient, ids: list[str]) -> list[httpx.Response]:
            return [await say(client, sender, "how long does delivery take?", message_id) for message_id in ids]

        # Each message goes to both.
        first, second = await asyncio.gather(talk(clients[0], message_ids), talk(clients[1], message_ids))
    assert [response.status_code for response in (*first, *second)] == [200] * 24
    assert [response.json() for response in first] == [response.json() for response in second]
    counts = [len(response.json()) for response in first]
    await check_books(workers, {sender: dict(zip(message_ids, counts, strict=True))})


async def test_a_visitor_cannot_say_more_at_two_processes_than_at_one(workers: Server) -> None:
    async with window_at_each(workers) as windows:
        ended = [
            (await each.say("/greet", id=f"{uuid.uuid4()}"))[-1]
            for each in itertools.islice(itertools.cycle(windows.values()), 33)
        ]
    refused = [frame["code"] for frame in ended if frame["type"] == "failed"]
    assert refused == ["too_often"] * 3


async def test_a_new_model_is_taken_over_while_turns_go_on(workers: Server, articles: Path) -> None:
    before = httpx.get(f"{workers.url}/health/ready").json()["model"]
    added = add_question(articles, "does a dragon deliver my parcel")
    target = present_model(workers)
    async with one_at_each(workers) as clients, Traffic(workers.url).flowing() as traffic:

        async def models() -> set[str]:
            return {(await client.get("/health/ready")).json()["model"] for client in clients}

        await traffic.more(8)
        put(target, (target.parent / before).read_bytes())
        os.kill(pid_of(workers), signal.SIGHUP)
        await eventually(models, {target.name})
        await traffic.more(8)

        # One that is broken changes nothing.
        added.write_text(added.read_text(encoding="utf-8").replace("a dragon", "a griffin"), encoding="utf-8")
        put(present_model(workers), b"no archive")
        os.kill(pid_of(workers), signal.SIGHUP)
        await until(lambda: workers.log.read_text().count("model.not_loaded") == 2)
        assert await models() == {target.name}
        await traffic.more(8)
    assert not traffic.refused
    await check_books(workers, traffic.answered)


async def test_a_process_that_is_killed_is_replaced_and_the_other_goes_on(workers: Server) -> None:
    async with window_at_each(workers) as windows, Traffic(workers.url).flowing() as traffic:
        killed, spared = windows
        await traffic.more(8)
        os.kill(killed, signal.SIGKILL)
        with pytest.raises(ConnectionClosed):
            await windows[killed].until("never")
        await until(lambda: killed not in processes_of(pid_of(workers)))
        await both(workers)
        assert (await windows[spared].say("how long does delivery take?"))[-1]["type"] == "done"
        async with one_at_each(workers):
            await traffic.more(8)
    await check_books(workers, traffic.answered)


async def test_a_process_that_is_told_to_stop_ends_what_it_has_begun(workers: Server) -> None:
    async with window_at_each(workers) as windows, Traffic(workers.url).flowing() as traffic:
        stopped, _ = windows
        await traffic.more(8)
        await windows[stopped].send("message", id="to-be-answered", text="how long does delivery take?")
        assert (await windows[stopped].until("typing"))["author"] == "bot"
        os.kill(stopped, signal.SIGTERM)
        assert (await windows[stopped].until("done"))["id"] == "to-be-answered"
        with pytest.raises(ConnectionClosed) as closed:
            await windows[stopped].until("never")
        assert closed.value.rcvd and closed.value.rcvd.code == 1012
        await until(lambda: stopped not in processes_of(pid_of(workers)))
        await both(workers)
        await traffic.more(8)
    # Connections end between two requests, and no request is broken off.
    assert set(traffic.refused) <= {"RemoteProtocolError", "ReadError", "ConnectError"}, traffic.refused
    await check_books(workers, traffic.answered)


async def test_a_server_that_stops_answers_what_it_has_taken(workers: Server) -> None:
    assert workers.process
    async with Traffic(workers.url).flowing() as traffic:
        await traffic.more(8)
        workers.process.send_signal(signal.SIGTERM)
        traffic.give_up()
        assert await asyncio.to_thread(workers.process.wait, PATIENCE) == 0
    await check_books(workers, traffic.answered)
    log = workers.log.read_text()
    assert log.count("server.stopped") >= 3
    assert "AFTERCARE_SECRET is not set" in log
    assert "cut_off" not in log


async def eventually(look: Callable[[], Awaitable[object]], expected: object) -> None:
    deadline = time.monotonic() + PATIENCE
    while (found := await look()) != expected:
        assert time.monotonic() < deadline, found
        await asyncio.sleep(0.1)


def add_question(articles: Path, question: str) -> Path:
    """Write a question into an article; returns its file."""
    article = articles / "en" / "account-and-login.md"
    text = article.read_text(encoding="utf-8")
    article.write_text(re.sub(r"^questions:$", f"questions:\n  - {question}", text, count=1, flags=re.M), "utf-8")
    return article


def present_model(server: Server) -> Path:
    """Where the model of the present state has to lie."""
    ground = lay_ground(Settings.load(home=server.home, articles=server.home / "articles"))
    return model_path(ground.settings, ground.articles)


def put(path: Path, model: bytes) -> None:
    """Put a file there all at once, as `aftercare train` does."""
    path.with_suffix(".part").write_bytes(model)
    path.with_suffix(".part").replace(path)
