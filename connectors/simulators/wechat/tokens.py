"""The access tokens of an account.

Sources: Tencent, "微信公众平台: 获取稳定版接口调用凭据" (stable_token) and "获取 Access token".
"""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass

from connectors.simulators.wechat.errors import WeChatError

LASTS_SECONDS = 7200
OVERLAP_SECONDS = 300
"""So long before its end there is a new one, and so long an old one is good beside a new one."""


@dataclass
class _Token:
    value: str
    until: float


class Tokens:
    """Those that `token` gave and those that `stable_token` gave, which do not disturb each other."""

    def __init__(self) -> None:
        self._given: dict[str, _Token] = {}
        self._latest: dict[bool, _Token] = {}

    def plain(self) -> tuple[str, int]:
        """A new token and its seconds; the one before is good for a while."""
        if latest := self._latest.get(False):
            latest.until = min(latest.until, time.time() + OVERLAP_SECONDS)
        return self._new(stable=False)

    def stable(self, *, refresh: bool) -> tuple[str, int]:
        """The same token as long as it is good, and its seconds; a new one instead of it with `refresh`."""
        latest = self._latest.get(True)
        left = latest.until - time.time() if latest else 0.0
        if latest and left > OVERLAP_SECONDS and not refresh:
            return latest.value, int(left)
        if latest and refresh:
            latest.until = 0.0
        return self._new(stable=True)

    def check(self, value: str) -> None:
        """Raises `WeChatError` for a token that is not good."""
        if not value:
            raise WeChatError(41001)
        token = self._given.get(value)
        if token is None:
            raise WeChatError(40001)
        if token.until < time.time():
            raise WeChatError(42001)

    def expire(self) -> None:
        """Let all of them be no longer good."""
        for token in self._given.values():
            token.until = 0.0

    def _new(self, *, stable: bool) -> tuple[str, int]:
        token = _Token(f"99_{secrets.token_urlsafe(48)}", time.time() + LASTS_SECONDS)
        self._given[token.value] = self._latest[stable] = token
        return token.value, LASTS_SECONDS
