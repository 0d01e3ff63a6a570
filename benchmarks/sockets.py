"""What a turn in the chat costs while many windows are open on one process.

    uv run aftercare serve &
    uv run python -m benchmarks.sockets [--url http://127.0.0.1:8000] [--sockets 500] [--turns 200]

One visitor after the other talks, first alone and then beside the other windows, which are silent as most are. For the
limits per address, windows come from several addresses of the loopback network (Linux).
"""

from __future__ import annotations

import argparse
import asyncio
import json
import time
from statistics import median
from typing import Any
from uuid import uuid4

from websockets.asyncio.client import ClientConnection, connect

QUESTION = "how long can I send something back?"


PER_ADDRESS, PER_VISITOR = 50, 25
"""So many windows come from an address, and so many turns of a visitor, at most."""


async def window(url: str, number: int = 0) -> ClientConnection:
    """An open window that has been welcomed."""
    address = url.replace("http", "ws", 1) + "/webhooks/widget/socket"
    high, low = divmod(number // PER_ADDRESS, 250)
    source = (f"127.0.{1 + high}.{1 + low}", 0)
    ws = await connect(address, origin=url, local_addr=source)  # type: ignore[arg-type]
    await ws.send(json.dumps({"type": "hello"}))
    assert json.loads(await ws.recv())["type"] == "welcome"
    return ws


async def turn(ws: ClientConnection) -> float:
    """Milliseconds from a message to the end of its turn."""
    started = time.perf_counter()
    await ws.send(json.dumps({"type": "message", "id": str(uuid4()), "text": QUESTION}))
    frame: dict[str, Any] = {}
    while frame.get("type") != "done":
        frame = json.loads(await ws.recv())
        assert frame["type"] != "failed", frame
    return (time.perf_counter() - started) * 1000


async def measure(url: str, turns: int, first: int) -> list[float]:
    """The milliseconds of some turns, in order; nobody may write as often, so that visitors take turns."""
    times: list[float] = []
    for number in range(first, first + -(-turns // PER_VISITOR)):
        async with await window(url, number * PER_ADDRESS) as ws:
            times += [await turn(ws) for _ in range(PER_VISITOR)]
    return sorted(times)


async def main(url: str, sockets: int, turns: int) -> None:
    """Print the medians without, with, and again without the others."""
    await measure(url, PER_VISITOR, 100)
    for part, count in enumerate((0, sockets, 0)):
        others = [await window(url, number) for number in range(count)]
        times = await measure(url, turns, 101 + 50 * part)
        print(f"{count} other windows: p50 {median(times):.1f} ms, p95 {times[int(len(times) * 0.95)]:.1f} ms")
        await asyncio.gather(*(other.close() for other in others))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--url", default="http://127.0.0.1:8000")
    parser.add_argument("--sockets", type=int, default=500)
    parser.add_argument("--turns", type=int, default=200)
    options = parser.parse_args()
    asyncio.run(main(options.url, options.sockets, options.turns))
