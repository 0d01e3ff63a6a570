"""The field `identity` of the REST channel, over HTTP."""

from __future__ import annotations

import socket
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import count
from typing import TYPE_CHECKING, Any

import httpx
import jwt
import pytest
from sanic import Sanic

from bot.identity import Identity
from connectors.facilities import Facilities
from connectors.identity_tokens import IdentityTokens
from tests.connectors.lending import lend

if TYPE_CHECKING:
    from rasa.core.channels.channel import UserMessage

SECRET = "a secret of thirty-two characters, or more"
PATH = "/webhooks/rest/webhook"

_names = (f"rest_{number}" for number in count())


def token(secret: str = SECRET, **claims: Any) -> str:
    said = {"email": "ada@mail.example", "aud": "aftercare", "exp": int(time.time()) + 60, **claims}
    return jwt.encode(said, secret, "HS256")


@asynccontextmanager
async def serve(facilities: Facilities) -> AsyncIterator[tuple[httpx.AsyncClient, list[UserMessage]]]:
    """The channel on loopback: a client for it, and the messages that came through."""
    from connectors.rest import RestChannel

    came: list[UserMessage] = []

    async def on_new_message(message: UserMessage) -> None:
        came.append(message)

    app: Any = Sanic(next(_names), configure_logging=False)
    app.config.update(MOTD=False, ACCESS_LOG=False, TOUCHUP=False)
    routes = RestChannel.from_credentials({"max_message_length": 100}, facilities).blueprint(on_new_message)
    app.blueprint(routes, url_prefix="/webhooks/rest")
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        server = await app.create_server(sock=listening, return_asyncio_server=True)
        await server.startup()
        await server.start_serving()
        try:
            url = f"http://127.0.0.1:{listening.getsockname()[1]}"
            async with httpx.AsyncClient(base_url=url) as client:
                yield client, came
        finally:
            server.close()
            await server.wait_closed()


def body(**fields: Any) -> dict[str, Any]:
    return {"sender": "u1", "message": "hello", **fields}


async def test_a_token_comes_in_as_an_identity(rasa: None) -> None:
    async with serve(lend(identity_tokens=IdentityTokens(SECRET))) as (client, came):
        assert (await client.post(PATH, json=body(identity=token()))).status_code == 200
        assert (await client.post(PATH, json=body())).status_code == 200
        assert (await client.post(PATH, json=body(identity=None))).status_code == 200
    # It holds for the message that it came with.
    assert [(message.metadata or {}).get("identity") for message in came] == [
        Identity(email="ada@mail.example"),
        None,
        None,
    ]


@pytest.mark.parametrize(
    ("identity", "status", "error"),
    [
        (token("another secret of thirty-two characters"), 401, "invalid_identity"),
        (token(exp=int(time.time()) - 3600), 401, "invalid_identity"),
        (token(exp=int(time.time()) + 90_000), 401, "invalid_identity"),
        (jwt.encode({"email": "ada@mail.example"}, None, algorithm="none"), 401, "invalid_identity"),
        ("ada@mail.example", 401, "invalid_identity"),
        ("", 400, "invalid_field"),
        (5, 400, "invalid_field"),
        ({"email": "ada@mail.example"}, 400, "invalid_field"),
        ("x" * 5000, 400, "invalid_field"),
    ],
)
async def test_a_message_that_cannot_be_trusted_is_not_answered(
    rasa: None, identity: Any, status: int, error: str
) -> None:
    async with serve(lend(identity_tokens=IdentityTokens(SECRET))) as (client, came):
        response = await client.post(PATH, json=body(identity=identity))
    assert (response.status_code, response.json()["error"]) == (status, error)
    assert "ada@mail.example" not in response.text
    assert came == []


async def test_without_a_secret_nobody_is_vouched_for(rasa: None) -> None:
    async with serve(lend()) as (client, came):
        response = await client.post(PATH, json=body(identity=token()))
    assert (response.status_code, response.json()["error"]) == (400, "identity_not_set_up")
    assert came == []
