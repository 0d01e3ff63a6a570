"""Which websites are let in, how often visitors may do what, and the way in where sockets are blocked."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed

from bot.engine import import_rasa
from connectors.widget.limits import RateLimits
from storage import Database
from tests.widget.visiting import Served, serve

SHOP = "https://www.shop.example"


async def poll(served: Served, **hello: Any) -> list[dict[str, Any]]:
    response = await served.post("poll", hello)
    assert response.status_code == 200, response.text
    frames: list[dict[str, Any]] = response.json()["frames"]
    return frames


async def send(served: Served, token: str, **frame: Any) -> list[dict[str, Any]]:
    response = await served.post("send", {"hello": {"token": token}, "frame": frame})
    assert response.status_code == 200, response.text
    frames: list[dict[str, Any]] = response.json()["frames"]
    return frames


async def said_after(served: Served, token: str, last: int, count: int) -> list[str]:
    """What is said after a message, which a window without a socket asks for until it has so many."""
    found: list[dict[str, Any]] = []
    while len(found) < count:
        after = found[-1]["id"] if found else last
        welcome, *happened = await poll(served, token=token, after=after, wait=True)
        found += [*welcome["messages"], *(frame["message"] for frame in happened if frame["type"] == "message")]
    return [message["content"]["text"] for message in found]


async def test_requests_do_what_a_socket_does(served: Served) -> None:
    (welcome,) = await poll(served)
    token = welcome["token"]
    session, done = await send(served, token, type="message", id="m-0000001", text="hello")
    assert session["token"] == token and done == {"type": "done", "id": "m-0000001"}
    (caught_up,) = await poll(served, token=token)
    assert [m["content"]["text"] for m in caught_up["messages"]] == ["hello", "You said: hello"]
    last = caught_up["messages"][-1]["id"]
    waiting = asyncio.create_task(said_after(served, token, last, 2))
    async with served.window(token=token) as window:
        while len(served.app.ctx.conversations._feed._subscriptions[f"widget:{await visitor(served)}"]) < 2:
            await asyncio.sleep(0.01)
        await window.say("from the other window", "m-0000002")
    assert await waiting == ["from the other window", "You said: from the other window"]


async def test_requests_that_say_nothing_are_refused(served: Served) -> None:
    for path, body in (
        ("poll", []),
        ("poll", {"after": "x"}),
        ("poll", {"after": 2**31}),
        ("send", {}),
        ("send", {"hello": {}, "frame": {"type": "x"}}),
    ):
        response = await served.post(path, body)
        assert response.status_code == 400 and response.json()["error"] == "bad_frame", body


@pytest.mark.parametrize(
    ("allowed", "origin", "may"),
    [
        ([SHOP], SHOP, True),
        ([SHOP], "https://shop.example", False),
        ([SHOP], "http://www.shop.example", False),
        ([SHOP], f"{SHOP}.evil.example", False),
        (["https://*.shop.example"], "https://de.shop.example", True),
        (["https://*.shop.example"], "https://shop.example", False),
        (["https://*.shop.example"], "https://evil-shop.example", False),
        (["*"], "https://anything.example", True),
        ([], SHOP, False),
    ],
)
async def test_websites_are_let_in(
    database: Database, tmp_path: Path, allowed: list[str], origin: str, may: bool
) -> None:
    async with serve(database, tmp_path, origins=allowed) as served:
        response = await served.post("poll", {}, origin=origin)
        assert (response.status_code == 200) is may
        assert response.headers.get("access-control-allow-origin") == (origin if may else None)
        asked = {"origin": origin, "access-control-request-method": "POST"}
        preflight = await served.client.options("/webhooks/widget/poll", headers=asked)
        assert (preflight.headers.get("access-control-allow-origin") == origin) is may


@pytest.mark.parametrize("origin", ["www.shop.example", "https://www.shop.example/", "ftp://x.example", ""])
def test_what_is_no_website_is_refused_at_the_start(origin: str) -> None:
    import_rasa()
    from connectors.widget.origins import Origins

    with pytest.raises(ValueError, match="no origin"):
        Origins([origin])


async def test_who_writes_too_often_waits(database: Database, tmp_path: Path) -> None:
    limits = {"message": {"visitor": "2/minute"}, "begin": {"address": "2/hour"}}
    async with serve(database, tmp_path, limits=limits) as served:
        async with served.window() as window:
            outcomes = [(await window.say("hello", f"m-000000{number}"))[-1] for number in range(3)]
            assert [outcome["type"] for outcome in outcomes] == ["done", "done", "failed"]
            assert outcomes[-1]["code"] == "too_often" and 0 < outcomes[-1]["seconds"] <= 61
            await window.send("ping")
            assert (await window.receive())["type"] == "pong"
        async with served.window() as other:
            assert (await other.say("hello"))[-1]["type"] == "done", "others need not"
        refused = await served.post("poll", {})
        assert refused.status_code == 429 and int(refused.headers["retry-after"]) > 0


@pytest.mark.parametrize("limits", [{"mesage": {"visitor": "2/minute"}}, {"begin": {"visitor": "2/hour"}}])
def test_a_limit_that_there_is_not_is_refused_at_the_start(limits: dict[str, dict[str, str]]) -> None:
    with pytest.raises(ValueError, match=r"there is no limit (mesage|begin)\.visitor"):
        RateLimits(allowances=limits)


async def test_what_is_refused_is_counted_too(database: Database, tmp_path: Path) -> None:
    limits = {"message": {"visitor": "2/minute"}}
    async with serve(database, tmp_path, limits=limits) as served, served.window() as window:
        outcomes = [(await window.say("", f"m-000000{number}"))[-1]["code"] for number in range(3)]
    assert outcomes == ["empty", "empty", "too_often"]


async def test_limits_hold_across_processes(database: Database, tmp_path: Path, redis_url: str) -> None:
    limits = {"begin": {"address": "2/hour"}}
    async with (
        serve(database, tmp_path, limits=limits, redis_url=redis_url) as one,
        serve(database, tmp_path, limits=limits, redis_url=redis_url) as two,
    ):
        statuses = [(await served.post("poll", {})).status_code for served in (one, two, one)]
    assert statuses == [200, 200, 429]


async def test_without_redis_nobody_is_kept_out(database: Database, tmp_path: Path) -> None:
    async with serve(database, tmp_path, redis_url="redis://127.0.0.1:1") as served:
        assert (await served.post("poll", {})).status_code == 200


async def visitor(served: Served) -> str:
    from sqlalchemy import select

    from conversations import ConversationRow

    async with served.app.ctx.conversations._database.session() as session:
        row = (await session.scalars(select(ConversationRow))).one()
    return str(row.sender)


async def test_windows_go_elsewhere_when_the_process_is_about_to_end(served: Served) -> None:
    (welcome,) = await poll(served)
    async with served.window(token=welcome["token"]) as window, served.window() as busy:
        polling = asyncio.create_task(poll(served, token=welcome["token"], wait=True))
        await busy.send("message", id="m-0000001", text="wait")
        channel = served.app.ctx.channel
        while not served.bot.pauses or len(channel._windows._waiting) < 2:
            await asyncio.sleep(0.01)
        channel.leave()
        assert [frame["type"] for frame in await asyncio.wait_for(polling, 5)] == ["welcome"]
        with pytest.raises(ConnectionClosed) as closed:
            await window.receive()
        assert closed.value.rcvd and closed.value.rcvd.code == 1012
        # Whoever has said something hears the answer first.
        served.bot.pauses[0].set()
        assert (await busy.until("done"))["id"] == "m-0000001"
        with pytest.raises(ConnectionClosed) as closed:
            await busy.receive()
        assert closed.value.rcvd and closed.value.rcvd.code == 1012
        # So does whoever comes now.
        async with served.window() as late:
            with pytest.raises(ConnectionClosed):
                await late.receive()
