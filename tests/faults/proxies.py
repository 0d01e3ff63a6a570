"""A TCP proxy of the tests: what is behind it can be slow, silent or gone, while it is well itself."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from types import TracebackType
from typing import Any

CHUNK = 65_536


class Proxy:
    """Passes on what comes to `port`, in a thread of its own, to a port of this machine; use it as a context manager.

    Args:
        target: that port.
    """

    def __init__(self, target: int) -> None:
        self._target = target
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._flows = asyncio.Event()
        self._flows.set()
        self._delay = 0.0
        self._server: asyncio.Server | None = None
        self._ways: set[asyncio.StreamWriter] = set()
        self.port = 0

    def __enter__(self) -> Proxy:
        self._thread.start()
        self._do(self._listen())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._do(self._end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    @contextmanager
    def slow(self, seconds: float) -> Iterator[None]:
        """Whatever is said arrives so much later, there and back."""
        self._delay = seconds
        try:
            yield
        finally:
            self._delay = 0.0

    @contextmanager
    def silent(self) -> Iterator[None]:
        """Connections are taken, and nothing ever arrives. Afterwards they are broken."""
        self._loop.call_soon_threadsafe(self._flows.clear)
        try:
            yield
        finally:
            self.cut()
            self._loop.call_soon_threadsafe(self._flows.set)

    @contextmanager
    def gone(self) -> Iterator[None]:
        """Connections are broken, and new ones refused."""
        self._do(self._cut(listen=False))
        try:
            yield
        finally:
            self._do(self._listen())

    def cut(self) -> None:
        """Break all connections; new ones are taken."""
        self._do(self._cut())

    def _do(self, work: Any) -> None:
        done: Future[None] = asyncio.run_coroutine_threadsafe(work, self._loop)
        done.result(10)

    async def _listen(self) -> None:
        # On the same port as before.
        self._server = await asyncio.start_server(self._pass_on, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def _cut(self, *, listen: bool = True) -> None:
        if not listen and self._server:
            self._server.close()
        for way in self._ways:
            way.transport.abort()

    async def _end(self) -> None:
        await self._cut(listen=False)
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, asyncio.CancelledError):
            await self._flows.wait()
            there_reader, there = await asyncio.open_connection("127.0.0.1", self._target)
            self._ways |= {writer, there}
            try:
                await asyncio.gather(self._pump(reader, there), self._pump(there_reader, writer))
            finally:
                self._ways -= {writer, there}
                there.transport.abort()
        writer.transport.abort()

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while data := await reader.read(CHUNK):
                await asyncio.sleep(self._delay / 2)
                await self._flows.wait()
                writer.write(data)
                await writer.drain()
        finally:
            writer.transport.abort()
