"""What a program is told when there is more to answer than can be answered."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING, Any

import httpx
from sanic import Sanic

from conversations import Busy
from tests.connectors.lending import lend

if TYPE_CHECKING:
    from rasa.core.channels.channel import UserMessage


async def test_a_message_for_which_there_is_no_room_may_come_again_later(rasa: None) -> None:
    from connectors.rest import RestChannel

    async def on_new_message(message: UserMessage) -> None:
        raise Busy(7.4)

    app: Any = Sanic("rest_busy", configure_logging=False)
    app.config.update(MOTD=False, ACCESS_LOG=False, TOUCHUP=False)
    app.blueprint(RestChannel(lend()).blueprint(on_new_message), url_prefix="/webhooks/rest")
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        server = await app.create_server(sock=listening, return_asyncio_server=True)
        await server.startup()
        await server.start_serving()
        try:
            url = f"http://127.0.0.1:{listening.getsockname()[1]}/webhooks/rest/webhook"
            async with httpx.AsyncClient() as client:
                response = await client.post(url, json={"sender": "anna", "message": "hello"})
        finally:
            server.close()
    assert (response.status_code, response.headers["retry-after"]) == (503, "8")
    assert response.json()["error"] == "busy"
