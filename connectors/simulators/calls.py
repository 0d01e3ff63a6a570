"""Requests to the server, and what its answers mean in plain words."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass

import httpx

from connectors.simulators.stage import Exchange

LONGEST_SHOWN = 20_000
"""So many characters of a body are shown."""


@dataclass(frozen=True)
class Answer:
    """What came back; `status` is None where nothing did, and `problem` says why."""

    status: int | None
    body: bytes = b""
    problem: str = ""
    milliseconds: int = 0

    @property
    def taken(self) -> bool:
        """Whether the server took the request."""
        return self.status == 200


class Caller:
    """Calls a webhook.

    Args:
        address: of the webhook; may be changed.
        seconds: how long an answer may take.
    """

    def __init__(self, address: str, seconds: float) -> None:
        self.address = address
        # Proxies of the environment have no part in what happens on this computer.
        self._client = httpx.AsyncClient(timeout=seconds, trust_env=False)

    async def call(
        self, method: str, query: Mapping[str, str], body: bytes = b"", headers: Mapping[str, str] | None = None
    ) -> tuple[Answer, Exchange]:
        """Send a request; the answer, and what to show of both. Never raises."""
        request = self._client.build_request(method, self.address, params=query, content=body, headers=headers)
        started = time.perf_counter()
        try:
            response = await self._client.send(request)
            answer = Answer(response.status_code, response.content)
        except httpx.TimeoutException:
            answer = Answer(None, problem=f"no answer within {self._client.timeout.read:g} seconds")
        except (httpx.ConnectError, httpx.UnsupportedProtocol):
            answer = Answer(None, problem="nothing answers there")
        except httpx.HTTPError as error:
            answer = Answer(None, problem=f"the connection broke ({type(error).__name__})")
        milliseconds = round((time.perf_counter() - started) * 1000)
        exchange = Exchange(
            "webhook",
            method,
            str(request.url),
            dict(headers or {}),
            shown(body),
            status=answer.status,
            response=shown(answer.body) if answer.status else answer.problem,
            milliseconds=milliseconds,
        )
        return answer, exchange

    async def fetch(self, address: str, most: int) -> tuple[bytes, str]:
        """A file behind a link, and its type, as the platform fetches it.

        Raises:
            FetchFailed: says why.
        """
        try:
            async with self._client.stream("GET", address, follow_redirects=True, headers=None) as response:
                if response.status_code != 200:
                    raise FetchFailed(f"the link answered with status {response.status_code}")
                content = bytearray()
                async for part in response.aiter_bytes():
                    content += part
                    if len(content) > most:
                        raise FetchFailed(f"the file has more than {most} bytes")
                return bytes(content), response.headers.get("content-type", "").partition(";")[0].strip()
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise FetchFailed(f"the link could not be fetched ({type(error).__name__})") from error

    async def close(self) -> None:
        """Give back what it needs."""
        await self._client.aclose()


class FetchFailed(Exception):
    """A link from which nothing can be fetched."""


def trouble(answer: Answer, address: str) -> str:
    """What to do about an answer that is none."""
    if answer.status is None:
        words = (
            f"Nothing answers at {address}" if answer.problem.startswith("nothing") else f"{address}: {answer.problem}"
        )
        return f"{words}. Start the server in another terminal: aftercare serve"
    hint = {
        401: "it does not take the signature: do both have the same secrets, that is the same home folder?",
        403: "it does not take the verify token or the signature: do both have the same secrets?",
        404: "it has no such address: is the channel in credentials.yml, and are its secrets set?",
        405: "it has no such address: is the channel in credentials.yml?",
    }.get(answer.status, "see its log.")
    return f"The server answered with status {answer.status}: {hint}"


def shown(body: bytes | str) -> str:
    """A body as the page shows it."""
    text = body.decode(errors="replace") if isinstance(body, bytes) else body
    return text if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN]}… ({len(text)} characters)"


def masked(token: str) -> str:
    """A token that can be told from others, but not used."""
    return f"{token[:6]}…" if token else ""
