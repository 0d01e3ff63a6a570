"""The shop's account of the WhatsApp Business Platform."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

API = "https://graph.facebook.com/v23.0"
"""The Graph API, in a version of it."""

SIMULATED_PHONE_NUMBER_ID = "100000000000001"
SIMULATED_NUMBER = "+4915550001000"
"""The account of the simulator (`aftercare simulate whatsapp`)."""


@dataclass(frozen=True)
class Account:
    """An account, and what proves who is who.

    Attributes:
        phone_number_id: the platform's id of the shop's number.
        number: the shop's number as customers see it, in E.164.
        api: the address of the Graph API, with its version.
        token: of a system user of the shop, with the permission `whatsapp_business_messaging`.
        app_secret: with which the platform signs what it sends.
        verify_token: what the platform repeats when a webhook is set up.
        chat: where customers write to the shop.
    """

    phone_number_id: str
    number: str
    api: str
    token: str = field(repr=False)
    app_secret: str = field(repr=False)
    verify_token: str = field(repr=False)
    chat: str = ""

    @classmethod
    def set_up(
        cls,
        *,
        phone_number_id: str,
        number: str,
        api: str,
        secrets: Mapping[str, str],
        simulator: str | None = None,
    ) -> Account | None:
        """The account of settings and secrets; None where something of it is missing.

        Where no account is named, and there is a simulator, it is the simulator's.
        """
        # https://faq.whatsapp.com/5913398998672934: the number in digits, with its country code.
        digits = "".join(filter(str.isdecimal, number))
        chat = f"https://wa.me/{digits}" if digits else ""
        if simulator and not phone_number_id:
            phone_number_id, number = SIMULATED_PHONE_NUMBER_ID, SIMULATED_NUMBER
            api, chat = simulator.rstrip("/") + urlsplit(api).path, f"{simulator.rstrip('/')}/"
        account = cls(
            phone_number_id,
            number,
            api.rstrip("/"),
            secrets.get("whatsapp_token", ""),
            secrets.get("whatsapp_app_secret", ""),
            secrets.get("whatsapp_verify_token", ""),
            chat,
        )
        needed = account.phone_number_id, account.api, account.token, account.app_secret, account.verify_token
        return account if all(needed) else None
