"""One process that serves, from its first connection to its last.

It ends so that nobody loses anything: it says that it is not ready (`Stopping.begun`), takes no new connections, lets
what is under way come to its end, and tells those who are connected by sockets to come back, to another process or to
the next one.
"""

from __future__ import annotations

import asyncio
import os
import signal
import socket
from collections.abc import Callable, Coroutine, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

import structlog
from sanic import Sanic
from sanic.server.protocols.websocket_protocol import WebSocketProtocol

from aftercare.errors import ConfigurationError
from connectors.widget.windows import SERVICE_RESTART

App = Sanic[Any, Any]
Server = Any
"""Sanic's `AsyncioServer`, which has no types."""

logger = structlog.get_logger()

BACKLOG = 1024
"""So many connections wait to be taken: all windows come at once after a restart."""

LOOK_SECONDS = 0.02

FLUSH_SECONDS = 0.1

GOODBYE_SECONDS = 2.0
"""How long the other side of a socket has to agree to its end."""

CLOSING_SECONDS = 10.0
"""How long it may take to give back what the application needed."""


class Stopping:
    """How a process ends, as far as the application has to do with it.

    Args:
        seconds: how long what is under way may take to end.
        notice: for so many seconds before that, the process says that it is not ready, and takes connections still.
    """

    def __init__(self, seconds: float = 30.0, notice: float = 0.0) -> None:
        self.seconds = seconds
        self.notice = notice
        self.begun = False
        """Whether the process is about to end."""
        self.leave: list[Callable[[], object]] = []
        """Called when no new connections are taken any more: whoever waits for something to happen waits elsewhere."""
        self.finish: list[Callable[[], Coroutine[Any, Any, object]]] = []
        """Called then, too: what is in hand comes to its end, and the rest is left to others."""
        self._under_way = 0
        self._signalled = asyncio.Event()
        self._hurried = asyncio.Event()

    @contextmanager
    def waiting_for(self) -> Iterator[None]:
        """What is done in the block has to end before the process does."""
        self._under_way += 1
        try:
            yield
        finally:
            self._under_way -= 1

    @property
    def under_way(self) -> int:
        """How much is done that the process waits for."""
        return self._under_way

    def begin(self) -> None:
        """End the process; called again, hurry up."""
        if self._signalled.is_set():
            self._hurried.set()
        self._signalled.set()

    async def wait(self) -> None:
        """Until the process is to end, and the notice is over."""
        await self._signalled.wait()
        self.begun = True
        logger.info("server.stopping")
        if self.notice:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._hurried.wait(), self.notice)

    @property
    def hurried(self) -> bool:
        """Whether what is under way need not be waited for."""
        return self._hurried.is_set()


def run(
    app: App,
    sockets: Sequence[socket.socket],
    stopping: Stopping,
    *,
    signals: Sequence[int] = (signal.SIGTERM, signal.SIGINT),
    reload: Callable[[], object] | None = None,
    parent: int | None = None,
) -> None:
    """Serve until one of the signals comes.

    Args:
        sockets: bound; other processes may listen on them as well.
        signals: those that end it. The second one ends it at once.
        reload: called at SIGHUP.
        parent: the end of a pipe that is closed when the process dies without which this one has no business.

    Raises:
        ConfigurationError: when another process listens on the port already.
    """
    app.setup_loop()
    asyncio.run(_serve(app, sockets, stopping, signals, reload, parent))


async def _serve(
    app: App,
    sockets: Sequence[socket.socket],
    stopping: Stopping,
    signals: Sequence[int],
    reload: Callable[[], object] | None,
    parent: int | None,
) -> None:
    loop = asyncio.get_running_loop()
    for number in signals:
        loop.add_signal_handler(number, stopping.begin)
    if reload and not os.isatty(0):
        # On a terminal it means that the terminal is gone.
        loop.add_signal_handler(signal.SIGHUP, reload)
    if parent is not None:
        loop.add_reader(parent, _orphaned, loop, parent, stopping)
    servers = [await _server(app, each) for each in sockets]
    await servers[0].startup()
    await servers[0].before_start()
    for server in servers:
        await server.start_serving()
    await servers[0].after_start()
    try:
        await stopping.wait()
        await _end(servers, stopping)
    finally:
        with suppress(TimeoutError):
            async with asyncio.timeout(CLOSING_SECONDS):
                await servers[0].after_stop()
    logger.info("server.stopped")


async def _server(app: App, listening: socket.socket) -> Server:
    # It must not take connections before the application is ready for them.
    options = {"start_serving": False}
    try:
        server = await app.create_server(sock=listening, backlog=BACKLOG, asyncio_server_kwargs=options)
    except OSError as error:
        # Of two that have bound a port at the same time, one may listen.
        raise ConfigurationError(f"Cannot listen on {listening.getsockname()}: {error}") from error
    assert server
    return server


def _orphaned(loop: asyncio.AbstractEventLoop, parent: int, stopping: Stopping) -> None:
    loop.remove_reader(parent)
    stopping.begin()


async def _end(servers: Sequence[Server], stopping: Stopping) -> None:
    """Let everything come to its end."""
    # Whoever asks something more is told to ask elsewhere the next time.
    servers[0].app.config.KEEP_ALIVE = False
    for server in servers:
        server.close()
    for leave in stopping.leave:
        leave()
    finishing = asyncio.gather(*(finish() for finish in stopping.finish))
    with suppress(TimeoutError):
        async with asyncio.timeout(stopping.seconds):
            await _until(
                lambda: stopping.hurried or (not _busy(servers) and not stopping.under_way and finishing.done())
            )
    left = sum(_busy(servers)) + stopping.under_way
    if left:
        logger.warning("server.cut_off", requests=left)
    if not finishing.done():
        finishing.cancel()
    await _part(servers)
    await servers[0].before_stop()


def _busy(servers: Sequence[Server]) -> list[bool]:
    """One for each request that is being answered; connections on which none is are closed."""
    return [
        True
        for connection in _connections(servers)
        if not _is_socket(connection) and not connection.close_if_idle() and _alive(connection)
    ]


async def _part(servers: Sequence[Server]) -> None:
    """Close what is open still."""
    # What was answered last is on its way to where it is shown.
    await asyncio.sleep(FLUSH_SECONDS)
    sockets = [connection.websocket for connection in _connections(servers) if _is_socket(connection)]
    with suppress(TimeoutError):
        async with asyncio.timeout(GOODBYE_SECONDS):
            await asyncio.gather(*(each.close(SERVICE_RESTART, "restart") for each in sockets), return_exceptions=True)
            await _until(lambda: not any(_alive(connection) for connection in _connections(servers)))
    for connection in _connections(servers):
        connection.abort()


async def _until(over: Callable[[], bool]) -> None:
    while not over():  # noqa: ASYNC110, Sanic tells nobody when a request or a connection is over
        await asyncio.sleep(LOOK_SECONDS)


def _is_socket(connection: Any) -> bool:
    return isinstance(connection, WebSocketProtocol) and connection.websocket is not None


def _connections(servers: Sequence[Server]) -> list[Any]:
    return [connection for server in servers for connection in server.connections]


def _alive(connection: Any) -> bool:
    return connection.transport is not None and not connection.transport.is_closing()
