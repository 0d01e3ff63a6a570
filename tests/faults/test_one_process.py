"""One process on SQLite, which is killed, and whose disk is full."""

from __future__ import annotations

import asyncio
import resource
import socket
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.app.conftest import Server
from tests.faults.ledger import Ledger
from tests.faults.serving import check_honesty, lent_models

ROOM = 300_000
"""Bytes by which the server's own log may still grow; the database's is beyond that, or will be soon."""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server as it is started without any setting."""
    home = tmp_path_factory.mktemp("one")
    running = Server(home)
    with lent_models(home):
        running.start()
    try:
        yield running
    finally:
        status = running.stop()
    assert status == 0, running.log.read_text()


def ledger_of(server: Server) -> Ledger:
    """Customers of the server."""
    return Ledger(server.url, f"sqlite:///{server.home / 'aftercare.db'}")


async def test_the_disk_is_full_for_a_while(server: Server) -> None:
    async with ledger_of(server).talking() as ledger:
        with full_disk(server):
            await ledger.until(lambda: len(ledger.refusals) >= 2 * len(ledger.customers))
        await ledger.go_on()
    check_honesty(ledger)


async def test_a_carrier_that_hangs_in_the_middle_of_a_scan_holds_up_nobody(server: Server) -> None:
    async with ledger_of(server).talking() as ledger:
        head = b"POST /webhooks/carrier HTTP/1.1\r\nHost: shop\r\nContent-Length: 900\r\n\r\n"
        with socket.create_connection(("127.0.0.1", server.port)) as carrier:
            carrier.sendall(head + b'{"tracking_number": ')
            await ledger.go_on()
    assert not ledger.refusals


async def test_the_process_is_killed_and_started_again(server: Server) -> None:
    async with ledger_of(server).talking() as ledger:
        assert server.process
        server.process.kill()
        server.process.wait()
        await asyncio.to_thread(server.start)
        await ledger.go_on()
    assert all(customer.broken for customer in ledger.customers)
    check_honesty(ledger)


@contextmanager
def full_disk(server: Server) -> Iterator[None]:
    """Files of the server cannot grow any more, which needs no disk that is full in fact, and no rights."""
    assert server.process
    _, hard = resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE)
    largest = server.log.stat().st_size + ROOM
    resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (largest, hard))
    try:
        yield
    finally:
        resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, hard))
