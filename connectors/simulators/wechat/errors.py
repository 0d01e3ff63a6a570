"""The API's error codes, which come with HTTP status 200.

Source: Tencent, "微信公众平台: 全局返回码",
https://developers.weixin.qq.com/doc/offiaccount/Getting_Started/Global_Return_Code.html
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Any

from connectors.simulators.serving import PlatformError

WORDS = {
    -1: "system error",
    40001: "invalid credential, access_token is invalid or not latest",
    40002: "invalid grant_type",
    40003: "invalid openid",
    40004: "invalid media type",
    40005: "invalid file type",
    40006: "invalid media size",
    40007: "invalid media_id",
    40008: "invalid message type",
    40013: "invalid appid",
    40035: "invalid parameter",
    40037: "invalid template_id",
    40125: "invalid appsecret",
    40200: "invalid account type",
    41001: "access_token missing",
    41005: "media data missing",
    42001: "access_token expired",
    43002: "require POST method",
    43004: "require subscribe",
    44002: "empty post data",
    44004: "empty content",
    45002: "content size out of limit",
    45009: "reach max api daily quota limit",
    45011: "api minute-quota reach limit, must slower, retry next minute",
    45008: "article size out of limit",
    45015: "response out of time limit or subscription is canceled",
    45047: "out of response count limit",
    45072: "command字段取值不对",
    45080: "下发输入状态，需要之前30秒内跟用户有过消息交互",
    45081: "已经在输入状态，不可重复下发",
    45098: "msgmenu list size is out of limit",
    47001: "data format error",
    47003: "argument invalid!",
    48001: "api unauthorized",
}


@dataclass
class WeChatError(PlatformError):
    """An answer that is an error.

    Attributes:
        code: the `errcode`.
        details: what is wrong, for engineers.
    """

    code: int
    details: str = ""

    def body(self) -> dict[str, Any]:
        """The body of the answer."""
        words = " ".join(part for part in (WORDS[self.code], self.details) if part)
        return {"errcode": self.code, "errmsg": f"{words} rid: {secrets.token_hex(4)}-{secrets.token_hex(4)}"}
