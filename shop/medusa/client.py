"""Medusa's Admin API over HTTP: JSON in, JSON out, and errors as the port wants them."""

import asyncio
import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import httpx

from shop.port import ShopUnavailable

Json = Mapping[str, Any]
"""A JSON object as Medusa sends it, its fractions as `Decimal`."""

Query = str | int | list[str]
"""A value in a query; a list stands for any of its values."""

TIMEOUT_SECONDS = 10.0
"""How long a request may take."""

PAGE = 100
"""How many objects to ask for at a time."""

# Not what the server thinks of the request, but that it cannot, or will not, look at it: wrong key, too many, broken.
_UNAVAILABLE = frozenset({401, 403, 408, 429})


class MedusaRefused(ShopUnavailable):
    """Medusa understood a request and refused it. Where nobody knows better, a person has to look.

    Attributes:
        status: the HTTP status, 404 when there is no such thing.
        code: Medusa's word for the reason where it has one, such as `insufficient_inventory`; "" else.
    """

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code


class MedusaClient:
    """Requests to the Admin API of a Medusa server (version 2).

    Every method raises `ShopUnavailable` when the server cannot be reached, does not answer in time, fails, or does
    not accept the key, and `MedusaRefused` when it refuses. Messages hold the path, but not what was asked or sent.

    `url` is the server's, without `/admin`; `key` a secret API key; `timeout` in seconds.
    """

    def __init__(self, url: str, key: str, timeout: float = TIMEOUT_SECONDS) -> None:
        self._url = url.rstrip("/")
        self._key = key
        self._timeout = timeout
        self._http: httpx.AsyncClient | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    def __repr__(self) -> str:
        return f"MedusaClient({self._url!r})"

    async def get(self, path: str, **query: Query) -> Json:
        """What lies under a path."""
        return await self._request("GET", path, query=query)

    async def listing(self, path: str, member: str, *, at_most: int | None = None, **query: Query) -> list[Json]:
        """The objects of a list, page after page; `member` is the name under which the answer holds them."""
        found: list[Json] = []
        while (limit := PAGE if at_most is None else min(PAGE, at_most - len(found))) > 0:
            page = await self.get(path, offset=len(found), limit=limit, **query)
            found += page[member]
            if not page[member] or len(found) >= page["count"]:
                break
        return found

    async def post(self, path: str, body: Json | None = None) -> Json:
        """Create or change something. Amounts in `body` may be `Decimal`."""
        return await self._request("POST", path, body=body or {})

    async def delete(self, path: str) -> None:
        """Take something back."""
        await self._request("DELETE", path)

    async def close(self) -> None:
        """Close the connections. The client can be used again afterwards."""
        if self._http is not None and self._loop is asyncio.get_running_loop():
            await self._http.aclose()
        self._http = None

    async def _request(
        self, method: str, path: str, *, query: Mapping[str, Query] | None = None, body: Json | None = None
    ) -> Json:
        content = None if body is None else json.dumps(body, default=_number)
        try:
            response = await self._client().request(method, f"/admin/{path}", params=query, content=content)
        except httpx.HTTPError as error:
            raise ShopUnavailable(f"{self._url}: {method} {path}: {str(error) or type(error).__name__}") from error
        if response.status_code >= 500 or response.status_code in _UNAVAILABLE:
            raise ShopUnavailable(f"{self._url}: {method} {path}: {response.status_code}")
        answer = _object(response)
        if response.is_error:
            message = f"{self._url}: {method} {path}: {answer.get('message')}"
            raise MedusaRefused(response.status_code, answer.get("code", ""), message)
        return answer

    def _client(self) -> httpx.AsyncClient:
        # Connections belong to one event loop, and to one process: a forked child has another loop.
        loop = asyncio.get_running_loop()
        if self._http is None or self._loop is not loop:
            self._loop = loop
            self._http = httpx.AsyncClient(
                base_url=self._url,
                # Medusa takes the key as the user's name, without a password.
                auth=(self._key, ""),
                headers={"content-type": "application/json"},
                timeout=self._timeout,
            )
        return self._http


def _object(response: httpx.Response) -> Json:
    try:
        answer = json.loads(response.content, parse_float=Decimal)
    except ValueError as error:
        raise ShopUnavailable(f"{response.url.path}: the answer is no JSON") from error
    if not isinstance(answer, dict):
        raise ShopUnavailable(f"{response.url.path}: the answer is no JSON object")
    return answer


def _number(value: object) -> float:
    if isinstance(value, Decimal):
        return float(value)
    raise TypeError(f"{type(value).__name__} is no JSON")
