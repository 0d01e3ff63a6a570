"""The Official Account that customers write to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

API = "https://api.weixin.qq.com"

SIMULATED_APP_ID = "wxsimulated0000001"
"""The account of the simulator."""


@dataclass(frozen=True)
class Account:
    """An Official Account, and what its owner has agreed on with the platform.

    Attributes:
        app_id: its AppID.
        app_secret: its AppSecret, with which access tokens are fetched.
        token: the word (Token) with which webhooks are signed.
        aes_key: the EncodingAESKey, 43 characters; "" where messages are plain.
        api: the base address of the platform's API.
        encrypted: whether messages are encrypted (安全模式, or 兼容模式, in which the encrypted part is read).
        customer_service: whether it may send customer service messages: a verified account may.
    """

    app_id: str
    app_secret: str = field(repr=False)
    token: str = field(repr=False)
    aes_key: str = field(default="", repr=False)
    api: str = API
    encrypted: bool = True
    customer_service: bool = True

    @classmethod
    def set_up(
        cls,
        *,
        app_id: str,
        api: str,
        encrypted: bool,
        customer_service: bool,
        secrets: Mapping[str, str],
        simulator: str | None = None,
    ) -> Account | None:
        """The account of settings and secrets; None where something of it is missing.

        Where no account is named, and there is a simulator, it is the simulator's.
        """
        if simulator and not app_id:
            app_id, api = SIMULATED_APP_ID, simulator
        account = cls(
            app_id=app_id,
            app_secret=secrets.get("wechat_app_secret", ""),
            token=secrets.get("wechat_token", ""),
            aes_key=secrets.get("wechat_aes_key", "") if encrypted else "",
            api=api.rstrip("/"),
            encrypted=encrypted,
            customer_service=customer_service,
        )
        needed = [account.app_id, account.app_secret, account.token, account.api]
        return account if all(needed) and (account.aes_key or not encrypted) else None
