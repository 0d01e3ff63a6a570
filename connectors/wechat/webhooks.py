"""What the platform sends to our webhook: whether it comes from there, and what is in it.

See "接入指南", "接收普通消息" and "消息加解密说明" at https://developers.weixin.qq.com/doc/offiaccount/.
Where messages are not encrypted, the signature says nothing about the body: whoever sees a request can put another body
in it for `FRESH_SECONDS`. That is why encryption is the usual setting.
"""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Callable, Mapping

from connectors.wechat.account import Account
from connectors.wechat.crypto import MessageCipher, Undecipherable, is_fresh, is_signed, signature
from connectors.wechat.xml import BadXml, Fields, read_xml, write_xml

SUCCESS = "success"
"""The answer to a webhook that says nothing to the customer."""

_OPENID = re.compile(r"[\w-]{1,64}", re.ASCII)
_ECHO = re.compile(r"[\w-]{1,200}", re.ASCII)
_NUMBER = re.compile(r"\d{1,11}", re.ASCII)


class Refused(Exception):
    """A request that does not come from the platform, or that cannot be read; with the HTTP status of the answer."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


class Webhook:
    """Reads the platform's requests, and writes the answers.

    Args:
        now: the present moment, in seconds since 1970.

    Raises:
        ValueError: for an EncodingAESKey that is none.
    """

    def __init__(self, account: Account, now: Callable[[], float] = time.time) -> None:
        self._token = account.token
        self._cipher = MessageCipher(account.aes_key, account.app_id) if account.encrypted else None
        self._now = now

    def echo(self, arguments: Mapping[str, str]) -> str:
        """The answer to the check of the address. Raises `Refused`."""
        self._check_signature(arguments)
        echo = arguments.get("echostr", "")
        if not _ECHO.fullmatch(echo):
            raise Refused(400, "there is no echostr")
        return echo

    def read(self, arguments: Mapping[str, str], body: bytes) -> Fields:
        """The message in a request: `FromUserName`, `ToUserName`, `CreateTime`, `MsgType` are in it always.

        Args:
            arguments: of the URL.

        Raises:
            Refused: for what is not signed, not of about now, or no message.
        """
        if self._cipher is None:
            self._check_signature(arguments)
            return _message(body)
        # Before anything is made of the body: its parts are needed for the signature.
        self._check_time(arguments)
        encrypted = _parsed(body).get("Encrypt")
        given = arguments.get("msg_signature", "")
        parts = (self._token, arguments.get("timestamp", ""), arguments.get("nonce", ""))
        if not isinstance(encrypted, str) or not is_signed(given, *parts, encrypted):
            raise Refused(401, "the signature is wrong")
        try:
            return _message(self._cipher.decrypt(encrypted))
        except Undecipherable as error:
            raise Refused(400, str(error)) from error

    def reply(self, message: Fields, text: str) -> str:
        """The answer that gives the sender of a message a text; encrypted where messages are."""
        now = int(self._now())
        reply = write_xml(
            {
                "ToUserName": message["FromUserName"],
                "FromUserName": message["ToUserName"],
                "CreateTime": now,
                "MsgType": "text",
                "Content": text,
            }
        )
        if self._cipher is None:
            return reply
        encrypted, nonce = self._cipher.encrypt(reply), secrets.token_hex(8)
        signed = signature(self._token, str(now), nonce, encrypted)
        return write_xml({"Encrypt": encrypted, "MsgSignature": signed, "TimeStamp": now, "Nonce": nonce})

    def _check_signature(self, arguments: Mapping[str, str]) -> None:
        self._check_time(arguments)
        parts = (self._token, arguments.get("timestamp", ""), arguments.get("nonce", ""))
        if not is_signed(arguments.get("signature", ""), *parts):
            raise Refused(401, "the signature is wrong")

    def _check_time(self, arguments: Mapping[str, str]) -> None:
        if not is_fresh(arguments.get("timestamp", ""), self._now()):
            raise Refused(401, "it is not of about now, or the clock of this server is wrong")


def _parsed(body: bytes) -> Fields:
    try:
        return read_xml(body)
    except BadXml as error:
        raise Refused(400, str(error)) from error


def _message(body: bytes) -> Fields:
    message = _parsed(body)
    openid, created = message.get("FromUserName"), message.get("CreateTime")
    if not (isinstance(openid, str) and _OPENID.fullmatch(openid)):
        raise Refused(400, "it says not whom it is from")
    if not (isinstance(created, str) and _NUMBER.fullmatch(created)):
        raise Refused(400, "it says not when it was sent")
    if not all(isinstance(message.get(name), str) for name in ("ToUserName", "MsgType")):
        raise Refused(400, "it says not what it is")
    return message
