"""How soon webhooks are acknowledged, and answered, while many customers write at once.

    uv run aftercare serve &
    uv run python -m benchmarks.webhooks [--channel whatsapp] [--home var] [--url http://127.0.0.1:8000] [--rate 20]

Signed webhooks come in at an even rate, whether earlier ones were acknowledged or not. Their answers arrive at a
stand-in for the platform, at the address at which the demonstration shop looks for the simulator. On WeChat, a webhook
waits for its answer for `answer_within`, and is acknowledged with it.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import hmac
import json
import time
from collections import defaultdict
from contextlib import suppress
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import numpy as np
from sanic import Request, Sanic
from sanic.response import HTTPResponse
from sanic.response import json as json_response

from aftercare.secret import load_secret
from aftercare.settings import Settings
from aftercare.simulation import SIMULATORS, simulated_secrets
from connectors.simulators.wechat.crypto import encrypt, signature
from connectors.simulators.wechat.webhooks import ACCOUNT, write
from connectors.wechat.account import SIMULATED_APP_ID
from connectors.whatsapp.account import SIMULATED_PHONE_NUMBER_ID

QUESTIONS = {
    "whatsapp": ("how long can I send something back?", "do you ship to Austria?", "is my parcel insured?", "thanks!"),
    "wechat": ("退货期限是多久？", "你们发货到奥地利吗？", "包裹有保险吗？", "谢谢！"),
}

CUSTOMERS = 200

_NUMBERS = count()

PATIENCE_SECONDS = 120


def whatsapp(secrets: dict[str, str], sender: str, key: str, text: str) -> dict[str, Any]:
    """A webhook with one message, as arguments of a request."""
    message = {"from": sender, "id": f"wamid.{key}", "timestamp": str(int(time.time())), "type": "text"}
    value = {
        "messaging_product": "whatsapp",
        "metadata": {"display_phone_number": "15550001000", "phone_number_id": SIMULATED_PHONE_NUMBER_ID},
        "contacts": [{"profile": {"name": "Benchmark"}, "wa_id": sender}],
        "messages": [{**message, "text": {"body": text}}],
    }
    entry = {"id": "1", "changes": [{"value": value, "field": "messages"}]}
    body = json.dumps({"object": "whatsapp_business_account", "entry": [entry]}).encode()
    signed = hmac.new(secrets["whatsapp_app_secret"].encode(), body, hashlib.sha256).hexdigest()
    return {"content": body, "headers": {"X-Hub-Signature-256": f"sha256={signed}"}}


def wechat(secrets: dict[str, str], sender: str, key: str, text: str) -> dict[str, Any]:
    """A webhook with one message, as arguments of a request."""
    message = {"ToUserName": ACCOUNT, "FromUserName": sender, "CreateTime": int(time.time()), "MsgType": "text"}
    sealed = encrypt(
        secrets["wechat_aes_key"], SIMULATED_APP_ID, write({**message, "Content": text, "MsgId": key.replace(".", "")})
    )
    at, nonce, token = str(int(time.time())), key.replace(".", ""), secrets["wechat_token"]
    params = {"timestamp": at, "nonce": nonce, "msg_signature": signature(token, at, nonce, sealed)}
    return {"params": params, "content": write({"ToUserName": ACCOUNT, "Encrypt": sealed})}


class Answers:
    """When customers wrote, and how long it took until they were answered."""

    def __init__(self, expected: int) -> None:
        self.everything = asyncio.Event()
        self.seconds: list[float] = []
        self._expected = expected
        self._asked: dict[str, list[float]] = defaultdict(list)

    def asked(self, sender: str) -> None:
        """A customer has written."""
        self._asked[sender].append(time.perf_counter())

    def came(self, sender: str) -> None:
        """A customer is answered: what they asked first."""
        if self._asked[sender]:
            self.seconds.append(time.perf_counter() - self._asked[sender].pop(0))
        if len(self.seconds) == self._expected:
            self.everything.set()


def platform(answers: Answers, seconds: float = 0) -> Any:
    """The stand-in for both platforms, which takes so many seconds for each call."""
    app: Any = Sanic(f"platform_{next(_NUMBERS)}", configure_logging=False)
    app.config.update(MOTD=False, ACCESS_LOG=False, TOUCHUP=False)

    @app.post("/<path:path>")
    async def take(request: Request, path: str) -> HTTPResponse:
        body = request.json
        await asyncio.sleep(seconds)
        if path.endswith("stable_token"):
            return json_response({"access_token": "token", "expires_in": 7200})
        if body.get("status") != "read" and "typing" not in path:
            answers.came(body.get("to") or body["touser"])
        return json_response({"errcode": 0, "messages": [{"id": f"wamid.{time.time_ns()}"}]})

    return app


async def main(channel: str, home: Path, url: str, rate: float, seconds: float) -> None:
    """Print the percentiles of what was measured."""
    secrets = simulated_secrets(load_secret(Settings.load(home=home)))
    make = {"whatsapp": whatsapp, "wechat": wechat}[channel]
    run, count = f"{time.time():.0f}", int(rate * seconds)
    answers, acknowledged = Answers(count), list[float]()
    port = urlsplit(SIMULATORS[channel]).port
    server = await platform(answers).create_server("127.0.0.1", port, return_asyncio_server=True)
    await server.startup()
    await server.start_serving()

    async with httpx.AsyncClient(base_url=url, limits=httpx.Limits(max_connections=200), timeout=60) as client:

        async def post(number: int) -> None:
            sender, text = f"4915550{number % CUSTOMERS:06}", QUESTIONS[channel][number % 4]
            arguments = make(secrets, sender, f"{run}.{number:06}", text)
            answers.asked(sender)
            started = time.perf_counter()
            response = await client.post(f"/webhooks/{channel}/webhook", **arguments)
            response.raise_for_status()
            acknowledged.append(time.perf_counter() - started)
            if b"Encrypt" in response.content:
                answers.came(sender)

        began = time.perf_counter()
        posts = []
        for number in range(count):
            await asyncio.sleep(max(began + number / rate - time.perf_counter(), 0))
            posts.append(asyncio.create_task(post(number)))
        await asyncio.gather(*posts)
        with suppress(TimeoutError):
            await asyncio.wait_for(answers.everything.wait(), PATIENCE_SECONDS)
    for what, measured in (("acknowledged", acknowledged), ("answered", answers.seconds)):
        p50, p95, p99, most = np.percentile(measured, [50, 95, 99, 100]) * 1000
        print(f"{len(measured)} of {count} {what}: p50 {p50:.0f}, p95 {p95:.0f}, p99 {p99:.0f}, max {most:.0f} ms")
    server.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--channel", choices=list(QUESTIONS), default="whatsapp")
    parser.add_argument("--home", type=Path, default=Path("var"))
    parser.add_argument("--url", default="http://127.0.0.1:8000")
    parser.add_argument("--rate", type=float, default=20)
    parser.add_argument("--seconds", type=float, default=30)
    options = parser.parse_args()
    asyncio.run(main(options.channel, options.home, options.url, options.rate, options.seconds))
