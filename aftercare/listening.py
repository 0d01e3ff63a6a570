"""The sockets on which a server listens, bound before it has anything to say."""

from __future__ import annotations

import errno
import socket
from typing import Any

from aftercare.errors import ConfigurationError

NOT_HERE = (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT)


def bind(host: str, port: int) -> list[socket.socket]:
    """Sockets for the addresses of a host: `localhost` has one in each version of IP. Nobody can connect yet.

    Raises:
        ConfigurationError: when the port is taken, or the host is not this machine's.
    """
    bound: list[socket.socket] = []
    missing: OSError | None = None
    try:
        for family, kind, protocol, _, address in socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        ):
            try:
                bound.append(_bind(family, kind, protocol, address))
            except OSError as error:
                # Names may stand for addresses in a version of IP that the machine does not have.
                if error.errno not in NOT_HERE:
                    raise
                missing = error
        if missing and not bound:
            raise missing
    except OSError as error:
        for each in bound:
            each.close()
        raise ConfigurationError(f"Cannot listen on {host}:{port} (AFTERCARE_HOST, AFTERCARE_PORT): {error}") from error
    return bound


def _bind(family: int, kind: int, protocol: int, address: Any) -> socket.socket:
    made = socket.socket(family, kind, protocol)
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        made.bind(address)
    except OSError:
        made.close()
        raise
    return made
