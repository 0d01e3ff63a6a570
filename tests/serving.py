"""An application served on loopback."""

import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
from sanic import Blueprint, Sanic


@asynccontextmanager
async def serve(routes: Blueprint, name: str, **config: Any) -> AsyncIterator[httpx.AsyncClient]:
    """Serve routes on loopback; a client for them.

    Args:
        name: of the application, none other in this process has it.
        config: Sanic's settings, besides those that keep it quiet.
    """
    app: Any = Sanic(name, configure_logging=False)
    app.config.update(MOTD=False, ACCESS_LOG=False, TOUCHUP=False, **config)
    app.blueprint(routes)
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        server = await app.create_server(sock=listening, return_asyncio_server=True)
        await server.startup()
        await server.start_serving()
        try:
            url = f"http://127.0.0.1:{listening.getsockname()[1]}"
            async with httpx.AsyncClient(base_url=url, headers={"accept-language": ""}) as client:
                yield client
        finally:
            server.close()
            await server.wait_closed()
