"""Calls of the Cloud API.

https://developers.facebook.com/documentation/business-messaging/whatsapp/reference/whatsapp-business-phone-number/message-api
and https://developers.facebook.com/documentation/business-messaging/whatsapp/business-phone-numbers/media.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import httpx
import structlog

from connectors.media import MediaGone, MediaTooLarge, read_file
from connectors.reasons import NOT_DELIVERED, reason
from connectors.transport import AiohttpTransport
from connectors.whatsapp.account import Account
from connectors.whatsapp.failures import concerns_account, failure
from conversations import NotNow, NotSent, Uncertain

logger = structlog.get_logger()

TIMEOUT_SECONDS = 15.0
"""How long the platform may be silent."""

CONNECT_SECONDS = 5.0

MARK_SECONDS = 2.0
"""So long an answer waits for the customer to see that the message was read."""

DOWNLOAD_SECONDS = 25.0
"""How long a file may take; whoever deals with a message has a minute for all of it."""

# Nothing has left yet when these come up.
_NOT_BEGUN = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.LocalProtocolError,
    httpx.UnsupportedProtocol,
)


_NO_CONNECTION = reason(NOT_DELIVERED, "no_connection")
_NO_ANSWER = reason(NOT_DELIVERED, "no_answer")
_STRANGE_ANSWER = reason(NOT_DELIVERED, "strange_answer")


class CloudApi:
    """The Cloud API, for one number of the shop."""

    def __init__(self, account: Account, timeout: float = TIMEOUT_SECONDS) -> None:
        self._account = account
        self._timeout = timeout
        self._http: httpx.AsyncClient | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    async def send(self, payload: Mapping[str, Any]) -> str:
        """Send a message; returns the platform's id of it.

        Raises:
            NotNow, NotSent, Uncertain: see `conversations.outbox`.
        """
        answer = await self._post({"messaging_product": "whatsapp", "recipient_type": "individual", **payload})
        match answer:
            case {"messages": [{"id": str(message_id)}, *_]}:
                return message_id
        raise Uncertain(_STRANGE_ANSWER)

    async def mark_read(self, message_id: str, *, typing: bool) -> None:
        """Show the customer that a message was read and, for up to 25 seconds, that it is being answered.

        It is a courtesy: what goes wrong is logged.
        """
        mark: dict[str, Any] = {"messaging_product": "whatsapp", "status": "read", "message_id": message_id}
        if typing:
            mark["typing_indicator"] = {"type": "text"}
        try:
            async with asyncio.timeout(MARK_SECONDS):
                await self._post(mark)
        except Exception as error:
            logger.warning("whatsapp.not_marked", message_id=message_id, reason=str(error) or type(error).__name__)

    async def download(self, media_id: str, most_bytes: int) -> bytes:
        """A file that a customer sent.

        Raises:
            MediaGone: it is not there.
            MediaTooLarge: as soon as that is known.
            NotNow: the platform cannot be asked at present.
        """
        try:
            async with asyncio.timeout(DOWNLOAD_SECONDS):
                return await self._download(media_id, most_bytes)
        except (TimeoutError, httpx.HTTPError) as error:
            raise NotNow(_NO_ANSWER) from error

    async def upload(self, data: bytes, content_type: str, name: str) -> str:
        """Give the platform a file, which it keeps for 30 days; returns its id of it.

        Raises:
            NotNow, NotSent: it does not have it. As often as it is tried, the customer sees nothing of that.
        """
        form = {"messaging_product": "whatsapp", "type": content_type}
        try:
            answer = await self._request(
                "POST", self._address("media"), data=form, files={"file": (name, data, content_type)}
            )
        except Uncertain as error:
            raise NotNow(str(error)) from error
        match answer:
            case {"id": str(media_id)}:
                return media_id
        raise NotNow(_STRANGE_ANSWER)

    async def close(self) -> None:
        """Close the connections. The API can be used again afterwards."""
        if self._http is not None and self._loop is asyncio.get_running_loop():
            await self._http.aclose()
        self._http = None

    async def _post(self, body: Mapping[str, Any]) -> Any:
        return await self._request("POST", self._address("messages"), json=body)

    async def _request(self, method: str, address: str, **body: Any) -> Any:
        """The answer to a request. Raises `NotNow`, `NotSent`, `Uncertain`."""
        try:
            response = await self._client().request(method, address, **body)
        except _NOT_BEGUN as error:
            raise NotNow(_NO_CONNECTION) from error
        except httpx.HTTPError as error:
            raise Uncertain(_NO_ANSWER) from error
        if response.is_success:
            return _json(response)
        raise self._failure(response)

    async def _download(self, media_id: str, most_bytes: int) -> bytes:
        # Its address is good for five minutes, so it is asked for anew each time.
        response = await self._client().get(f"{self._account.api}/{media_id}")
        if not response.is_success:
            raise self._media_failure(response)
        match _json(response):
            case {"url": str(address), "file_size": int(size)} if size > most_bytes:
                raise MediaTooLarge
            case {"url": str(address)}:
                pass
            case _:
                raise NotNow(_STRANGE_ANSWER)
        # The token goes along, so not over a line that anybody can listen to.
        if urlsplit(address).scheme not in {"https", urlsplit(self._account.api).scheme}:
            raise NotNow(_STRANGE_ANSWER)
        async with self._client().stream("GET", address) as file:
            if not file.is_success:
                raise self._media_failure(file)
            return await read_file(file, most_bytes)

    def _media_failure(self, response: httpx.Response) -> Exception:
        match self._failure(response):
            case NotSent():
                return MediaGone()
            case Uncertain() as error:
                return NotNow(str(error))
            case error:
                return error

    def _failure(self, response: httpx.Response) -> NotNow | NotSent | Uncertain:
        """What an answer that is an error means; told to the operator as well."""
        code = _code(response)
        error = failure(response.status_code, code, response.headers.get("retry-after"))
        told = logger.error if concerns_account(response.status_code, code) else logger.warning
        told("whatsapp.refused", status=response.status_code, code=code, trace=_trace(response), reason=str(error))
        return error

    def _address(self, name: str) -> str:
        return f"{self._account.api}/{self._account.phone_number_id}/{name}"

    def _client(self) -> httpx.AsyncClient:
        # Connections belong to one event loop, and to one process: a forked child has another loop.
        loop = asyncio.get_running_loop()
        if self._http is None or self._loop is not loop:
            self._loop = loop
            self._http = httpx.AsyncClient(
                headers={"authorization": f"Bearer {self._account.token}"},
                timeout=httpx.Timeout(self._timeout, connect=CONNECT_SECONDS),
                # With the token, no further than where it was meant for.
                follow_redirects=False,
                transport=AiohttpTransport(),
            )
        return self._http


def _json(response: httpx.Response) -> Any:
    """What an answer says; None where it is no JSON, or has not been read."""
    try:
        return response.json()
    except (ValueError, RecursionError, httpx.ResponseNotRead):
        return None


def _error(response: httpx.Response) -> Mapping[str, Any]:
    match _json(response):
        case {"error": dict(error)}:
            return error
    return {}


def _code(response: httpx.Response) -> int | None:
    code = _error(response).get("code")
    return code if isinstance(code, int) else None


def _trace(response: httpx.Response) -> str | None:
    """What Meta's support asks for."""
    trace = _error(response).get("fbtrace_id")
    return trace[:64] if isinstance(trace, str) else None
