"""The access token that each call of the API needs: fetched once, and shared by all processes.

See "获取稳定版接口调用凭据" (https://developers.weixin.qq.com/doc/service/api/base/api_getstableaccesstoken.html). It
gives all who ask the same token until five minutes before its end; from then on it gives a new one, and both are good
until the end.
"""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import asdict, dataclass
from typing import Any, TypeGuard

import httpx
import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from connectors.wechat.account import Account
from connectors.wechat.failures import ACCOUNT, PLATFORM, concerns_account, failure
from conversations import LocalLocks, Locks, LockUnavailable, NotNow, RedisLocks
from storage import redis_client

logger = structlog.get_logger()

PATH = "/cgi-bin/stable_token"

EARLY = 300.0
"""So many seconds before its end a token is replaced."""

FORCED_SECONDS = 60.0
"""Between two times that the platform is made to give a new token: it does so after 30 seconds, and 20 times a day."""


@dataclass(frozen=True)
class _Token:
    """A token; moments are in seconds since 1970."""

    value: str
    replaced_at: float
    forced_at: float = 0.0


class AccessTokens:
    """The access token of an account.

    Args:
        client: for the platform's API.
        redis_url: of the Redis server in which it is kept for all processes; "" keeps it in this one.
        now: the present moment, in seconds since 1970.
    """

    def __init__(
        self, account: Account, client: httpx.AsyncClient, redis_url: str = "", now: Callable[[], float] = time.time
    ) -> None:
        self._account = account
        self._client = client
        self._now = now
        self._redis: Redis | None = redis_client(redis_url) if redis_url else None
        self._locks: Locks = RedisLocks(redis_url) if redis_url else LocalLocks()
        self._name = f"aftercare:wechat:token:{account.app_id}"
        self._own: _Token | None = None

    async def get(self, refused: str | None = None) -> str:
        """A token that is good for some minutes at least.

        Args:
            refused: one that the platform has refused, though it should be good.

        Raises:
            NotNow: when there is none to be had.
        """
        token = await self._kept()
        if self._serves(token, refused):
            return token.value
        async with self._alone():
            # Whoever had to wait here finds what the one before has fetched.
            token = await self._kept()
            if not self._serves(token, refused):
                token = await self._fetch(refused, token)
                await self._keep(token)
        return token.value

    async def close(self) -> None:
        """Give back what the cache needs."""
        await self._locks.close()
        if self._redis is not None:
            await self._redis.aclose()

    def _serves(self, token: _Token | None, refused: str | None) -> TypeGuard[_Token]:
        return token is not None and token.value != refused and self._now() < token.replaced_at

    async def _fetch(self, refused: str | None, last: _Token | None) -> _Token:
        token = await self._ask(force=False)
        if token.value != refused:
            return token
        # The platform holds it for a good one all the same, and refuses it: it was revoked.
        if last is not None and self._now() < last.forced_at + FORCED_SECONDS:
            raise NotNow(ACCOUNT, FORCED_SECONDS)
        logger.warning("wechat.token_revoked")
        return await self._ask(force=True)

    async def _ask(self, *, force: bool) -> _Token:
        asked = {
            "grant_type": "client_credential",
            "appid": self._account.app_id,
            "secret": self._account.app_secret,
            "force_refresh": force,
        }
        try:
            response = await self._client.post(PATH, json=asked)
            answer: dict[str, Any] = response.json() if response.is_success else {}
        except (httpx.HTTPError, ValueError) as error:
            raise NotNow(PLATFORM) from error
        if code := answer.get("errcode"):
            if concerns_account(code):
                logger.error("wechat.no_token", errcode=code)
            problem = failure(code)
            raise problem if isinstance(problem, NotNow) else NotNow(ACCOUNT, FORCED_SECONDS)
        if "access_token" not in answer:
            raise NotNow(PLATFORM)
        now, seconds = self._now(), float(answer.get("expires_in") or 0)
        return _Token(str(answer["access_token"]), now + max(seconds - EARLY, seconds / 2), now if force else 0.0)

    @asynccontextmanager
    async def _alone(self) -> AsyncIterator[None]:
        """One process after the other; all at once where they cannot agree, since all get the same token."""
        async with AsyncExitStack() as stack:
            try:
                await stack.enter_async_context(self._locks.hold(self._name))
            except LockUnavailable as error:
                logger.error("wechat.token_lock_unavailable", reason=str(error))
            yield

    async def _kept(self) -> _Token | None:
        if self._redis is not None:
            try:
                found: Any = await self._redis.get(self._name)
                return _Token(**json.loads(found)) if found else None
            except RedisError as error:
                logger.error("wechat.token_cache_unreachable", reason=str(error))
        return self._own

    async def _keep(self, token: _Token) -> None:
        self._own = token
        if self._redis is not None:
            seconds = max(int(token.replaced_at - self._now()), 1)
            try:
                await self._redis.set(self._name, json.dumps(asdict(token)), ex=seconds)
            except RedisError as error:
                logger.error("wechat.token_cache_unreachable", reason=str(error))
