"""Calls of the platform's API.

See "客服消息" (custom/send, custom/typing), "模板消息" (template/send) and "素材管理" (media/get, media/upload) at
https://developers.weixin.qq.com/doc/offiaccount/.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import httpx
import structlog

from connectors.media import MediaGone, read_file
from connectors.reasons import REFUSED, reason
from connectors.transport import AiohttpTransport
from connectors.wechat.account import Account
from connectors.wechat.failures import (
    MEDIA_GONE,
    NO_ANSWER,
    NO_CONNECTION,
    PLATFORM,
    RATE_LIMIT,
    REFUSED_TOKENS,
    concerns_account,
    failure,
)
from connectors.wechat.tokens import AccessTokens
from conversations import NotNow, NotSent, Uncertain

logger = structlog.get_logger()

TIMEOUT = httpx.Timeout(15.0, connect=5.0)

LONGEST_ERROR = 2**16
"""Bytes of an answer that is no file."""

PLATFORM_PAUSE = 5.0
"""Seconds."""


class WeChatApi:
    """The API for one account.

    Every method raises `NotNow` when the platform cannot be reached or asks to wait, and `NotSent` when it refuses.

    Args:
        redis_url: see `AccessTokens`.
    """

    def __init__(self, account: Account, redis_url: str = "") -> None:
        self._client = httpx.AsyncClient(base_url=account.api, timeout=TIMEOUT, transport=AiohttpTransport())
        self._tokens = AccessTokens(account, self._client, redis_url)

    async def close(self) -> None:
        """Give back the connections."""
        await self._client.aclose()
        await self._tokens.close()

    async def send(self, openid: str, message: Mapping[str, Any]) -> str | None:
        """Send a customer service message; returns what the platform calls it, where it says.

        Args:
            message: `msgtype`, and under its name what belongs to it.

        Raises:
            Uncertain: when the answer was lost. The platform knows no key by which it would recognize a repetition.
        """
        return _id_of(await self._post("/cgi-bin/message/custom/send", {"touser": openid, **message}))

    async def send_template(self, openid: str, template: Mapping[str, Any], key: str) -> str | None:
        """Send a template message; returns what the platform calls it.

        Args:
            template: `template_id`, `data`, and perhaps `url`.
            key: of this message: within ten minutes the platform sends what has the same key once.
        """
        message = {"touser": openid, "client_msg_id": key, **template}
        try:
            return _id_of(await self._post("/cgi-bin/message/template/send", message))
        except Uncertain as error:
            raise NotNow(str(error), PLATFORM_PAUSE) from error

    async def show_typing(self, openid: str) -> None:
        """Have the customer see that an answer is being written."""
        with suppress(Uncertain):
            await self._post("/cgi-bin/message/custom/typing", {"touser": openid, "command": "Typing"})

    async def upload_image(self, data: bytes, content_type: str) -> str:
        """Lend the platform a picture for three days; returns its media id.

        Args:
            data: a JPEG or PNG of at most 10 MB.
        """
        name = "image." + content_type.removeprefix("image/").replace("jpeg", "jpg")
        files = {"media": (name, data, content_type)}
        try:
            answer = await self._call("/cgi-bin/media/upload", params={"type": "image"}, files=files)
        except Uncertain as error:
            raise NotNow(str(error)) from error
        return str(answer["media_id"])

    async def download(self, media_id: str, limit: int) -> bytes:
        """A file that a customer sent, of at most `limit` bytes. Raises `MediaGone` and `MediaTooLarge`."""
        refused = None
        for _ in range(2):
            token = await self._tokens.get(refused)
            params = {"access_token": token, "media_id": media_id}
            try:
                async with self._client.stream("GET", "/cgi-bin/media/get", params=params) as response:
                    _check_status(response)
                    told = response.headers.get("content-type", "").partition(";")[0].strip()
                    is_file = told not in ("application/json", "text/plain")
                    data = await read_file(response, limit if is_file else LONGEST_ERROR)
            except (httpx.HTTPError, Uncertain) as error:
                raise NotNow(PLATFORM) from error
            if is_file:
                return data
            try:
                answer = _decoded(data)
            except Uncertain as error:
                raise NotNow(PLATFORM) from error
            if _code_of(answer) not in REFUSED_TOKENS:
                break
            refused = token
        code = _code_of(answer)
        if code in MEDIA_GONE or "video_url" in answer:
            raise MediaGone
        raise _failure(code)

    async def _post(self, path: str, message: Mapping[str, Any]) -> dict[str, Any]:
        # The platform shows "\u4f60" to customers as it is written.
        content = json.dumps(message, ensure_ascii=False).encode()
        return await self._call(path, content=content, headers={"content-type": "application/json; charset=utf-8"})

    async def _call(self, path: str, params: Mapping[str, str] | None = None, **arguments: Any) -> dict[str, Any]:
        """Post something; once more where the access token is refused."""
        refused = None
        for _ in range(2):
            token = await self._tokens.get(refused)
            try:
                response = await self._client.post(path, params={"access_token": token, **(params or {})}, **arguments)
            except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
                raise NotNow(NO_CONNECTION) from error
            except httpx.HTTPError as error:
                raise Uncertain(NO_ANSWER) from error
            _check_status(response)
            answer = _decoded(response.content)
            code = _code_of(answer)
            if not code:
                return answer
            if code not in REFUSED_TOKENS:
                break
            refused = token
        raise _failure(code)


def _check_status(response: httpx.Response) -> None:
    """The platform's own errors come with the status 200; others are of what stands before it."""
    status = response.status_code
    if status in (429, 503):
        raise NotNow(RATE_LIMIT if status == 429 else PLATFORM, PLATFORM_PAUSE)
    if status >= 500:
        # It may have been passed on.
        raise Uncertain(PLATFORM)
    if not response.is_success:
        raise NotSent(reason(REFUSED, f"http_{status}"))


def _decoded(data: bytes) -> dict[str, Any]:
    """What the platform answers. Raises `Uncertain` for what is no JSON, which something before it must have said."""
    try:
        answer = json.loads(data)
    except ValueError as error:
        raise Uncertain(PLATFORM) from error
    return answer if isinstance(answer, dict) else {}


def _code_of(answer: Mapping[str, Any]) -> int:
    return int(answer.get("errcode") or 0)


def _id_of(answer: Mapping[str, Any]) -> str | None:
    return str(answer["msgid"]) if answer.get("msgid") else None


def _failure(code: int) -> NotNow | NotSent:
    if concerns_account(code):
        logger.error("wechat.account", errcode=code)
    return failure(code)
