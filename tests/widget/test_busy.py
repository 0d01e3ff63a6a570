"""What visitors see when there is more to answer than can be answered at once."""

import asyncio
from pathlib import Path

from conversations import Turns
from storage import Database
from tests.widget.visiting import serve


async def test_who_waits_is_told_so_and_who_finds_no_room_comes_again(database: Database, tmp_path: Path) -> None:
    turns = Turns(at_once=1, room=4, moment=0)
    async with (
        serve(database, tmp_path / "uploads", turns=turns) as served,
        served.window() as first,
        served.window() as second,
        served.window() as third,
    ):
        await first.send("message", id="m-0000001", text="wait")
        while not served.bot.pauses:
            await first.receive()
        await second.send("message", id="m-0000002", text="hello")
        assert await second.until("waiting") == {"type": "waiting"}
        refused = (await third.say("hello", "m-0000003"))[-1]
        assert refused == {"type": "failed", "id": "m-0000003", "code": "busy", "seconds": 1}
        served.bot.pauses[0].set()
        await asyncio.gather(first.until("done"), second.until("done"))
        again = await third.say("hello", "m-0000003")
    assert [frame["message"]["content"]["text"] for frame in again if frame["type"] == "message"] == [
        "hello",
        "You said: hello",
    ]
