"""Where webhooks may go: to the open internet over TLS, and to what the operator names besides.

Whoever may name an address that this server calls could have it call servers that only it can reach. A name is
therefore looked up once, what it stands for is checked, and the connection goes to just that address.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any

import httpx

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

LONGEST_URL = 500

NAT64 = IPv6Network("64:ff9b::/96")


class Refused(Exception):
    """An address to which nothing is sent; says why."""


class Unreachable(Exception):
    """A name that cannot be looked up at present."""


@dataclass(frozen=True)
class Destination:
    """An address that was checked: where to connect to, and as whom to speak to it."""

    url: httpx.URL
    host: str
    name: str

    @property
    def request(self) -> dict[str, Any]:
        """What a request there is made with: certificates are checked for the name, not for the address."""
        return {"url": self.url, "headers": {"host": self.host}, "extensions": {"sni_hostname": self.name}}


class Destinations:
    """Checks where webhooks want to go.

    Args:
        private: networks (as `10.0.5.0/24`) to which they may go though they are not on the open internet.

    Raises:
        ValueError: for what is no network.
    """

    def __init__(self, private: Sequence[str] = ()) -> None:
        self._private: list[Network] = [ip_network(network) for network in private]

    def check(self, url: str) -> httpx.URL:
        """What can be seen in a URL without looking its name up. Raises `Refused`."""
        try:
            parsed = httpx.URL(url)
        except (httpx.InvalidURL, ValueError) as error:
            raise Refused("it is no URL") from error
        if len(url) > LONGEST_URL:
            raise Refused(f"it has more than {LONGEST_URL} characters")
        if parsed.scheme not in ("https", "http") or not parsed.host:
            raise Refused("it does not begin with https://")
        if parsed.userinfo:
            raise Refused("it has a name or a password in it")
        return parsed

    async def resolve(self, url: str) -> Destination:
        """Where a URL leads, now.

        Raises:
            Refused: nothing may be sent there.
            Unreachable: nobody knows at present.
        """
        parsed = self.check(url)
        port = parsed.port or (443 if parsed.scheme == "https" else 80)
        found = await _look_up(parsed.host, port)
        if not found or not all(self._is_allowed(address) for address in found):
            raise Refused("it is in a private network")
        address = found[0]
        if parsed.scheme == "http" and not address.is_loopback:
            raise Refused("it does not begin with https://")
        return Destination(parsed.copy_with(host=str(address)), parsed.netloc.decode("ascii"), parsed.host)

    def _is_allowed(self, address: Address) -> bool:
        real = _innermost(address)
        named = any(real.version == network.version and real in network for network in self._private)
        return named or (real.is_global and not real.is_multicast)


def _innermost(address: Address) -> Address:
    """The IPv4 address that an IPv6 address only wraps (RFC 4291, 3056, 6052), if it does."""
    if isinstance(address, IPv4Address):
        return address
    if address in NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or address


async def _look_up(host: str, port: int) -> list[Address]:
    try:
        return [ip_address(host)]
    except ValueError:
        pass
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise Unreachable("its name is not known") from error
    return [ip_address(sockaddr[0]) for *_, sockaddr in found]
